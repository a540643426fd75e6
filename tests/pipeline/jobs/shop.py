"""Interviews with recordings in a store, and worker processes that can be started, killed and waited for."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fake_worker import work_on
from fakes import record
from scene import Scene

from models.job import Interview
from models.work import WorkState
from pipeline.actions import openings
from pipeline.store import interviews
from pipeline.store.store import Store

WORKER = Path(__file__).with_name("fake_worker.py")
ROOT = Path(__file__).resolve().parents[3]


def speech(recording: Path, folder: Path, seconds: int = 12) -> bytes:
    """The first seconds of a recording as a WAV file."""
    from pipeline.stages.audio import RATE, decode

    return wav(decode(recording).samples[0][: seconds * RATE])


def wav(samples: np.ndarray) -> bytes:
    """Samples at 16 kHz as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


class Shop:
    """A scene with recordings, its work, and workers of its own."""

    def __init__(self, store: Store, database: str, media: str, folder: Path, spoken: bytes) -> None:
        self.store = store
        self.folder = folder
        self.spoken = spoken
        self.scene = Scene(store)
        self.settings: dict = {"database": database, "media": media, "folder": str(folder)}
        self.work = work_on(self.settings)
        self.workers: list[subprocess.Popen[bytes]] = []
        self._number = 0

    def interview(self, sound: bytes | None = None, consent: str = "given") -> Interview:
        """One more interview with a recording of its own."""
        self._number += 1
        held = self.scene.add_interview(self.scene.add_candidate(f"P{self._number}"), consent=consent)
        data = self.spoken[:-2] + bytes([self._number % 250, self._number // 250]) if sound is None else sound
        return openings.attach_recording(self.scene.desk("ann"), held.id, io.BytesIO(data), held.version)

    def submit(self, number: int, name: str = "zelda.wav") -> list[str]:
        """So many interviews, submitted; their ids."""
        made = [self.interview().id for _ in range(number)]
        for interview in made:
            self.work.submit(interview, name=name)
        return made

    def hire(self, env: dict[str, str] | None = None, **changes: object) -> subprocess.Popen[bytes]:
        """Starts a worker; ``changes`` go over the shop's settings."""
        log = (self.folder / f"worker{len(self.workers)}.log").open("wb")
        command = [sys.executable, str(WORKER), json.dumps({**self.settings, **changes})]
        path = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        self.workers.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=path))
        return self.workers[-1]

    def logs(self) -> str:
        """What all workers have said."""
        return "".join(file.read_text() for file in sorted(self.folder.glob("worker*.log")))

    def state(self, interview: str) -> WorkState:
        """How far an interview is."""
        return self.work.states([interview])[interview]

    def until(self, told: Callable[[], bool], seconds: float = 60.0) -> None:
        """Waits; AssertionError with the workers' logs where it never comes true."""
        end = time.monotonic() + seconds
        while not told():
            assert time.monotonic() < end, self.logs()[-4000:]
            time.sleep(0.1)

    def until_settled(self, ids: list[str], seconds: float = 60.0) -> dict[str, WorkState]:
        """Waits until nothing of these is open."""
        self.until(lambda: all(s.state not in ("waiting", "running") for s in self.work.states(ids).values()), seconds)
        return self.work.states(ids)

    def analyses(self, interview: str) -> int:
        """How many analyses an interview has."""
        with self.store.read() as c:
            return len(interviews.analysis_ids(c, interview))

    def done(self) -> list[str]:
        """The stages that engines did."""
        return record(self.folder)

    def close(self) -> None:
        """Ends what is running."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait()
        self.work.close()
        self.work.store.close()
