"""Re-scoring stored interviews from what was kept of them: 10, 100, 1,000, with the real scorer, in a process of its own.

    python benchmarks/rescoring.py --numbers 10,100,300 --write benchmarks/rescoring.md

The interviews are labelled talks of fixtures/corpus, scored once as a worker does; copies share the text but nothing that is stored. Then a
fresh process makes dry runs: with a rubric version whose definitions changed, and (the hard case) with quite another rubric.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from models.report import Analysis  # noqa: E402
from models.rubric import Rubric  # noqa: E402
from pipeline import wiring  # noqa: E402
from pipeline.actions import openings, people  # noqa: E402
from pipeline.actions.analyses import attach_analysis  # noqa: E402
from pipeline.actions.desk import Desk  # noqa: E402
from pipeline.jobs.readings import READINGS, VECTORS, keep, vectors  # noqa: E402
from pipeline.jobs.rescoring import report, rescore_opening  # noqa: E402
from pipeline.jobs.work import Work  # noqa: E402
from pipeline.rubrics import load  # noqa: E402
from pipeline.settings import Settings  # noqa: E402

RUBRIC, OTHER = "csm-2-5y", "senior-csm"
TALKS = 8


def changed() -> Rubric:
    """The next version of the rubric: every definition longer by a sentence."""
    rubric = load(RUBRIC)
    competencies = tuple(
        c.model_copy(update={"definition": c.definition + " In writing too."}) for c in rubric.competencies
    )
    return rubric.model_copy(update={"version": "changed", "competencies": competencies})


def talks(engines: wiring.Engines) -> list[tuple[Analysis, bytes, bytes]]:
    """Analyses of talks with what was read of them and the vectors of what their drafts quote and ask."""
    from pipeline.analyze import analyze

    rubric, found = load(RUBRIC), []
    for path in sorted((ROOT / "fixtures" / "corpus" / "interviews").glob("dev-a-*.json"))[:TALKS]:
        analysis = analyze(path, rubric, engines)
        found.append((analysis, keep(engines.scorer, analysis.turns), vectors(engines.scorer, analysis.turns)))
        engines.scorer.forget()
    return found


def fill(work: Work, desk: Desk, read: list[tuple[Analysis, bytes, bytes]], number: int) -> None:
    """An opening with so many stored interviews."""
    job, now = openings.create_job(desk, f"CSM {number}", load(RUBRIC)), datetime.now(UTC)
    for at in range(number):
        analysis, kept, embedded = read[at % len(read)]
        source = analysis.source.model_copy(update={"sha256": f"{at:064x}"})
        candidate = openings.create_candidate(desk, job.id, f"P{at}")
        held = openings.create_interview(
            desk, candidate.id, "first", now - timedelta(hours=1), now, interviewers=[desk.actor], consent="given"
        )
        attach_analysis(desk, held.id, analysis.model_copy(update={"source": source}))
        for name, data in ((READINGS, kept), (VECTORS, embedded)):
            work.artefacts.remember(held.id, name, work.artefacts.put(held.id, data))


def measure(data: Path, title: str, other: bool) -> dict[str, float | str]:
    """One dry run over an opening, in this fresh process: from loaded engines to the last interview."""
    from pipeline.store.openings import jobs

    work = wiring.open_work(Settings(data=data, threads=1))
    desk = Desk(work.store, str((data / "owner").read_text()))
    with work.store.read() as c:
        job = next(job for job in jobs(c) if job.title == title)
    began = time.process_time()
    scorer = work.engines.scorer
    loading, began = time.process_time() - began, time.process_time()
    done = []
    for one in rescore_opening(desk, work, job.id, load(OTHER) if other else changed(), dry_run=True):
        done.append(one)
        getattr(work.engines.embedder, "forget")(None)  # noqa: B009 - copies of a talk share no vectors
    spent = (time.process_time() - began) * 1000
    each = sorted(one.seconds * 1000 for one in done)
    told = report(done)
    work.close()
    return {
        "n": len(done), "cached": sum(one.cached for one in done), "failed": told.failed, "loading": loading,
        "seconds": sum(each) / 1000, "median": statistics.median(each), "p95": each[int(len(each) * 0.95)],
        "cpu": spent / len(done), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "changed": told.drafts, "scorer": scorer.name[-12:],
    }  # fmt: skip


def apart(data: Path, title: str, other: bool) -> dict[str, float]:
    """:func:`measure` in a process of its own."""
    command = [sys.executable, __file__, "--measure", title, "--data", str(data), *(["--other"] if other else [])]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
    return dict(json.loads(told.splitlines()[-1]))


def page(rows: list[tuple[str, dict[str, float]]], size: str) -> str:
    """The page, with how the cost grows."""
    lines = [
        "# Re-scoring from what was kept", "",
        f"`python {' '.join(sys.argv)}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, one thread, load {os.getloadavg()[0]:.1f},",
        f"Python {platform.python_version()}. Each row is a dry run in a fresh process: every competency of every interview is drafted anew,",
        "audio is not touched.",
        f"{size} CPU time is from loaded engines to the last interview, the rubric's own reading included; on a busy machine it is the figure",
        "to look at, and wall-clock seconds are not.", "",
        "| interviews | rubric | CPU ms each | wall ms each (median) | p95 | CPU s to load | from cache | drafts changed | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, r in rows:
        lines.append(
            f"| {r['n']} | {name} | {r['cpu']:.0f} | {r['median']:.0f} | {r['p95']:.0f} | {r['loading']:.1f} | {r['cached']} "
            f"| {r['changed']} | {r['peak']:.0f} |"
        )
    same = [r for name, r in rows if name == "next version"]
    if len(same) > 1:
        first, last = same[1] if len(same) > 2 else same[0], same[-1]
        lines += [
            "", f"Aim: 150 ms each, linear. From {first['n']:.0f} to {last['n']:.0f} interviews the CPU time of one goes by the factor "
            f"{last['cpu'] / first['cpu']:.2f} (1 is linear).",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--numbers", default="10,100,300")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--other", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.data, given.measure, given.other)))
        return
    rows: list[tuple[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory(prefix="debrief-rescore-") as temporary:
        data = Path(temporary)
        work = wiring.open_work(Settings(data=data, threads=1))
        owner = people.first_user(work.store, "Ada", "ada@example.org")
        (data / "owner").write_text(owner.id)
        assert isinstance(work.engines, wiring.Engines)
        read = talks(work.engines)
        words = [sum(len(turn.text.split()) for turn in analysis.turns) for analysis, _, _ in read]
        size = (
            f"Talks of {min(words)} to {max(words)} words; for each are kept {statistics.mean(len(k) for _, k, _ in read) / 1e6:.1f} MB "
            f"of readings and {statistics.mean(len(e) for _, _, e in read) / 1e3:.0f} kB of vectors."
        )
        for number in [int(part) for part in given.numbers.split(",")]:
            fill(work, Desk(work.store, owner.id), read, number)
            for name in ("next version", "another rubric") if not rows else ("next version",):
                rows.append((name, apart(data, f"CSM {number}", name == "another rubric")))
                print(rows[-1], flush=True)
                if given.write:
                    given.write.write_text(page(rows, size))
        work.close()
    print(page(rows, size))


if __name__ == "__main__":
    main()
