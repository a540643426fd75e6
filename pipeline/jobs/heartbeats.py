"""Which workers are alive: each counts up in its row of the queue's database, and the others watch the counts.

A count that stands still for the lease, by the watcher's own monotonic clock, is a dead worker: no clock is compared with another's,
so a clock that jumps kills nobody.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa

LEASE_SECONDS = 20.0
BEAT_SECONDS = 2.0

metadata = sa.MetaData()
beats = sa.Table(
    "debrief_worker",
    metadata,
    sa.Column("executor", sa.String(128), primary_key=True),
    sa.Column("version", sa.String(128), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("beat", sa.Integer, nullable=False),
)


def new_executor() -> str:
    """An id that no other worker has had."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Heartbeats:
    """This process's view of the workers. ``engine`` is of the queue's database; the table is made where it is absent."""

    def __init__(
        self, engine: sa.Engine, *, lease: float = LEASE_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._lease = lease
        self._now = now
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked = now()
        metadata.create_all(engine, checkfirst=True)

    def beat(self, executor: str, version: str) -> None:
        """Counts up."""
        with self._engine.begin() as c:
            counted = c.execute(
                sa.update(beats).where(beats.c.executor == executor).values(beat=beats.c.beat + 1)
            ).rowcount
            if not counted:
                c.execute(
                    sa.insert(beats).values(
                        executor=executor, version=version, host=socket.gethostname(), pid=os.getpid(), beat=1
                    )
                )

    def leave(self, executor: str) -> None:
        """Takes the row away: what this worker holds is free at once."""
        with self._engine.begin() as c:
            c.execute(sa.delete(beats).where(beats.c.executor == executor))

    def alive(self) -> dict[str, str]:
        """Live workers with their version. A worker is live until its count has stood still for the lease; on this machine also only
        while its process is there.
        """
        with self._engine.connect() as c:
            rows = c.execute(sa.select(beats)).all()
        now = self._now()
        if now - self._looked > self._lease / 2:
            self._seen.clear()  # the database was away, or this machine slept: nobody could be seen to beat meanwhile
        self._looked = now
        found = {}
        for row in rows:
            count, since = self._seen.get(row.executor, (-1, now))
            if row.beat != count:
                count, since = row.beat, now
            self._seen[row.executor] = (count, since)
            gone = row.host == socket.gethostname() and not _runs(row.pid)
            if not gone and now - since < self._lease:
                found[row.executor] = row.version
        return found

    def bury(self, executors: list[str]) -> None:
        """Removes the rows of the dead."""
        with self._engine.begin() as c:
            c.execute(sa.delete(beats).where(beats.c.executor.in_(executors)))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    """Whether the process has ended and only waits to be collected by its parent."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[-1].split()[0] == "Z"
    except (OSError, IndexError):
        return False
