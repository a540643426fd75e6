"""Decoding in a process of its own, so that no damaged file can take a worker down or hold it for ever.

Run as ``python -m pipeline.jobs.decoding RECORDING OUT``: writes the samples to OUT and one line of JSON to standard output.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import DebriefError, EngineError, SourceError
from pipeline.stages.audio import Audio, decode

BASE_SECONDS, SECONDS_A_MEGABYTE = 120.0, 2.0
"""Processor seconds. An ordinary file takes under 0.1 s a megabyte; who needs twenty times as long goes in circles."""

PATIENCE = 4.0
"""How many times as long it may take by the clock: on a machine that is too busy a good recording waits for its turn."""


@dataclass(frozen=True)
class Decoded:
    """What a recording is: the hash of its bytes, channels and samples a channel at 16 kHz, and what was repaired."""

    sha256: str
    channels: int
    length: int
    warnings: tuple[str, ...]


def decode_apart(recording: Path, out: Path) -> Decoded:
    """Writes the samples of ``recording`` (int16, channel after channel) to ``out`` from a process of its own.

    Raises SourceError for a file that cannot be used, also where it crashes the decoder or keeps it busy for ever; EngineError where the
    machine did not come round to it.
    """
    limit = BASE_SECONDS + SECONDS_A_MEGABYTE * recording.stat().st_size / 1e6
    command = [sys.executable, "-m", "pipeline.jobs.decoding", str(recording), str(out), str(math.ceil(limit))]
    try:
        run = subprocess.run(command, capture_output=True, timeout=PATIENCE * limit, cwd=Path(__file__).parents[2])
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"{recording.name}: decoding had not ended after {PATIENCE * limit:.0f} s; the machine is too busy, or its disk stalls.",
            "Run fewer workers (debrief doctor), then: debrief work retry.",
        ) from None
    if run.returncode == -signal.SIGXCPU:
        raise SourceError(
            f"{recording.name}: decoding did not end within {limit:.0f} s of work; the file is damaged.",
            "Export or download the recording again.",
        )
    try:
        said = json.loads(run.stdout.decode().strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise SourceError(
            f"{recording.name}: the file is damaged so badly that decoding broke off.",
            "Export or download the recording again.",
        ) from None
    if "message" in said:
        raise _error(said["class"])(said["message"], said["remedy"])
    return Decoded(said["sha256"], said["channels"], said["length"], tuple(said["warnings"]))


def sound(name: str, decoded: Decoded, samples: bytes) -> Audio:
    """The decoded recording as the stages take it; no copy of the samples is made."""
    shape = (decoded.channels, decoded.length)
    return Audio(
        name=name,
        sha256=decoded.sha256,
        samples=np.frombuffer(samples, dtype=np.int16).reshape(shape),
        warnings=decoded.warnings,
    )


def _error(name: str) -> type[DebriefError]:
    from pipeline import errors

    return getattr(errors, name, SourceError)


def main(recording: str, out: str, seconds: str = "3600") -> None:
    """Decodes and tells on one line what came of it; the system ends it after so many processor seconds."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    try:
        audio = decode(Path(recording), require_speech=False)
        audio.samples.tofile(out)
        said = {
            "sha256": audio.sha256,
            "channels": audio.channels,
            "length": int(audio.samples.shape[1]),
            "warnings": list(audio.warnings),
        }
    except DebriefError as error:
        said = {"class": type(error).__name__, "message": error.message, "remedy": error.remedy}
    except OSError as error:
        said = {
            "class": "StorageError",
            "message": f"The decoded sound cannot be stored: {error.strerror}.",
            "remedy": "Free some space on the worker's disk.",
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:4])
