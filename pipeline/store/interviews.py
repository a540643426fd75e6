"""Interviews with their raters, analyses, stale drafts and corrections: rows in, nouns out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from models.job import Correction, Interview, Rater
from models.report import Analysis
from pipeline.errors import ConflictError
from pipeline.store import measures
from pipeline.store import tables as t
from pipeline.store.openings import found


def _values(interview: Interview) -> dict[str, Any]:
    return {**interview.model_dump(exclude={"raters"}), "covers": list(interview.covers)}


def add_interview(connection: Connection, interview: Interview) -> None:
    """Stores a new interview with its raters."""
    connection.execute(sa.insert(t.interview).values(**_values(interview)))
    _write_raters(connection, interview)


def update_interview(connection: Connection, interview: Interview, expected: int) -> Interview:
    """Replaces an interview whose version is still ``expected``; ConflictError otherwise."""
    after = interview.model_copy(update={"version": expected + 1})
    where = sa.and_(t.interview.c.id == interview.id, t.interview.c.version == expected)
    if connection.execute(sa.update(t.interview).where(where).values(**_values(after))).rowcount != 1:
        raise ConflictError(
            "Somebody changed this interview meanwhile; nothing was written.", "Load it again and repeat."
        )
    connection.execute(sa.delete(t.rater).where(t.rater.c.interview == interview.id))
    _write_raters(connection, after)
    return after


def _write_raters(connection: Connection, interview: Interview) -> None:
    rows = [
        {"interview": interview.id, "person": r.user, "kind": r.kind, "place": place}
        for place, r in enumerate(interview.raters)
    ]
    if rows:
        connection.execute(sa.insert(t.rater), rows)


def get_interview(connection: Connection, interview_id: str) -> Interview:
    """The interview of that id."""
    row = connection.execute(sa.select(t.interview).where(t.interview.c.id == interview_id)).first()
    return _with_raters(connection, [found(row, "interview")])[0]


def interviews(
    connection: Connection, *, candidate: str | None = None, job: str | None = None, rater: str | None = None
) -> tuple[Interview, ...]:
    """Interviews of a candidate, an opening or a rater, in the order in which they were held."""
    query = sa.select(t.interview).order_by(t.interview.c.held_at, t.interview.c.id)
    if candidate is not None:
        query = query.where(t.interview.c.candidate == candidate)
    if job is not None:
        query = query.where(t.interview.c.job == job)
    if rater is not None:
        query = query.where(t.interview.c.id.in_(sa.select(t.rater.c.interview).where(t.rater.c.person == rater)))
    return tuple(_with_raters(connection, connection.execute(query).all()))


def with_recording(connection: Connection, sha256: str) -> tuple[Interview, ...]:
    """Interviews with that recording, in the order in which they were held."""
    query = sa.select(t.interview).where(t.interview.c.recording == sha256)
    rows = connection.execute(query.order_by(t.interview.c.held_at, t.interview.c.id)).all()
    return tuple(_with_raters(connection, rows))


def _with_raters(connection: Connection, rows: Sequence[Row[Any]]) -> list[Interview]:
    ids = [row.id for row in rows]
    raters: dict[str, list[Rater]] = {key: [] for key in ids}
    for start in range(0, len(ids), 500):
        query = sa.select(t.rater).where(t.rater.c.interview.in_(ids[start : start + 500])).order_by(t.rater.c.place)
        for row in connection.execute(query):
            raters[row.interview].append(Rater(user=row.person, kind=row.kind))
    return [Interview(**{**row._mapping, "covers": tuple(row.covers), "raters": tuple(raters[row.id])}) for row in rows]


def add_analysis(connection: Connection, interview: str, analysis: Analysis, now: datetime) -> str:
    """Stores an analysis as the interview's newest and returns its id; earlier ones stay as they were."""
    last = connection.execute(
        sa.select(sa.func.max(t.analysis.c.number)).where(t.analysis.c.interview == interview)
    ).scalar()
    analysis_id = uuid.uuid4().hex
    connection.execute(
        sa.insert(t.analysis).values(
            id=analysis_id,
            interview=interview,
            number=(last or 0) + 1,
            body=analysis.contract_json(None),
            created_at=now,
        )
    )
    measures.add(connection, analysis_id, analysis)
    return analysis_id


def get_analysis(connection: Connection, analysis_id: str) -> Analysis:
    """The analysis of that id, as the machine made it."""
    row = connection.execute(sa.select(t.analysis.c.body).where(t.analysis.c.id == analysis_id)).first()
    return _parsed(found(row, "analysis").body)


@lru_cache(maxsize=8)
def _parsed(body: str) -> Analysis:
    """A long talk takes longer to read than everything else on its page, and analyses never change."""
    return Analysis.model_validate_json(body)


def forget_parsed() -> None:
    """Drops what this process remembers of analyses: after a deletion nothing of them is left in memory."""
    _parsed.cache_clear()


def analysis_ids(connection: Connection, interview: str) -> tuple[str, ...]:
    """All analyses of an interview, oldest first."""
    query = sa.select(t.analysis.c.id).where(t.analysis.c.interview == interview).order_by(t.analysis.c.number)
    return tuple(connection.execute(query).scalars())


def mark_stale(connection: Connection, analysis_id: str, competencies: Sequence[str], reason: str) -> None:
    """Marks drafts of an analysis as stale; what is marked already keeps its first reason."""
    known = set(stale(connection, analysis_id))
    rows = [{"analysis": analysis_id, "competency": c, "reason": reason} for c in competencies if c not in known]
    if rows:
        connection.execute(sa.insert(t.stale_draft), rows)


def stale(connection: Connection, analysis_id: str) -> dict[str, str]:
    """The stale drafts of an analysis: competency to reason."""
    query = sa.select(t.stale_draft).where(t.stale_draft.c.analysis == analysis_id).order_by(t.stale_draft.c.competency)
    return {row.competency: row.reason for row in connection.execute(query)}


def add_correction(connection: Connection, correction: Correction) -> None:
    """Appends a correction to the interview's list."""
    counted = sa.select(sa.func.max(t.correction.c.number)).where(t.correction.c.interview == correction.interview)
    connection.execute(
        sa.insert(t.correction).values(
            id=correction.id,
            interview=correction.interview,
            number=(connection.execute(counted).scalar() or 0) + 1,
            body=correction.model_dump_json(),
            author=correction.author,
            at=correction.at,
        )
    )


def corrections(connection: Connection, interview: str) -> tuple[Correction, ...]:
    """The corrections of an interview in the order in which they were made."""
    query = sa.select(t.correction.c.body).where(t.correction.c.interview == interview).order_by(t.correction.c.number)
    return tuple(Correction.model_validate_json(body) for body in connection.execute(query).scalars())
