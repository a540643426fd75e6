"""A day of recordings through `debrief batch`: how long, where the time goes, and how it grows with length and with workers.

    python benchmarks/day.py day --hours 6 --write benchmarks/day.md       16 recordings, the fixtures repeated with different noise
    python benchmarks/day.py lengths --minutes 5,15,60                      seconds and memory against length
    python benchmarks/day.py workers                                        one worker held to one core against two workers on two cores

Takes about a third of an hour of two quiet cores for six hours of audio. ``--hours 0.5`` is a short form with the same sixteen files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RECORDINGS = ROOT / "fixtures" / "recordings"
SOURCES = ("demo.opus", "csm-panel.opus", "csm-phone.mp3", "senior-overlap.opus")
FILES = 16


def sound(source: Path, seconds: float, seed: int) -> np.ndarray:
    """So much of a recording, repeated, each time with other noise."""
    from pipeline.stages.audio import decode

    samples = decode(source).samples.astype(np.float32).mean(axis=0)
    random = np.random.default_rng(seed)
    wanted = round(seconds * 16_000)
    parts = []
    while sum(map(len, parts)) < wanted:
        parts.append(samples * random.uniform(0.8, 1.0) + random.normal(0, random.uniform(10, 40), len(samples)))
    return np.clip(np.concatenate(parts)[:wanted], -32768, 32767).astype(np.int16)


def write_opus(path: Path, samples: np.ndarray) -> None:
    """As an Opus file."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libopus", rate=16_000, layout="mono")
        for at in range(0, len(samples), 16_000):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 16_000], format="s16", layout="mono")
            frame.sample_rate = 16_000
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def make_day(folder: Path, hours: float, files: int = FILES) -> float:
    """Writes the day's files and returns their minutes."""
    folder.mkdir(parents=True)
    each = hours * 3600 / files
    for number in range(files):
        length = each * (0.6 + 0.8 * number / max(1, files - 1)) if files > 1 else each
        write_opus(
            folder / f"CSM--Candidate {number:02d}.opus",
            sound(RECORDINGS / SOURCES[number % len(SOURCES)], length, number),
        )
    return hours * 60


def run_batch(folder: Path, data: Path, *more: str, cores: str = "") -> tuple[float, list[dict], float]:
    """Seconds, result events, and peak memory (MB) of the largest process."""
    command = [
        sys.executable,
        "-m",
        "pipeline.cli.main",
        "batch",
        str(folder),
        "--rubric",
        "csm-2-5y",
        "--consent",
        "given",
        "--json",
        *more,
    ]
    if cores:
        command = ["taskset", "-c", cores, *command]
    env = {**os.environ, "DEBRIEF_DATA": str(data), "PYTHONPATH": str(ROOT)}
    if cores:
        env["DEBRIEF_THREADS"] = str(len(cores.split(",")))
    began = time.monotonic()
    out = subprocess.run(command, env=env, cwd=data.parent, capture_output=True, text=True).stdout
    took = time.monotonic() - began
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    return took, [event for event in events if event["event"] == "result"], peak


def stage_seconds(data: Path) -> dict[str, float]:
    """Seconds by stage over the run, from the workers' log."""
    found: dict[str, float] = defaultdict(float)
    for line in (data / "worker.log").read_text().splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "step":
            found[event["stage"]] += event["seconds"]
    return dict(found)


def day(hours: float, workers: str) -> list[str]:
    """The day's table."""
    with tempfile.TemporaryDirectory(prefix="debrief-day-") as temporary:
        folder, data = Path(temporary) / "DAY", Path(temporary) / "data"
        minutes = make_day(folder, hours)
        took, results, peak = run_batch(folder, data, *(["--workers", workers] if workers else []))
        stages = stage_seconds(data)
        again, _, _ = run_batch(folder, data)
    done = sum(result["outcome"] == "done" for result in results)
    rest = sum(seconds for stage, seconds in stages.items() if stage not in ("transcribe", "diarize"))
    total = sum(stages.values()) or 1
    return [
        f"## A day: {len(results)} recordings, {minutes / 60:.1f} h of audio, {workers or 'default'} workers",
        "",
        f"{took / 60:.1f} minutes for {done} done of {len(results)} (real-time factor {took / 60 / minutes:.4f}; six hours at that pace: "
        f"{took / 60 / minutes * 360:.1f} min); the same day again, nothing new: {again:.1f} s. Peak of the largest process {peak:.0f} MB.",
        "",
        "| stage | seconds | share |",
        "|---|---|---|",
        *(f"| {stage} | {seconds:.1f} | {seconds / total:.1%} |" for stage, seconds in stages.items()),
        f"| everything but transcribe and diarize | {rest:.1f} | {rest / total:.1%} |",
        "",
    ]


def lengths(minutes: list[float]) -> list[str]:
    """Seconds a minute of audio and peak memory against length."""
    lines = ["## Cost against length", "", "| minutes | seconds | seconds a minute | peak MB |", "|---|---|---|---|"]
    for length in minutes:
        with tempfile.TemporaryDirectory(prefix="debrief-day-") as temporary:
            folder, data = Path(temporary) / "DAY", Path(temporary) / "data"
            make_day(folder, length / 60, files=1)
            run_batch(folder, data, "--workers", "1")
            took = sum(stage_seconds(data).values())
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        lines.append(f"| {length:g} | {took:.1f} | {took / length:.2f} | {peak:.0f} |")
    return [*lines, ""]


def scaling(minutes: float) -> list[str]:
    """One worker held to one core against two workers on two cores, on the same files."""
    lines = ["## Workers", "", "| workers | cores | seconds | interviews an hour | to one |", "|---|---|---|---|---|"]
    first = 0.0
    with tempfile.TemporaryDirectory(prefix="debrief-day-") as temporary:
        folder = Path(temporary) / "DAY"
        make_day(folder, minutes / 60, files=8)
        for workers, cores in ((1, "0"), (2, "0,1")):
            took, results, _ = run_batch(
                folder, Path(temporary) / f"data{workers}", "--workers", str(workers), cores=cores
            )
            rate = len(results) / took * 3600
            first = first or rate
            lines.append(f"| {workers} | {len(cores.split(','))} | {took:.1f} | {rate:.1f} | {rate / first:.2f} |")
    return [*lines, ""]


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["day", "lengths", "workers"])
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--workers", default="")
    parser.add_argument("--minutes", default="5,15,60")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.what == "day":
        lines = day(given.hours, given.workers)
    elif given.what == "lengths":
        lines = lengths([float(part) for part in given.minutes.split(",")])
    else:
        lines = scaling(sum(float(part) for part in given.minutes.split(",")))
    head = [
        f"`python {' '.join(sys.argv)}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}.",
        "",
    ]
    page = "\n".join([lines[0], "", *head, *lines[2:]]) + "\n"
    print(page)
    if given.write:
        given.write.write_text(page)


if __name__ == "__main__":
    main()
