"""Speed and memory, as ratios taken in one run on an otherwise idle machine.

Command: ``python benchmarks/speed.py --write benchmarks/speed.md``. The peers are called as a user calls them (their command lines are
printed), with the same weights. ``whisper-ctranslate2`` must be installed beside debrief; a peer that is not there is said to be missing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from pipeline import weights, wiring
from pipeline.rubrics import load
from pipeline.settings import Settings
from pipeline.stages import questions, roles, talk
from pipeline.stages.audio import RATE, decode, mono

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "fixtures" / "recordings"
BIN = Path(sys.executable).parent
ONCE = "--once" in sys.argv


def recording(folder: Path, seconds: int) -> Path:
    """A wav of that length: the bundled interviews one after the other."""
    parts, total = [], 0
    sources = [p for p in sorted(RECORDINGS.iterdir()) if p.suffix in {".opus", ".mp3"} and "short" not in p.name]
    while total < seconds * RATE:
        for source in sources:
            samples = (mono(decode(source)) * 32767).astype(np.int16)
            parts.append(samples)
            total += len(samples)
            if total >= seconds * RATE:
                break
    path = folder / f"{seconds}s.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.concatenate(parts)[: seconds * RATE].tobytes())
    return path


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of a command, from a cold start."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tempfile.gettempdir())
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            log.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{log.read().decode()[-2000:]}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def analyzing(path: Path, out: Path) -> list[str]:
    """The command line that a user gives."""
    return [str(BIN / "debrief"), "analyze", str(path), "--rubric", "csm-2-5y", "--json", str(out), "-q"]


def cold(folder: Path) -> list[str]:
    """Cold start to finish on a 7-minute recording, against peers that only transcribe."""
    path = recording(folder, 420)
    settings = Settings()
    checkpoint = weights.openai_checkpoint("tiny.en", settings.cache).path
    tiny = weights.find("tiny.en", settings.cache).folder
    ours = analyzing(path, folder / "out.json")
    peers = {
        "openai-whisper": [
            str(BIN / "whisper"), str(path), "--model", str(checkpoint), "--language", "en", "--fp16", "False",
            "--output_dir", str(folder), "--threads", "2", "--word_timestamps", "True",
        ],
        "whisper-ctranslate2 --batched": [
            str(BIN / "whisper-ctranslate2"), str(path), "--model_directory", str(tiny), "--language", "en", "--batched", "True",
            "--compute_type", "int8", "--device", "cpu", "--threads", "2", "--output_dir", str(folder), "--word_timestamps", "True",
        ],
    }  # fmt: skip
    if not ONCE:
        timed(ours)  # the disk cache is warm for all
    seconds, memory = timed(ours)
    rows = [f"| debrief analyze, 7 minutes, cold | {seconds:.1f} s, {memory:.0f} MB | 1 | `{' '.join(ours)}` |"]
    for name, command in peers.items():
        if not Path(command[0]).exists():
            rows.append(f"| {name} | not installed | | |")
            continue
        if not ONCE:
            timed(command)
        theirs, memory = timed(command)
        rows.append(
            f"| {name}, transcription only | {theirs:.1f} s, {memory:.0f} MB | debrief takes {seconds / theirs:.2f} x | `{' '.join(command)}` |"
        )
    return rows


def warm(folder: Path) -> list[str]:
    """Real-time factors of the parts with models loaded."""
    path, rubric, engines = recording(folder, 420), load("csm-2-5y"), wiring.engines()
    sound = decode(path)
    samples = mono(sound)
    heard = engines.transcriber.transcribe(samples)
    spans = engines.diarizer.diarize(samples)
    began = time.monotonic()
    engines.transcriber.transcribe(samples)
    transcription = time.monotonic() - began
    began = time.monotonic()
    engines.diarizer.diarize(samples)
    diarization = time.monotonic() - began
    turns = talk.assign_speakers(heard, spans)
    rest(turns, rubric, wiring.engines())
    fresh = wiring.engines()
    _ = fresh.embedder, fresh.scorer
    began = time.monotonic()
    decode(path)
    rest(talk.assign_speakers(heard, spans), rubric, fresh)
    other = time.monotonic() - began
    return [
        f"| {name}, warm, real-time factor | {seconds / sound.duration_s:.4f} | | 7-minute recording, models loaded |"
        for name, seconds in (("transcription", transcription), ("diarization", diarization), ("all else", other))
    ]


def rest(turns, rubric, engines):
    """Everything after transcription and diarization."""
    assignment = roles.assign_roles(turns, rubric, engines.embedder, None)
    cut = questions.cut(roles.with_roles(turns, assignment), rubric, engines.embedder)
    return engines.scorer.score(cut.turns, cut.answers, rubric)


def hour() -> list[str]:
    """Everything after transcription and diarization on a 60-minute transcript: first, and again from cache."""
    from pipeline.stages.transcribe.imported import read_transcript

    rubric, engines = load("csm-2-5y"), wiring.engines()
    turns, offset = [], 0.0
    for path in sorted((ROOT / "fixtures/corpus/interviews").glob("dev-a-*.json")):
        one = read_transcript(path).turns
        truth = json.loads((ROOT / "fixtures/corpus/truth" / path.name).read_text())["roles"]
        for turn in one:
            speaker = "S2" if truth[turn.speaker] == "candidate" else "S1"
            turns.append(
                turn.model_copy(
                    update={"t": len(turns), "speaker": speaker, "start": turn.start + offset, "end": turn.end + offset}
                )
            )
        offset = turns[-1].end
        if offset >= 3600:
            break
    _ = engines.embedder.encode(["warm"]), engines.scorer
    began = time.monotonic()
    rest(turns, rubric, engines)
    first = time.monotonic() - began
    began = time.monotonic()
    rest(turns, rubric, engines)
    again = time.monotonic() - began
    words = sum(turn.n_words for turn in turns)
    note = f"{len(turns)} turns, {words} words, {offset / 60:.0f} minutes, 8 competencies, models loaded"
    return [
        f"| after transcription and diarization, first | {first:.2f} s | | {note} |",
        f"| the same again, from cache | {again:.2f} s | | |",
    ]


def memory(folder: Path) -> list[str]:
    """Peak memory on a 3-hour recording."""
    path = recording(folder, 3 * 3600)
    command = analyzing(path, folder / "long.json")
    seconds, peak = timed(command)
    return [f"| 3-hour recording | peak {peak / 1000:.2f} GB, {seconds / 60:.1f} minutes | | |"]


def start() -> list[str]:
    """`debrief --help`, best of five."""
    best = min(timed([str(BIN / "debrief"), "--help"])[0] for _ in range(5))
    return [f"| debrief --help | {best:.2f} s | | best of five |"]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--skip", default="", help="parts to leave out: cold warm hour memory start")
    parser.add_argument("--once", action="store_true", help="time each command without a first run")
    options = parser.parse_args()
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "start": start,
            "cold": lambda: cold(folder),
            "warm": lambda: warm(folder),
            "hour": hour,
            "memory": lambda: memory(folder),
        }
        for part, measure in parts.items():
            if part not in options.skip.split():
                rows += measure()
                print("\n".join(rows), flush=True)
    rows = [row.replace(name, "TMP").replace(str(BIN) + "/", "").replace(str(Path.home()), "~") for row in rows]
    table = "\n".join(
        [
            "# Speed and memory",
            "",
            f"`python benchmarks/speed.py --write benchmarks/speed.md`, {os.cpu_count()} cores, no GPU; one run, each command once before it is timed.",
            "",
            "| what | measured | ratio | how |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
    if options.write:
        options.write.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
