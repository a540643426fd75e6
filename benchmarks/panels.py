"""Panel reports over 1,000 interviews on SQLite (seconds, peak memory, against 100 interviews as the baseline), and the pages
of one opening with 10,000 interviews (milliseconds).

Run from the repository: ``python benchmarks/panels.py [reports | pages]``. Rows are written straight into the tables (each still
passes their constraints). What is timed is one call of an action, from permission to nouns.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline import rubrics
from pipeline.actions import comparing, inbox, lists, openings, panels, people, searching
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


TEXT = (
    "customer renewal contract dashboard quarter team risk churn call plan data support product training account value goal budget report "
    "meeting owner result process issue week month feedback onboarding usage adoption expansion because before after when which they we "
    "it was and the a of to in on with for from about would could should always never often "
)
WORDS = TEXT.split()


def talk(store: Store, job: str, turns: int) -> None:
    """Gives every interview of the opening that many turns in the search index, of 25 words each."""
    chance = random.Random(7)
    with store.write() as c:
        ids = c.execute(sa.select(t.interview.c.id).where(t.interview.c.job == job)).scalars().all()
        for start in range(0, len(ids), 200):
            rows = [
                {"interview": i, "turn": n, "role": "candidate", "start": n * 20.0, "question": "q1",
                 "text": " ".join(chance.choices(WORDS, k=25)) + (" zebra" if chance.random() < 0.0005 else "")}
                for i in ids[start : start + 200] for n in range(turns)
            ]  # fmt: skip
            c.execute(sa.insert(t.search_turn), rows)


def timed(call: Callable[[], object], times: int = 30) -> dict[str, float]:
    """Milliseconds of the first call, and median and 95th percentile of the ones after it."""
    spent = []
    for _ in range(times + 1):
        clock = time.perf_counter()
        call()
        spent.append((time.perf_counter() - clock) * 1000)
    rest = sorted(spent[1:])
    return {"first": round(spent[0], 1), "p50": round(rest[times // 2], 1), "p95": round(rest[int(times * 0.95)], 1)}


def pages(interviews: int, turns: int) -> None:
    """Prints a line of JSON for each page over one opening with that many interviews."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/d.db", f"{folder}/m")
        owner = people.first_user(store, "owner", "owner@example.org").id
        desk = Desk(store, owner)
        job = fill(store, desk, interviews)
        talk(store, job, turns)
        person = people.find_user(store, f"r1-{interviews}@example.org")
        assert person is not None
        one = Desk(store, person.id)
        with store.write() as c:
            c.execute(sa.insert(t.rater), [
                {"interview": f"{interviews}i{n}", "person": person.id, "kind": "interviewer", "place": 0}
                for n in range(1, interviews, 8)
            ])  # fmt: skip
            # A tenth of that person's reviews are still to be given.
            late = [f"{interviews}r{n}" for n in range(1, interviews, 80)]
            for table in (t.confirmed_score, t.review_score):
                c.execute(sa.delete(table).where(table.c.review.in_(late)))
            c.execute(sa.delete(t.review).where(t.review.c.id.in_(late)))
        far = interviews // 50
        calls: dict[str, Callable[[], object]] = {
            "openings": lambda: lists.job_rows(desk),
            "interviews, first page": lambda: lists.interview_rows(desk, job),
            "interviews, last page": lambda: lists.interview_rows(desk, job, far),
            "interviews by name": lambda: lists.interview_rows(desk, job, name="k123"),
            "candidates": lambda: lists.candidate_rows(desk, job),
            "my interviews (1,250 of them)": lambda: lists.my_interviews(one),
            "inbox (125 due)": lambda: inbox.inbox(one),
            "ranking, nothing changed": lambda: comparing.ranking(desk, job),
            "comparison, first page": lambda: comparing.compare(desk, job),
            "comparison, one outcome": lambda: comparing.compare(desk, job, outcome="disqualified"),
            "search, rare word": lambda: searching.search(desk, "zebra"),
            "search, common words": lambda: searching.search(desk, "customer renewal"),
            "search, phrase": lambda: searching.search(desk, '"customer renewal"'),
            "search by one interviewer": lambda: searching.search(one, "customer renewal"),
            "search by one interviewer, rare word": lambda: searching.search(one, "zebra"),
        }
        for name, call in calls.items():
            print(json.dumps({"page": name, **timed(call)}), flush=True)

        def after_a_change() -> None:
            with store.write() as c:
                c.execute(
                    sa.update(t.review).where(t.review.c.id == f"{interviews}r0").values(version=t.review.c.version + 1)
                )
            comparing.ranking(desk, job)

        print(json.dumps({"page": "ranking after a review changed", **timed(after_a_change, 10)}))
        store.close()


def reports() -> None:
    """Prints a line of JSON for the panel reports of 100 and of 1,000 interviews, taken one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/d.db", f"{folder}/m")
        desk = Desk(store, people.first_user(store, "owner", "owner@example.org").id)
        for interviews in (100, 1000):
            job = fill(store, desk, interviews)
            deque(panels.each_panel(desk, job), maxlen=0)
            clock, processor = time.perf_counter(), time.process_time()
            number = sum(1 for _ in panels.each_panel(desk, job))
            seconds, busy = time.perf_counter() - clock, time.process_time() - processor
            tracemalloc.start()
            deque(panels.each_panel(desk, job), maxlen=0)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            print(
                json.dumps(
                    {"interviews": interviews, "reports": number, "seconds": round(seconds, 3),
                     "processor_seconds": round(busy, 3), "peak_mb": round(peak, 1)}
                )
            )  # fmt: skip
        store.close()


def main() -> None:
    """Prints the lines of both parts, or of ``reports`` or ``pages`` alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["reports", "pages"])
    parser.add_argument("--interviews", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=60)
    options = parser.parse_args()
    if options.part != "pages":
        reports()
    if options.part != "reports":
        pages(options.interviews, options.turns)


if __name__ == "__main__":
    main()
