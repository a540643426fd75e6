"""How drafts compare with people over time, what people do with drafts, and how interviewers hold their interviews.

What was counted of an opening is remembered until it changes; a process keeps numbers and ids, no words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Connection

from models.accuracy import AccuracyReport
from models.report import RubricRef
from pipeline.actions.desk import Desk
from pipeline.judgement import accuracy as rules
from pipeline.judgement.accuracy import Line, Talk
from pipeline.judgement.permissions import WIDE
from pipeline.store import measures, openings
from pipeline.store.store import Store

Counts = Counter[Line]
"""How often each settled line came up."""

_KNOWN: WeakKeyDictionary[Store, dict[str, tuple[tuple[Any, ...], Counts, tuple[Any, ...]]]] = WeakKeyDictionary()
"""Of each opening: its mark when it was counted, its settled lines, and rows of its talks."""


def report(desk: Desk, job_ids: Sequence[str] | None = None) -> AccuracyReport:
    """Drafts against scores that people gave before seeing them, of all openings or of those named.

    Leads and admins get everyone; whoever else rates gets their own scores and their own interviews. Candidates whom the acting
    person has yet to rate are left out, so that nothing gives a draft away.
    """
    with desk.store.read() as c:
        user = desk.require(c, "calibrate")
        if user.has(*WIDE):
            counts, rows = _of_openings(c, desk.store, job_ids)
            hidden = measures.score_counts(c, jobs=job_ids, owed_by=user.id)
        else:
            counts = _counts(measures.score_counts(c, jobs=job_ids, reviewer=user.id))
            rows = list(measures.talks(c, jobs=job_ids, interviewer=user.id))
            hidden = measures.score_counts(c, jobs=job_ids, reviewer=user.id, owed_by=user.id)
        lines = [replace(line, times=times) for line, times in (counts - _counts(hidden)).items()]
        talks = _talks(c, rows)
        people = openings.user_names(c, sorted({talk.person for talk in talks}))
    return AccuracyReport(
        overall=rules.draft_accuracy("all", lines),
        kappa=rules.draft_kappa(lines),
        months=rules.by_month(lines),
        competencies=rules.by_competency(lines),
        overrides=rules.override_rates(lines),
        interviewers=rules.habits(talks),
        people=people,
    )


def _of_openings(c: Connection, store: Store, job_ids: Sequence[str] | None) -> tuple[Counts, list[Any]]:
    """Lines and talks of everyone in those openings; what has not changed since it was last asked is not counted again."""
    marks = measures.marks(c)
    known = _KNOWN.setdefault(store, {})
    wanted = [job for job in marks if job_ids is None or job in job_ids]
    stale = [job for job in wanted if job not in known or known[job][0] != marks[job]]
    counts: dict[str, Counts] = {job: Counter() for job in stale}
    talks: dict[str, list[Any]] = {job: [] for job in stale}
    if stale:
        for row in measures.score_counts(c, jobs=stale):
            counts[row.job][_line(row)] += row.times
        for row in measures.talks(c, jobs=stale):
            talks[row.job].append(row)
    fresh = {job: (marks[job], counts[job], tuple(talks[job])) for job in stale}
    known |= fresh
    whole: Counts = Counter()
    rows: list[Any] = []
    for job in wanted:
        _, lines, held = fresh.get(job) or known[job]
        whole.update(lines)
        rows += held
    return whole, rows


def _counts(rows: Iterable[Any]) -> Counts:
    found: Counts = Counter()
    for row in rows:
        found[_line(row)] += row.times
    return found


def _line(row: Any) -> Line:
    return Line(
        month=row.month, competency=row.competency, first=row.first, blind=bool(row.blind), score=row.score,
        choice=row.choice, draft=row.draft,
    )  # fmt: skip


def _talks(c: Connection, rows: Iterable[Any]) -> list[Talk]:
    banks: dict[RubricRef, tuple[str, ...]] = {}
    found = []
    for row in rows:
        ref = RubricRef(id=row.rubric_id, version=row.rubric_version)
        if ref not in banks:
            banks[ref] = tuple(question.id for question in openings.get_rubric(c, ref).questions)
        found.append(
            Talk(
                person=row.person, interviewer_words=int(row.interviewer_words),
                candidate_words=int(row.candidate_words), asked=frozenset(json.loads(row.asked)), bank=banks[ref],
                rubric=ref.id, times=row.times,
            )
        )  # fmt: skip
    return found
