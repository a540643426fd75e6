"""Re-scoring stored interviews from their kept readings: 10, 100, 1,000 of them, with the real scorer.

    python benchmarks/rescoring.py --numbers 10,100 --write benchmarks/rescoring.md

The interviews are the labelled talks of fixtures/corpus; each is read once, its copies share the text but not the rows.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from models.report import Analysis  # noqa: E402
from pipeline import wiring  # noqa: E402
from pipeline.actions import openings, people  # noqa: E402
from pipeline.actions.analyses import attach_analysis  # noqa: E402
from pipeline.actions.desk import Desk  # noqa: E402
from pipeline.jobs.readings import keep  # noqa: E402
from pipeline.jobs.rescoring import report, rescore_opening  # noqa: E402
from pipeline.rubrics import load  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.stages.network import competency_texts  # noqa: E402
from pipeline.stages.score import anchor_texts  # noqa: E402

RUBRIC = "csm-2-5y"


def talks(engines: wiring.Engines, number: int) -> list[tuple[Analysis, bytes]]:
    """Analyses of demo-like talks with what the scorer read of them."""
    from pipeline.analyze import analyze

    rubric = load(RUBRIC)
    found = []
    for path in sorted((ROOT / "fixtures" / "corpus" / "interviews").rglob("*.json")):
        try:
            analysis = analyze(path, rubric, engines)
        except Exception:
            continue
        if analysis.quality.grade != "poor" and len(analysis.turns) > 20:
            found.append((analysis, keep(engines.scorer, analysis.turns)))
        engines.scorer.forget()
        if len(found) == number:
            break
    return found


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--numbers", default="10,100,1000")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    lines = [
        "| interviews | seconds | ms each (median) | ms each (p95) | CPU ms each | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="debrief-rescore-") as temporary:
        settings = Settings(data=Path(temporary), threads=1)
        work = wiring.open_work(settings)
        owner = people.first_user(work.store, "Ada", "ada@example.org")
        desk = Desk(work.store, owner.id)
        rubric = load(RUBRIC)
        changed = rubric.model_copy(
            update={"version": "changed", "competencies": tuple(
                c.model_copy(update={"definition": c.definition + " In writing too."}) for c in rubric.competencies
            )}
        )  # fmt: skip
        read = talks(work.engines, 5)  # type: ignore[arg-type]
        now = datetime.now(UTC)
        for number in [int(part) for part in given.numbers.split(",")]:
            job = openings.create_job(desk, f"CSM {number}", rubric)
            for at in range(number):
                analysis, kept = read[at % len(read)]
                candidate = openings.create_candidate(desk, job.id, f"P{at}")
                held = openings.create_interview(
                    desk, candidate.id, "first", now - timedelta(hours=1), now, interviewers=[owner.id], consent="given"
                )
                attach_analysis(desk, held.id, analysis)
                work.artefacts.remember(held.id, "readings", work.artefacts.put(held.id, kept))
            embedder: Any = work.engines.embedder
            embedder.forget()
            for c in changed.competencies:
                embedder.encode([*competency_texts(c), *anchor_texts(c)])
            rubric_known, spent, done = dict(embedder._known), 0.0, []
            rescorer = rescore_opening(desk, work, job.id, changed, dry_run=True)
            while True:
                embedder._known = dict(rubric_known)  # copies of a talk share no vectors of its quotes
                began = time.process_time()
                one = next(rescorer, None)
                if one is None:
                    break
                spent += time.process_time() - began
                done.append(one)
            took = sum(one.seconds for one in done)
            each = sorted(one.seconds * 1000 for one in done)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            lines.append(
                f"| {number} | {took:.1f} | {statistics.median(each):.0f} | {each[int(len(each) * 0.95)]:.0f} | {spent * 1000 / number:.0f} | {peak:.0f} |"
            )
            print(lines[-1], report(done), flush=True)
        work.close()
    head = [
        "# Re-scoring from kept readings", "",
        f"`python {' '.join(sys.argv)}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, one thread, load {os.getloadavg()[0]:.1f}: a dry",
        "run with a changed rubric, every competency of every interview drafted anew; audio is not touched.", "",
    ]  # fmt: skip
    page = "\n".join([*head, *lines]) + "\n"
    print(page)
    if given.write:
        given.write.write_text(page)


if __name__ == "__main__":
    main()
