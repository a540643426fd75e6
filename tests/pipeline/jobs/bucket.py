"""A bucket on this machine (moto), behind a line that can be cut."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Line:
    """Forwards a port to another until it is cut."""

    def __init__(self, target: int) -> None:
        self.cut = False
        self._open: list[socket.socket] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if outer.cut:
                    return
                with socket.create_connection(("127.0.0.1", target)) as far:
                    outer._open += [self.request, far]
                    back = threading.Thread(target=pump, args=(far, self.request), daemon=True)
                    back.start()
                    pump(self.request, far)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def break_off(self) -> None:
        """Nothing goes through any more."""
        self.cut = True
        for end in self._open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def close(self) -> None:
        """Ends the server."""
        self.break_off()
        self._server.shutdown()
        self._server.server_close()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copies until one end goes."""
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


class Bucket:
    """A server with one bucket; ``environment`` is what a process needs to reach it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (folder / "bucket.log").open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=log, stderr=log
            )
        self.line = Line(port)
        self.environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.line.port}"}
        os.environ.update(self.environment)
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < until, "the bucket does not start"
                time.sleep(0.2)
        import s3fs

        s3fs.S3FileSystem().mkdir("interviews")
        self.url = "s3://interviews/media"

    def close(self) -> None:
        """Ends it."""
        self.line.close()
        self._server.terminate()
        self._server.wait(20)
        for name in self.environment:
            os.environ.pop(name, None)
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
