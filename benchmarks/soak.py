"""Long runs: damaged media, mutated transcripts, the same interview again and again; and the table of these and of the long tests.

Command: ``make soak`` (``python -m pytest -m soak``, then ``python benchmarks/soak.py --write docs/soak.md``). Each part, here and among the
tests (tests/soaked.py), leaves a small file in out/soak, and the table is made of all that are there. Every line ends in what was
expected and what happened; the exit code is 1 when anything unexpected happened.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline import wiring
from pipeline.analyze import analyze
from pipeline.errors import DebriefError
from pipeline.rubrics import load
from pipeline.stages.audio import decode
from pipeline.stages.transcribe.imported import read_transcript

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(os.environ.get("DEBRIEF_SOAK", ROOT / "out" / "soak"))
ORDER = ("media", "transcripts", "again", "kills", "histories", "rewordings")
"""Parts in the order of the table; others follow."""

RECORDINGS = ROOT / "fixtures" / "recordings"
TRANSCRIPTS = ROOT / "fixtures" / "transcripts"


def damaged(rng: random.Random, content: bytes) -> tuple[str, bytes]:
    """One way in which a file can be broken, and the broken bytes."""
    kind = rng.choice(
        ["truncated", "bits flipped", "head lost", "middle zeroed", "three bytes", "empty", "doubled", "noise"]
    )
    cut = rng.randrange(1, len(content))
    if kind == "truncated":
        return kind, content[:cut]
    if kind == "bits flipped":
        broken = bytearray(content)
        for _ in range(rng.randrange(1, 200)):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        return kind, bytes(broken)
    if kind == "head lost":
        return kind, content[rng.randrange(1, 4096) :]
    if kind == "middle zeroed":
        return kind, content[:cut] + bytes(min(20_000, len(content) - cut)) + content[cut + 20_000 :]
    if kind == "three bytes":
        return kind, content[:3]
    if kind == "empty":
        return kind, b""
    if kind == "doubled":
        return kind, content + content
    return kind, rng.randbytes(len(content))


def outcome(work: Callable[[], object]) -> str:
    """``used``, the class of a clear error, or ``UNEXPECTED`` with the class of what should never reach a user."""
    try:
        work()
    except DebriefError as error:
        return (
            type(error).__name__
            if error.message and error.remedy
            else f"UNEXPECTED {type(error).__name__} without a remedy"
        )
    except Exception as error:
        traceback.print_exc()
        return f"UNEXPECTED {type(error).__name__}"
    return "used"


def broken(
    seed: int, count: int, folder: Path, suffixes: set[str], read: Callable[[Path], object]
) -> Iterator[tuple[str, str]]:
    """Damaged copies of the files of a folder through a reader: (damage, outcome)."""
    rng = random.Random(seed)
    sources = [path for path in sorted(folder.iterdir()) if path.suffix in suffixes]
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(count):
            source = rng.choice(sources)
            kind, content = damaged(rng, source.read_bytes())
            path = Path(scratch) / f"{number}{source.suffix}"
            path.write_bytes(content)
            yield kind, outcome(lambda path=path: read(path))
            path.unlink()


def media(count: int) -> Iterator[tuple[str, str]]:
    """Damaged recordings through the decoder."""
    return broken(1, count, RECORDINGS, {".opus", ".mp3", ".ogg"}, decode)


def transcripts(count: int) -> Iterator[tuple[str, str]]:
    """Damaged transcripts through the reader."""
    return broken(2, count, TRANSCRIPTS, {".vtt", ".srt", ".txt", ".json"}, read_transcript)


def again(rounds: int) -> tuple[str, str]:
    """The same interviews analysed again and again: the same bytes, and memory that stays flat."""
    engines, rubric = wiring.engines(), load("csm-2-5y")
    paths = sorted((ROOT / "fixtures/corpus/interviews").glob("dev-a-*.json"))
    first = {path: analyze(path, rubric, engines).contract_json() for path in paths}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    differing = sum(
        analyze(path, rubric, engines).contract_json() != first[path] for _ in range(rounds) for path in paths
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    found = f"{rounds * len(paths)} analyses, {differing} differ, peak memory grew by {grown:.0f} MB"
    return ("as expected" if differing == 0 and grown < 200 else "UNEXPECTED"), found


def tally(name: str, expected: str, results: Iterator[tuple[str, str]]) -> list[list[str]]:
    """Table rows: how often each damage ended in each outcome."""
    counts = Counter(results)
    kinds = sorted({kind for kind, _ in counts})
    return [
        [f"{name}: {kind}", expected, ", ".join(f"{what} {n}" for (k, what), n in sorted(counts.items()) if k == kind)]
        for kind in kinds
    ]


def leave(name: str, rows: Callable[[], list[list[str]]]) -> None:
    """Does one part and leaves its result."""
    began = time.monotonic()
    result = {"rows": rows(), "seconds": round(time.monotonic() - began), "on": f"{datetime.now(UTC):%Y-%m-%d}"}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(name, f"{result['seconds']} s", *result["rows"], sep="\n  ", flush=True)


def again_rows(rounds: int) -> list[list[str]]:
    """The row of :func:`again`."""
    verdict, found = again(rounds)
    return [["the same interviews again", "same bytes, flat memory", f"{verdict}: {found}"]]


def page() -> str:
    """The table of all results that are there."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    order = sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    minutes = sum(found[name]["seconds"] for name in order) / 60
    lines = [
        "# Soak: the last long run", "",
        f"`make soak`; seeds fixed. {minutes:.0f} minutes in all, on a machine with other work. Faults of workers, databases and disks have a page",
        "of their own (faults.md), made by the same command.", "",
        "| what | expected | found | on |", "|---|---|---|---|",
    ]  # fmt: skip
    for name in order:
        lines += [f"| {' | '.join(row)} | {found[name]['on']} |" for row in found[name]["rows"]]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the parts and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--media", type=int, default=200)
    parser.add_argument("--transcripts", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--only", default="media,transcripts,again", help="parts to run; none: the table of what is there"
    )
    options = parser.parse_args()
    wanted = options.only.split(",")
    if "media" in wanted:
        leave("media", lambda: tally("media", "used or a clear error", media(options.media)))
    if "transcripts" in wanted:
        leave("transcripts", lambda: tally("transcript", "used or a clear error", transcripts(options.transcripts)))
    if "again" in wanted:
        leave("again", lambda: again_rows(options.rounds))
    table = page()
    print(table)
    if options.write:
        options.write.parent.mkdir(exist_ok=True)
        options.write.write_text(table, encoding="utf-8")
    return int("UNEXPECTED" in table)


if __name__ == "__main__":
    sys.exit(main())
