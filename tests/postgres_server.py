"""A PostgreSQL server of one's own, for tests and for faults that are made on purpose."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa


class PostgresServer:
    """A fresh server on a free port, in a folder of its own; ``settings`` are as on its command line (``fsync=off``)."""

    def __init__(self, *settings: str) -> None:
        # The server refuses to run as root; then it runs as nobody.
        self._as = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="debrief-pg-", dir="/tmp"))
        if self._as:
            os.chown(self._folder, 65534, 65534)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._data = self._folder / "data"
        self._settings = [part for setting in settings for part in ("-c", setting)]
        subprocess.run(
            [*self._as, "initdb", "-D", str(self._data), "-U", "debrief", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
        )
        self.url = f"postgresql://debrief@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = ["-p", str(self._port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1", *self._settings]
        self._server = subprocess.Popen(
            [*self._as, "postgres", "-D", str(self._data), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        engine = sa.create_engine(sa.make_url(self.url).set(drivername="postgresql+psycopg"))
        for _ in range(300):
            try:
                engine.connect().close()
                break
            except sa.exc.OperationalError:
                time.sleep(0.1)
        engine.dispose()

    def fresh(self, name: str = "fresh") -> str:
        """A new empty database on it; its URL."""
        engine = sa.create_engine(
            sa.make_url(self.url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as c:
            c.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url.removesuffix("postgres") + name

    def kill(self) -> None:
        """Kill -9 of all its processes."""
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def close(self) -> None:
        """Ends it, whoever is connected."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)
