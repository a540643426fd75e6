"""Panel report over 1,000 interviews on SQLite: seconds and peak memory, against 100 interviews as the baseline.

Run from the repository: ``python benchmarks/panels.py``. Rows are written straight into the tables (each still
passes their constraints);
what is timed is one ``actions.panels.panels`` call, which reads confirmed scores, averages, weighs, and judges rules
for every candidate.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline import rubrics
from pipeline.actions import openings, panels, people
from pipeline.actions.desk import Desk
from pipeline.store import tables as t
from pipeline.store.store import Store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def fill(store: Store, desk: Desk, interviews: int) -> str:
    """An opening with that many interviews, one submitted review each; every candidate has four rounds."""
    rubric = rubrics.load("csm-2-5y")
    job = openings.create_job(desk, f"{interviews} interviews", rubric)
    chance = random.Random(5)
    raters = [people.add_user(desk, f"R{i}", f"r{i}-{interviews}@example.org", ["interviewer"]).id for i in range(8)]
    rows: dict[sa.Table, list[dict[str, object]]] = {
        x: [] for x in (t.candidate, t.interview, t.review, t.review_score)
    }
    sure: list[dict[str, object]] = []
    for n in range(interviews):
        person = f"{interviews}k{n // 4}"
        if n % 4 == 0:
            rows[t.candidate].append(
                {"id": person, "job": job.id, "name": person, "email": "", "created_at": NOW, "audit_key": "x"}
            )
        held, card = f"{interviews}i{n}", f"{interviews}r{n}"
        rows[t.interview].append(
            {"id": held, "candidate": person, "job": job.id, "round": "r", "held_at": NOW, "ended_at": NOW,
             "consent": "unknown", "covers": [], "version": 1}
        )  # fmt: skip
        rows[t.review].append(
            {"id": card, "interview": held, "reviewer": raters[n % 8], "kind": "interviewer", "rubric_id": rubric.id,
             "rubric_version": rubric.version, "rate_first": True, "state": "submitted", "version": 2,
             "recommendation": "yes", "strengths": "", "concerns": "", "opened_at": NOW, "due_at": NOW, "submitted_at": NOW,
             "reopen_reason": ""}
        )  # fmt: skip
        for place, c in enumerate(rubric.competencies):
            level = chance.randint(1, 5)
            rows[t.review_score].append(
                {"review": card, "competency": c.id, "place": place, "score": level, "reason": "", "note": "n",
                 "evidence": "[]", "opened_evidence": False, "seconds": 0.0, "flag": "", "choice": "own"}
            )  # fmt: skip
            sure.append(
                {"review": card, "competency": c.id, "review_state": "submitted", "level": level, "quotes": 1,
                 "has_note": True, "quote_levels": []}
            )  # fmt: skip
    with store.write() as c:
        for table, values in (*rows.items(), (t.confirmed_score, sure)):
            c.execute(sa.insert(table), values)
    return job.id


def main() -> None:
    """Prints one line of JSON for each size."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/d.db", f"{folder}/m")
        desk = Desk(store, people.first_user(store, "owner", "owner@example.org").id)
        for interviews in (100, 1000):
            job = fill(store, desk, interviews)
            panels.panels(desk, job)
            clock, processor = time.perf_counter(), time.process_time()
            reports = panels.panels(desk, job)
            seconds, busy = time.perf_counter() - clock, time.process_time() - processor
            tracemalloc.start()
            panels.panels(desk, job)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            print(
                json.dumps(
                    {"interviews": interviews, "reports": len(reports), "seconds": round(seconds, 3),
                     "processor_seconds": round(busy, 3), "peak_mb": round(peak, 1)}
                )
            )  # fmt: skip
        store.close()


if __name__ == "__main__":
    main()
