"""Versions of rubrics as they are stored, with what uses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.report import RubricRef
from models.rubric import Rubric
from pipeline.store import tables as t


def known(connection: Connection, ref: RubricRef) -> bool:
    """Whether that version is stored."""
    query = sa.select(t.rubric.c.id).where(t.rubric.c.id == ref.id, t.rubric.c.version == ref.version)
    return connection.execute(query).first() is not None


def written(connection: Connection, ref: RubricRef) -> str:
    """That version as a person wrote it; empty where it came otherwise or is not stored."""
    query = sa.select(t.rubric.c.written).where(t.rubric.c.id == ref.id, t.rubric.c.version == ref.version)
    return str(connection.execute(query).scalar() or "")


def rewrite(connection: Connection, ref: RubricRef, text: str) -> None:
    """Keeps another wording of the same version: comments and order are not content."""
    where = sa.and_(t.rubric.c.id == ref.id, t.rubric.c.version == ref.version)
    connection.execute(sa.update(t.rubric).where(where).values(written=text))


def versions(connection: Connection, rubric_id: str | None) -> Iterator[tuple[Any, Rubric]]:
    """Rows of versions (id, version, created_at, author, numbers of openings and reviews) with the rubric, newest first."""
    r = t.rubric.c
    used = sa.select(sa.func.count()).where(t.job.c.rubric_id == r.id, t.job.c.rubric_version == r.version)
    cards = sa.select(sa.func.count()).where(t.review.c.rubric_id == r.id, t.review.c.rubric_version == r.version)
    query = sa.select(
        r.id, r.version, r.body, r.created_at, r.author, used.scalar_subquery().label("openings"),
        cards.scalar_subquery().label("reviews"),
    ).order_by(r.created_at.desc().nulls_last(), r.id, r.version)  # fmt: skip
    if rubric_id is not None:
        query = query.where(r.id == rubric_id)
    for row in connection.execute(query):
        yield row, Rubric.model_validate_json(row.body)


def cards(connection: Connection, job: str) -> Sequence[Any]:
    """The reviews of an opening: id, interview, candidate, reviewer and state, oldest first."""
    query = (
        sa.select(t.review.c.id, t.review.c.interview, t.interview.c.candidate, t.review.c.reviewer, t.review.c.state)
        .join(t.interview, t.interview.c.id == t.review.c.interview)
        .where(t.interview.c.job == job)
        .order_by(t.review.c.opened_at, t.review.c.id)
    )
    return connection.execute(query).all()


def analysed(connection: Connection, job: str) -> int:
    """How many interviews of an opening have an analysis."""
    query = sa.select(sa.func.count()).where(t.interview.c.job == job, t.interview.c.analysis.is_not(None))
    return int(connection.execute(query).scalar_one())
