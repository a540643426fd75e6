"""Several workers on one machine: started, started again when one is lost, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from pipeline.errors import EngineError, StorageError

MEGABYTES_A_WORKER = 3200
"""What one worker with the default weights needs at its peak in a day of half-hour recordings (docs/capacity.md)."""

QUICK_SECONDS, QUICK_DEATHS = 20.0, 5


def workers_for(cores: int, megabytes: int, wanted: int | None = None) -> int:
    """How many workers this machine carries: one a core, as many as memory holds, at least one."""
    return wanted if wanted is not None else max(1, min(cores, megabytes // MEGABYTES_A_WORKER))


def free_megabytes() -> int:
    """Memory that is to be had here."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1000
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    except (ValueError, OSError, AttributeError):
        return 4000


class Crew:
    """A worker for each command, each with its share of the cores; their logs go to ``log``, or where ours go."""

    def __init__(self, commands: Sequence[Sequence[str]], *, cores: int, log: Path | None = None) -> None:
        self._commands = [[*words] for words in commands]
        self._threads = max(1, cores // max(1, len(commands)))
        self._log = log
        self._out: IO[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self._started: list[float] = []
        self._quick = 0

    def __enter__(self) -> Crew:
        """Starts them."""
        if self._log is not None:
            try:
                self._log.parent.mkdir(parents=True, exist_ok=True)
                self._out = self._log.open("ab")
            except OSError as error:
                raise StorageError(f"{self._log}: the workers' log cannot be written.", "Check its folder.") from error
        for at in range(len(self._commands)):
            self._workers.append(self._start(at))
            self._started.append(time.monotonic())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops them; what is under way is taken up by whoever comes next."""
        self.stop()
        if self._out is not None:
            self._out.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes."""
        return tuple(worker.pid for worker in self._workers)

    def look(self) -> int:
        """Starts lost workers again and returns how many were lost; EngineError where they all die at once again and again."""
        lost = 0
        for at, worker in enumerate(self._workers):
            if worker.poll() is None:
                continue
            lost += 1
            self._quick = self._quick + 1 if time.monotonic() - self._started[at] < QUICK_SECONDS else 0
            if self._quick >= QUICK_DEATHS:
                raise EngineError(
                    f"The workers cannot be kept running (exit code {worker.returncode}).",
                    f"See {self._log or 'their log'} and debrief doctor.",
                )
            self._workers[at], self._started[at] = self._start(at), time.monotonic()
        return lost

    def stop(self, seconds: float = 15.0) -> None:
        """Asks them to go, and ends those that do not."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        for worker in self._workers:
            try:
                worker.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _start(self, at: int) -> subprocess.Popen[bytes]:
        threads = str(self._threads)
        limits = dict.fromkeys(("DEBRIEF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        return subprocess.Popen(
            self._commands[at], stdin=subprocess.DEVNULL, stdout=self._out or subprocess.DEVNULL, stderr=self._out,
            env={**os.environ, **limits, "DEBRIEF_PARENT": str(os.getpid())},
        )  # fmt: skip
