"""A day of recordings through `debrief batch`: how long, where the time goes, how it grows with length and with workers, and beside peers.

    python benchmarks/day.py day --hours 6 --write benchmarks/day.md       16 recordings, the fixtures repeated with different noise
    python benchmarks/day.py peers --write benchmarks/day.md                that day's files through programs that only transcribe
    python benchmarks/day.py lengths --minutes 5,15,60 --write ...          seconds and memory against length
    python benchmarks/day.py workers --write benchmarks/day.md              one worker held to one core against two workers on two cores

Each command writes its own section of the page and leaves the others; it is written after every step, so that a run that is stopped
leaves what it has measured. ``day`` keeps its files and what came of them in out/day, where ``peers`` finds them. Six hours take about a
third of an hour of two quiet cores; ``--hours 0.5`` is a short form with the same sixteen files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import day_files  # noqa: E402
import day_peers  # noqa: E402

HEAD = """# A day of recordings

Each section says its command, its day and how busy the machine was. Recordings are the fixtures one after the other, each time with other noise.
"""


class Ran(NamedTuple):
    """A run of `debrief batch`: seconds, what became of each file, peak memory (MB) of its largest process, and whether it was stopped."""

    seconds: float
    results: list[dict[str, Any]]
    peak: float
    stopped: bool


def run_batch(folder: Path, data: Path, *more: str, cores: str = "", limit: float = 0.0) -> Ran:
    """Works through a folder; after ``limit`` minutes it is asked to stop and says how far it is."""
    data.mkdir(parents=True, exist_ok=True)
    words = [str(folder), "--rubric", "csm-2-5y", "--consent", "given", "--json", *more]
    command = [sys.executable, "-m", "pipeline.cli.main", "batch", *words]
    env = {**os.environ, "DEBRIEF_DATA": str(data), "PYTHONPATH": str(ROOT)}
    if cores:
        command = ["taskset", "-c", cores, *command]
        env["DEBRIEF_THREADS"] = str(len(cores.split(",")))
    ended = day_files.run(command, data / "batch", limit * 60, env)
    events = [json.loads(line) for line in ended.out.read_text().splitlines() if line.startswith("{")]
    results = [event for event in events if event["event"] == "result"]
    if not results:
        raise SystemExit(f"The batch said nothing; see {ended.out} and {ended.out.with_suffix('.err')}.")
    return Ran(ended.seconds, results, ended.peak, ended.stopped)


def stage_seconds(data: Path, interview: str = "") -> dict[str, float]:
    """Seconds by stage from the workers' log, of all interviews or of one."""
    found: dict[str, float] = defaultdict(float)
    for line in (data / "worker.log").read_text().splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "step" and interview in ("", event["interview"]):
            found[event["stage"]] += event["seconds"]
    return dict(found)


def day(page: Page, hours: float, workers: str, limit: float, kept: Path) -> None:
    """The day's section; files, data and results stay in ``kept``."""
    shutil.rmtree(kept, ignore_errors=True)
    minutes = day_files.make_day(kept / "DAY", hours)
    print(f"{minutes:.0f} minutes of recordings made", flush=True)
    ran = run_batch(kept / "DAY", kept / "data", *(["--workers", workers] if workers else []), limit=limit)
    (kept / "day.json").write_text(json.dumps({"hours": hours, "seconds": ran.seconds, "results": ran.results}))
    stages = stage_seconds(kept / "data")
    done = [result for result in ran.results if result["outcome"] == "done"]
    heard = sum(result["minutes"] or 0 for result in done)
    rest = sum(seconds for stage, seconds in stages.items() if stage not in ("transcribe", "diarize"))
    total = sum(stages.values()) or 1
    lines = [
        f"{len(ran.results)} recordings, {minutes / 60:.2f} h of audio, {workers or 'default'} workers. "
        f"**{ran.seconds / 60:.1f} minutes** for {len(done)} done of {len(ran.results)} ({heard:.0f} minutes of audio; six hours at that "
        f"pace: {ran.seconds / 60 / max(heard, 0.01) * 360:.1f}; aim 32).{' Stopped by --limit.' if ran.stopped else ''}",
        f"Peak of the largest process {ran.peak:.0f} MB.",
        "",
        "| stage | seconds | share |",
        "|---|---|---|",
        *(f"| {stage} | {seconds:.1f} | {seconds / total:.1%} |" for stage, seconds in stages.items()),
        f"| everything but transcribe and diarize (aim 8 %) | {rest:.1f} | {rest / total:.1%} |",
    ]
    page.put("A day", lines)
    if not ran.stopped:
        again = run_batch(kept / "DAY", kept / "data")
        page.put("A day", [*lines, "", f"The same day again, nothing new: {again.seconds:.1f} s."])


def lengths(page: Page, minutes: Sequence[float], limit: float) -> None:
    """Seconds a minute of audio and peak memory against length, in a worker that has its models loaded."""
    lines = ["| minutes | seconds | seconds a minute | peak MB |", "|---|---|---|---|"]
    rows: list[tuple[float, float, float]] = []
    for length in minutes:
        with tempfile.TemporaryDirectory(prefix="debrief-day-") as temporary:
            folder, data = Path(temporary) / "DAY", Path(temporary) / "data"
            day_files.make_day(folder, length / 60, files=1)
            day_files.write_opus(folder / "CSM--A warm one.opus", day_files.sound("csm-short.opus", 40, 99))
            ran = run_batch(folder, data, "--workers", "1", limit=limit)
            long_one = next(result for result in ran.results if "warm" not in result["file"])
            took = sum(stage_seconds(data, long_one["interview"]).values())
        stopped = ran.stopped or long_one["outcome"] != "done"
        if not stopped:
            rows.append((length, took, ran.peak))
        lines.append(
            f"| {length:g} | {took:.1f}{' (not finished)' if stopped else ''} | {took / length:.2f} | {ran.peak:.0f} |"
        )
        said = []
        if len(rows) > 1:
            pace = [took / length for length, took, _ in rows]
            said = ["", f"Dearest minute to cheapest: {max(pace) / min(pace):.2f} (aim 1.15); memory, longest to shortest: "
                    f"{rows[-1][2] / rows[0][2]:.2f} (aim 1.3)."]  # fmt: skip
        page.put("Cost against length", [
            "One worker; a short recording goes first, so that loading the models is not counted.", "", *lines, *said,
        ])  # fmt: skip


def scaling(page: Page, minutes: float, limit: float) -> None:
    """One worker held to one core against two workers on two cores, on the same files."""
    lines = ["| workers | cores | seconds | interviews an hour | to one (aim 1.7) |", "|---|---|---|---|---|"]
    first = 0.0
    with tempfile.TemporaryDirectory(prefix="debrief-day-") as temporary:
        folder = Path(temporary) / "DAY"
        day_files.make_day(folder, minutes / 60, files=8)
        for workers, cores in ((1, "0"), (2, "0,1")):
            ran = run_batch(
                folder, Path(temporary) / f"data{workers}", "--workers", str(workers), cores=cores, limit=limit
            )
            done = sum(result["outcome"] == "done" for result in ran.results)
            rate = done / ran.seconds * 3600
            first = first or rate
            lines.append(
                f"| {workers} | {len(cores.split(','))} | {ran.seconds:.1f} | {rate:.1f} | {rate / first if first else 0:.2f} |"
            )
            page.put(
                "Workers",
                [
                    f"8 recordings, {minutes:g} minutes in all, from start to end, models loaded by each worker.",
                    "",
                    *lines,
                ],
            )


class Page:
    """A page of sections: one is replaced, the others stay."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def put(self, title: str, lines: Sequence[str]) -> None:
        """Writes a section with the command that made it."""
        how = (
            f"`python {' '.join(sys.argv)}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f} at the end, Python {platform.python_version()}."
        )
        text = "\n".join([how, "", *lines]).replace(str(Path.home()), "~").replace(str(ROOT) + "/", "")
        text = text.replace(sys.prefix + "/", "")
        print(f"## {title}\n\n{text}\n", flush=True)
        if self._file is None:
            return
        before = self._file.read_text() if self._file.is_file() else ""
        sections = dict(part.split("\n", 1) for part in before.split("\n## ")[1:] if "\n" in part)
        sections[title] = f"\n{text}\n"
        self._file.write_text(HEAD + "".join(f"\n## {name}\n\n{body.strip()}\n" for name, body in sections.items()))


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["day", "peers", "lengths", "workers"])
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--workers", default="")
    parser.add_argument(
        "--minutes", default="5,15,60", help="lengths, or together what `workers` works on; 180 is possible"
    )
    parser.add_argument(
        "--limit", type=float, default=0.0, help="minutes after which a program is stopped; what it has done counts"
    )
    parser.add_argument("--peers", default=",".join(day_peers.PEERS), help="which peers")
    parser.add_argument("--kept", type=Path, default=ROOT / "out" / "day", help="where `day` leaves what `peers` needs")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    page, minutes = Page(given.write), [float(part) for part in given.minutes.split(",")]
    if given.what == "day":
        day(page, given.hours, given.workers, given.limit, given.kept)
    elif given.what == "peers":
        day_peers.peers(page.put, given.kept, given.peers.split(","), given.limit)
    elif given.what == "lengths":
        lengths(page, minutes, given.limit)
    else:
        scaling(page, sum(minutes), given.limit)


if __name__ == "__main__":
    main()
