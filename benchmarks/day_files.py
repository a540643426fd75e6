"""Recordings for a day, made of the fixtures with different noise; and programs run with a limit, their peak memory measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT / "fixtures" / "recordings"
SOURCES = ("demo.opus", "csm-panel.opus", "csm-phone.mp3", "senior-overlap.opus")
FILES, RATE = 16, 16_000


class Ended(NamedTuple):
    """A program that has run: seconds, peak memory (MB) of its largest process, its output, and whether it was stopped."""

    seconds: float
    peak: float
    out: Path
    stopped: bool


def run(
    command: list[str],
    out: Path,
    limit: float = 0.0,
    env: dict[str, str] | None = None,
    look: Callable[[float], None] | None = None,
) -> Ended:
    """Runs a program with its output in ``out.out`` and ``out.err``; after ``limit`` seconds it is interrupted, a minute later killed.

    ``look`` is called with the seconds gone by, every second.
    """
    began, stopped = time.monotonic(), False
    with out.with_suffix(".out").open("wb") as told, out.with_suffix(".err").open("wb") as said:
        process = subprocess.Popen(command, stdout=told, stderr=said, env=env, cwd=out.parent)
        try:
            while True:
                done, _, usage = os.wait4(process.pid, os.WNOHANG)
                gone = time.monotonic() - began
                if look is not None:
                    look(gone)
                if done:
                    break
                if limit and gone > limit and not stopped:
                    process.send_signal(signal.SIGINT)
                    stopped = True
                elif stopped and gone > limit + 60:
                    process.kill()
                time.sleep(0.2)
        except BaseException:
            process.kill()
            raise
    return Ended(gone, usage.ru_maxrss / 1000, out.with_suffix(".out"), stopped)


@cache
def samples_of(name: str) -> np.ndarray:
    """A recording of the fixtures as one channel."""
    from pipeline.stages.audio import decode

    return decode(RECORDINGS / name).samples.astype(np.float32).mean(axis=0)


def sound(name: str, seconds: float, seed: int) -> np.ndarray:
    """So much of a recording, repeated, each time with other noise."""
    random = np.random.default_rng(seed)
    left = round(seconds * RATE)
    parts: list[np.ndarray] = []
    while left > 0:
        samples = samples_of(name)[:left]
        noise = random.standard_normal(len(samples), dtype=np.float32) * random.uniform(10, 40)
        parts.append(samples * np.float32(random.uniform(0.8, 1.0)) + noise)
        left -= len(samples)
    return np.clip(np.concatenate(parts), -32768, 32767).astype(np.int16)


def said(name: str, seconds: float) -> str:
    """What is said in so much of a recording, repeated."""
    once = len(samples_of(name)) / RATE
    turns = json.loads((RECORDINGS / name).with_suffix(".json").read_text())["turns"]
    words = [(str(word), float(end)) for turn in turns for word, _, end in turn["words"]]
    found: list[str] = []
    for at in range(int(seconds // once) + 1):
        found += [word for word, end in words if at * once + end <= seconds]
    return " ".join(found)


def write_opus(path: Path, samples: np.ndarray) -> None:
    """As an Opus file."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libopus", rate=RATE, layout="mono", options={"compression_level": "3"})
        for at in range(0, len(samples), RATE):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + RATE], format="s16", layout="mono")
            frame.sample_rate = RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def seconds_of(number: int, hours: float, files: int = FILES) -> float:
    """How long a file of a day is: from 0.6 to 1.4 of the mean."""
    each = hours * 3600 / files
    return each * (0.6 + 0.8 * number / (files - 1)) if files > 1 else each


def make_day(folder: Path, hours: float, files: int = FILES) -> float:
    """Writes the day's files and returns their minutes."""
    folder.mkdir(parents=True)
    for number in range(files):
        source = SOURCES[number % len(SOURCES)]
        write_opus(
            folder / f"CSM--Candidate {number:02d}.opus", sound(source, seconds_of(number, hours, files), number)
        )
    return hours * 60
