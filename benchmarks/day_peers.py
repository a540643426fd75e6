"""The day's files through programs that only transcribe, with the same weights, each file list in one call so that models load once."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from day_files import FILES, SOURCES, run, said, seconds_of

BIN = Path(sys.executable).parent
PEERS = ("whisper-ctranslate2", "openai-whisper")
WHISPERX = (
    "| whisperX 3.8.6 | not run: it pins torch ~=2.8.0 and torchaudio ~=2.8.0, and cannot be installed beside the torch 2.13 that debrief "
    "pins; its transcription is faster-whisper in batches, as in whisper-ctranslate2's row | | | | |"
)


def command(peer: str, files: list[Path], out: Path) -> list[str]:
    """The command line as a user gives it."""
    from pipeline import weights
    from pipeline.settings import Settings

    settings = Settings()
    same = ["--language", "en", "--threads", str(os.cpu_count()), "--output_dir", str(out), "--output_format", "json",
            "--word_timestamps", "True"]  # fmt: skip
    if peer == "openai-whisper":
        checkpoint = weights.openai_checkpoint("tiny.en", settings.cache).path
        return [str(BIN / "whisper"), *map(str, files), "--model", str(checkpoint), "--fp16", "False", *same]
    folder = weights.find("whisper-tiny.en", settings.cache).folder
    return [str(BIN / "whisper-ctranslate2"), *map(str, files), "--model_directory", str(folder), "--batched", "True",
            "--compute_type", "int8", "--device", "cpu", *same]  # fmt: skip


def word_error_rate(reference: str, heard: str) -> float:
    """After Whisper's English normaliser."""
    import jiwer
    from whisper.normalizers import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    return float(jiwer.wer(normal(reference), normal(heard)))


def ours(kept: Path, results: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What debrief heard in each file."""
    from pipeline.store import interviews
    from pipeline.store.store import Store

    store = Store(f"sqlite:///{kept}/data/debrief.db", str(kept / "data" / "media"))
    found = {}
    with store.read() as c:
        for result in results:
            interview = interviews.get_interview(c, result["interview"])
            if interview.analysis:
                turns = interviews.get_analysis(c, interview.analysis).turns
                found[Path(result["file"]).stem] = " ".join(turn.text for turn in turns)
    store.close()
    return found


def peers(put: Callable[[str, Sequence[str]], None], kept: Path, names: Sequence[str], limit: float) -> None:
    """Writes the section, after each program and after each file of it."""
    if not (kept / "day.json").is_file():
        raise SystemExit(f"There is no day in {kept}: run `python benchmarks/day.py day` first.")
    told = json.loads((kept / "day.json").read_text())
    files = sorted((kept / "DAY").glob("*.opus"))
    length = {path.stem: seconds_of(at, told["hours"]) for at, path in enumerate(files)}
    assert len(files) == FILES
    text = {path.stem: said(SOURCES[at % len(SOURCES)], length[path.stem]) for at, path in enumerate(files)}
    done = [r for r in told["results"] if r["outcome"] == "done"]
    heard = ours(kept, done)
    pace = told["seconds"] / sum(length[name] for name in heard)
    own = {name: word_error_rate(text[name], words) for name, words in heard.items()}
    rows = [_row("debrief batch (all of its work)", told["seconds"], length, own, pace, own)]
    lines: list[str] = []

    def write(more: Sequence[str] = ()) -> None:
        put("Peers", [
            "The files of the section above. Aim: not slower than openai-whisper and whisperX, at most 2.4 x whisper-ctranslate2; word",
            "error rates within 0.01. A ratio above 1 says that debrief takes longer, for each second of audio.", "",
            "| program | seconds | files done | real-time factor | debrief to it | word error rate (debrief on the same files) |",
            "|---|---|---|---|---|---|", *rows, *more, WHISPERX, *lines,
        ])  # fmt: skip

    for name in names:
        with tempfile.TemporaryDirectory(prefix="debrief-peer-") as folder:
            out = Path(folder) / "out"
            out.mkdir()
            words = command(name, files, out)
            if not Path(words[0]).exists():
                rows.append(f"| {name} | not installed | | | | |")
                write()
                continue
            ready: dict[str, float] = {}

            def look(gone: float, out: Path = out, ready: dict[str, float] = ready, name: str = name) -> None:
                for path in out.glob("*.json"):
                    if path.stem not in ready and path.stat().st_size:
                        ready[path.stem] = gone
                        seconds = sum(length[stem] for stem in ready)
                        print(f"{name}: {len(ready)} files, {gone:.0f} s, {gone / seconds:.4f}", flush=True)
                        write(
                            [
                                f"| {name} | {gone:.0f}, not at its end | {len(ready)} | {gone / seconds:.4f} | {pace * seconds / gone:.2f} | |"
                            ]
                        )

            ended = run(words, Path(folder) / name, limit * 60, look=look)
            if not ready:
                sys.stderr.write((Path(folder) / f"{name}.err").read_text()[-2000:])
                rows.append(f"| {name} | failed, or stopped before its first file | | | | |")
            else:
                theirs = {
                    s: word_error_rate(text[s], json.loads((out / f"{s}.json").read_text())["text"]) for s in ready
                }
                took = max(ready.values()) if ended.stopped else ended.seconds
                rows.append(_row(name, took, length, theirs, pace, own))
            shown = " ".join(words).replace(" ".join(map(str, files)), "DAY/*.opus").replace(str(out), "OUT")
            lines += ["", f"`{shown.replace(str(BIN) + '/', '')}`"]
            write()


def _row(
    name: str, seconds: float, length: dict[str, float], errors: dict[str, float], pace: float, own: dict[str, float]
) -> str:
    """A line of the table: rates are means over the files that are done, weighted by their length."""
    audio = sum(length[stem] for stem in errors)
    both = [stem for stem in errors if stem in own]
    mean, beside = (
        statistics.fmean([rate[s] for s in both], [length[s] for s in both]) if both else float("nan")
        for rate in (errors, own)
    )
    return (
        f"| {name} | {seconds:.0f} | {len(errors)} | {seconds / audio:.4f} | {pace * audio / seconds:.2f} | {mean:.4f} "
        f"({beside:.4f}) |"
    )
