"""Where faults are made: shops in folders of their own, and a PostgreSQL server of our own; and a row for what came of a fault."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in ("", "tests", "tests/pipeline/jobs", "tests/pipeline/actions"):
    sys.path.insert(0, str(ROOT / folder))

import sqlalchemy as sa  # noqa: E402
from shop import Shop, speech  # noqa: E402

from pipeline.store.store import Store  # noqa: E402


@dataclass
class Row:
    """One kind of fault: how often, and what became of the interviews."""

    fault: str
    times: int
    interviews: int
    done: int
    failed: int
    lost: int
    twice: int
    said: str = ""
    seconds: float = 0.0
    on: str = ""


class Place:
    """Makes shops in folders of their own, and clears them away."""

    def __init__(self, seed: int = 5) -> None:
        self.seed = seed
        self.folder = Path(tempfile.mkdtemp(prefix="debrief-faults-"))
        self.spoken = speech(ROOT / "fixtures" / "recordings" / "csm-short.opus", self.folder)
        self._numbers = count(1)

    def shop(self, media: str = "", database: str = "") -> Shop:
        """A fresh shop."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        url, kept = database or f"sqlite:///{folder}/debrief.db", media or str(folder / "media")
        return Shop(Store(url, kept, code="faults"), url, kept, folder, self.spoken)

    def close(self) -> None:
        """Clears away."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """A server of our own."""

    def __init__(self, folder: Path) -> None:
        self._as = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="debrief-pg-", dir="/tmp"))
        if self._as:
            os.chown(self._folder, 65534, 65534)
        import socket

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._data = self._folder / "data"
        subprocess.run(
            [*self._as, "initdb", "-D", str(self._data), "-U", "debrief", "-A", "trust"],
            check=True,
            capture_output=True,
        )
        self.url = f"postgresql://debrief@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = ["-p", str(self._port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1"]
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
        """Ends it."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)
