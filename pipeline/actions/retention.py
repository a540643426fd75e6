"""What a deletion would take, before anything is deleted: what is due, whom a name means, and what would go."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models._base import Noun
from models.job import Interview
from pipeline.actions.deleting import due_for_deletion
from pipeline.actions.desk import Desk
from pipeline.errors import NotFoundError
from pipeline.store import interviews, lists, openings
from pipeline.store import tables as t

Subject = Literal["candidate", "interview"]
FOUND = 30


class DueRow(Noun):
    """An interview that retention would delete, and since when."""

    interview: str
    candidate: str
    candidate_name: str
    job_title: str
    round: str
    due_at: datetime


class DuePage(Noun):
    """What is due now. ``seal`` stands for exactly this list: whoever confirms it has seen it."""

    rows: tuple[DueRow, ...]
    seal: str


class FoundCandidate(Noun):
    """A candidate whose name fits, with their opening."""

    id: str
    name: str
    job_title: str
    interviews: int


class WhatGoes(Noun):
    """Everything that deleting the subject removes, counted; ``rounds`` are its interviews."""

    kind: Subject
    id: str
    candidate: str
    candidate_name: str
    job_title: str
    rounds: tuple[tuple[str, str, datetime], ...]
    recordings: int
    analyses: int
    corrections: int
    reviews: int
    uploads: int
    outcomes: int
    decisions: int


def due(desk: Desk) -> DuePage:
    """What retention would delete now, with names, longest due first."""
    found = dict(due_for_deletion(desk))
    with desk.store.read() as c:
        about = lists.rounds(c, list(found))
    rows = [
        DueRow(interview=key, candidate=about[key].candidate, candidate_name=about[key].candidate_name,
               job_title=about[key].job_title, round=about[key].round, due_at=found[key])
        for key in sorted(about, key=lambda key: (found[key], key))
    ]  # fmt: skip
    return DuePage(rows=tuple(rows), seal=hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()[:32])


def candidates_named(desk: Desk, words: str) -> tuple[FoundCandidate, ...]:
    """Up to 30 candidates in whose names the words occur; nobody for no words."""
    if not words.strip():
        with desk.store.read() as c:
            desk.require(c, "delete")
        return ()
    rounds = sa.select(sa.func.count()).where(t.interview.c.candidate == t.candidate.c.id).scalar_subquery()
    query = (
        sa.select(t.candidate.c.id, t.candidate.c.name, t.job.c.title.label("job_title"), rounds.label("interviews"))
        .join(t.job, t.job.c.id == t.candidate.c.job)
        .where(sa.func.lower(t.candidate.c.name).contains(words.strip().lower(), autoescape=True))
        .order_by(t.candidate.c.name, t.candidate.c.id)
        .limit(FOUND)
    )
    with desk.store.read() as c:
        desk.require(c, "delete")
        return tuple(FoundCandidate(**row._mapping) for row in c.execute(query))


def what_goes(desk: Desk, kind: Subject, subject: str) -> WhatGoes:
    """What deleting a candidate, or one interview, would remove."""
    with desk.store.read() as c:
        desk.require(c, "delete")
        held: tuple[Interview, ...]
        if kind == "interview":
            held = (interviews.get_interview(c, subject),)
            candidate = openings.get_candidate(c, held[0].candidate)
        else:
            candidate = openings.get_candidate(c, subject)
            held = interviews.interviews(c, candidate=subject)
        ids = [one.id for one in held]
        whole = kind == "candidate"
        return WhatGoes(
            kind=kind, id=subject, candidate=candidate.id, candidate_name=candidate.name,
            job_title=openings.get_job(c, candidate.job).title,
            rounds=tuple((one.id, one.round, one.held_at) for one in held),
            recordings=sum(one.recording is not None for one in held),
            analyses=_count(c, t.analysis, "interview", ids), corrections=_count(c, t.correction, "interview", ids),
            reviews=_count(c, t.review, "interview", ids), uploads=_count(c, t.upload, "interview", ids),
            outcomes=_count(c, t.panel_outcome, "candidate", [candidate.id]) if whole else 0,
            decisions=_count(c, t.hiring_decision, "candidate", [candidate.id]) if whole else 0,
        )  # fmt: skip


def kind_of(word: str) -> Subject:
    """``candidate`` or ``interview``; NotFoundError for anything else."""
    if word == "candidate":
        return "candidate"
    if word == "interview":
        return "interview"
    raise NotFoundError("Nothing of that kind is deleted here.", "Go back to Retention.")


def _count(c: Connection, table: sa.Table, column: str, ids: list[str]) -> int:
    return int(c.execute(sa.select(sa.func.count()).select_from(table).where(table.c[column].in_(ids))).scalar_one())
