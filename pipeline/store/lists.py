"""Long lists in few queries: ids, names, states and counts, page by page, without loading reviews or analyses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.report import RubricRef
from pipeline.store import tables as t

PIECE = 500
"""Ids in one query; SQLite takes no more than some thousands of values."""


@dataclass(frozen=True, slots=True)
class Round:
    """What an interview is: whose, for which opening, when."""

    candidate: str
    candidate_name: str
    job: str
    job_title: str
    round: str
    held_at: datetime


def rounds(connection: Connection, interviews: Sequence[str]) -> dict[str, Round]:
    """What those interviews are, by id; one that is not there is absent."""
    found: dict[str, Round] = {}
    for start in range(0, len(interviews), PIECE):
        query = (
            sa.select(
                t.interview.c.id, t.interview.c.candidate, t.candidate.c.name, t.interview.c.job, t.job.c.title,
                t.interview.c.round, t.interview.c.held_at,
            )
            .join(t.candidate, t.candidate.c.id == t.interview.c.candidate)
            .join(t.job, t.job.c.id == t.interview.c.job)
            .where(t.interview.c.id.in_(interviews[start : start + PIECE]))
        )  # fmt: skip
        for row in connection.execute(query):
            found[row.id] = Round(row.candidate, row.name, row.job, row.title, row.round, row.held_at)
    return found


def owed(connection: Connection, person: str) -> tuple[tuple[str, RubricRef], ...]:
    """The interviews that the person rates and has not submitted a review of, with their openings' rubrics."""
    done = sa.select(t.review.c.interview).where(t.review.c.reviewer == person, t.review.c.state == "submitted")
    query = (
        sa.select(t.rater.c.interview, t.job.c.rubric_id, t.job.c.rubric_version)
        .join(t.interview, t.interview.c.id == t.rater.c.interview)
        .join(t.job, t.job.c.id == t.interview.c.job)
        .where(t.rater.c.person == person, t.rater.c.interview.not_in(done))
        .order_by(t.rater.c.interview)
    )
    known: dict[tuple[str, str], RubricRef] = {}
    return tuple(
        (row.interview, known.setdefault((row.rubric_id, row.rubric_version),
                                         RubricRef(id=row.rubric_id, version=row.rubric_version)))
        for row in connection.execute(query)
    )  # fmt: skip


def owed_candidates(connection: Connection, person: str, job: str) -> set[str]:
    """The candidates of an opening whom the person rates and of whom a review of theirs is still to come."""
    done = sa.select(t.review.c.interview).where(t.review.c.reviewer == person, t.review.c.state == "submitted")
    query = (
        sa.select(t.interview.c.candidate)
        .join(t.rater, t.rater.c.interview == t.interview.c.id)
        .where(t.rater.c.person == person, t.interview.c.job == job, t.interview.c.id.not_in(done))
    )
    return set(connection.execute(query).scalars())


def flags(connection: Connection, reviews: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The competencies of each of those reviews that its owner must look at again, in the rubric's order."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(reviews), PIECE):
        query = (
            sa.select(t.review_score.c.review, t.review_score.c.competency)
            .where(t.review_score.c.review.in_(reviews[start : start + PIECE]), t.review_score.c.flag != "")
            .order_by(t.review_score.c.review, t.review_score.c.place)
        )
        for row in connection.execute(query):
            found[row.review] = (*found.get(row.review, ()), row.competency)
    return found


def jobs(connection: Connection) -> Sequence[Any]:
    """Every opening, newest first, with numbers of candidates, interviews, raters asked and reviews submitted."""
    people = sa.select(sa.func.count()).where(t.candidate.c.job == t.job.c.id).scalar_subquery()
    held = (
        sa.select(t.interview.c.job, sa.func.count().label("interviews"))
        .group_by(t.interview.c.job)
        .subquery("held")
    )  # fmt: skip
    asked = (
        sa.select(t.interview.c.job, sa.func.count().label("asked"))
        .join(t.rater, t.rater.c.interview == t.interview.c.id)
        .group_by(t.interview.c.job)
        .subquery("asked")
    )
    done = (
        sa.select(t.interview.c.job, sa.func.count().label("done"))
        .join(t.review, t.review.c.interview == t.interview.c.id)
        .where(t.review.c.state == "submitted")
        .group_by(t.interview.c.job)
        .subquery("done")
    )
    query = (
        sa.select(
            t.job.c.id, t.job.c.title, t.job.c.rubric_id, t.job.c.rubric_version, t.job.c.keep_days,
            t.job.c.created_at, people.label("candidates"),
            sa.func.coalesce(held.c.interviews, 0).label("interviews"),
            sa.func.coalesce(asked.c.asked, 0).label("asked"),
            sa.func.coalesce(done.c.done, 0).label("submitted"),
        )
        .outerjoin(held, held.c.job == t.job.c.id)
        .outerjoin(asked, asked.c.job == t.job.c.id)
        .outerjoin(done, done.c.job == t.job.c.id)
        .order_by(t.job.c.created_at.desc(), t.job.c.id)
    )  # fmt: skip
    return connection.execute(query).all()


def candidate_ids(connection: Connection, job: str) -> tuple[str, ...]:
    """The candidates of an opening, in order of entry."""
    query = sa.select(t.candidate.c.id).where(t.candidate.c.job == job)
    return tuple(connection.execute(query.order_by(t.candidate.c.created_at, t.candidate.c.id)).scalars())


def candidates_named(connection: Connection, job: str, name: str) -> frozenset[str]:
    """The candidates of an opening whose names hold all those words."""
    query = sa.select(t.candidate.c.id).where(t.candidate.c.job == job, *_named(name))
    return frozenset(connection.execute(query).scalars())


def candidate_names(connection: Connection, candidates: Sequence[str]) -> dict[str, str]:
    """The names of those candidates."""
    names: dict[str, str] = {}
    for start in range(0, len(candidates), PIECE):
        part = candidates[start : start + PIECE]
        query = sa.select(t.candidate.c.id, t.candidate.c.name).where(t.candidate.c.id.in_(part))
        names |= {row.id: row.name for row in connection.execute(query)}
    return names


def review_versions(connection: Connection, job: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """The reviews of each candidate of an opening with their versions: these change whenever a score may have."""
    query = (
        sa.select(t.interview.c.candidate, t.review.c.id, t.review.c.version)
        .join(t.review, t.review.c.interview == t.interview.c.id)
        .where(t.interview.c.job == job)
        .order_by(t.interview.c.candidate, t.review.c.id)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for candidate, review, version in connection.execute(query):
        found.setdefault(candidate, []).append((review, version))
    return {candidate: tuple(cards) for candidate, cards in found.items()}


def candidates(
    connection: Connection, job: str, *, rater: str | None, name: str, limit: int, offset: int
) -> tuple[Sequence[Any], int]:
    """A page of an opening's candidates, newest first, with their numbers and last decision; and how many there are."""
    asked = sa.select(sa.func.count()).select_from(
        t.interview.join(t.rater, t.rater.c.interview == t.interview.c.id)
    ).where(t.interview.c.candidate == t.candidate.c.id)  # fmt: skip
    done = sa.select(sa.func.count()).select_from(
        t.interview.join(t.review, t.review.c.interview == t.interview.c.id)
    ).where(t.interview.c.candidate == t.candidate.c.id, t.review.c.state == "submitted")  # fmt: skip
    held = sa.select(sa.func.count()).where(t.interview.c.candidate == t.candidate.c.id)
    last = (
        sa.select(t.hiring_decision.c.outcome)
        .where(t.hiring_decision.c.candidate == t.candidate.c.id)
        .order_by(t.hiring_decision.c.at.desc(), t.hiring_decision.c.id.desc())
        .limit(1)
    )
    where = [t.candidate.c.job == job, *_named(name)]
    if rater is not None:
        mine = sa.select(t.interview.c.candidate).join(t.rater, t.rater.c.interview == t.interview.c.id)
        where.append(t.candidate.c.id.in_(mine.where(t.rater.c.person == rater, t.interview.c.job == job)))
    number = connection.execute(sa.select(sa.func.count()).select_from(t.candidate).where(*where)).scalar_one()
    query = (
        sa.select(
            t.candidate.c.id, t.candidate.c.name, t.candidate.c.created_at,
            held.scalar_subquery().label("interviews"), asked.scalar_subquery().label("asked"),
            done.scalar_subquery().label("submitted"), last.scalar_subquery().label("decision"),
        )
        .where(*where)
        .order_by(t.candidate.c.created_at.desc(), t.candidate.c.id)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    return connection.execute(query).all(), number


def interviews(
    connection: Connection,
    person: str,
    *,
    mine: bool,
    unfinished: bool = False,
    submitted: bool = False,
    job: str | None = None,
    candidate: str | None = None,
    name: str = "",
    ids: Sequence[str] | None = None,
    limit: int | None,
    offset: int = 0,
    counted: bool = True,
) -> tuple[Sequence[Any], int]:
    """A page of interviews, newest first, as they stand for ``person``; and how many there are (0 unless ``counted``).

    ``mine``: only those that the person rates; of these ``unfinished``: only those that still ask something of them,
    ``submitted``: only those with their review in.
    """
    own = sa.and_(t.rater.c.interview == t.interview.c.id, t.rater.c.person == person)
    my_review = sa.and_(t.review.c.interview == t.interview.c.id, t.review.c.reviewer == person)
    flagged = sa.select(sa.func.count()).where(t.review_score.c.review == t.review.c.id, t.review_score.c.flag != "")
    source = (
        t.interview.join(t.rater, own, isouter=not mine)
        .join(t.review, my_review, isouter=True)
        .join(t.candidate, t.candidate.c.id == t.interview.c.candidate)
    )
    where = [*_named(name)]
    if job is not None:
        where.append(t.interview.c.job == job)
    if candidate is not None:
        where.append(t.interview.c.candidate == candidate)
    if ids is not None:
        where.append(t.interview.c.id.in_(ids))
    if unfinished:
        open_ = sa.or_(t.review.c.state.is_(None), t.review.c.state != "submitted", flagged.scalar_subquery() > 0)
        where.append(open_)
    if submitted:
        where.append(t.review.c.state == "submitted")
    # Counting needs neither names nor reviews unless they are asked for.
    needed = t.interview.join(t.rater, own) if mine else t.interview
    if name or unfinished or submitted:
        needed = (
            source if name else t.interview.join(t.rater, own, isouter=not mine).join(t.review, my_review, isouter=True)
        )
    number = 0
    if counted:
        number = connection.execute(sa.select(sa.func.count()).select_from(needed).where(*where)).scalar_one()
    page = (
        sa.select(t.interview.c.id, t.rater.c.kind, t.review.c.id.label("review"), t.review.c.state.label("review_state"),
                  t.candidate.c.name.label("candidate_name"))
        .select_from(source)
        .where(*where)
        .order_by(t.interview.c.held_at.desc(), t.interview.c.id.desc())
        .limit(limit)
        .offset(offset)
        .subquery("page")
    )  # fmt: skip
    return connection.execute(_detailed(page)).all(), number


def _detailed(page: sa.Subquery) -> sa.Select[Any]:
    """Everything that a list shows, looked up for the interviews of one page alone."""
    i = t.interview.c
    asked = sa.select(sa.func.count()).where(t.rater.c.interview == i.id)
    flagged = sa.select(sa.func.count()).where(t.review_score.c.review == page.c.review, t.review_score.c.flag != "")
    done = sa.select(sa.func.count()).where(t.review.c.interview == i.id, t.review.c.state == "submitted")
    stale = sa.select(sa.func.count()).where(t.stale_draft.c.analysis == i.analysis)
    sending = sa.select(sa.func.count()).where(t.upload.c.interview == i.id, t.upload.c.state == "receiving")
    return (
        sa.select(
            i.id, i.candidate, page.c.candidate_name, i.job, t.job.c.title, i.round, i.held_at, i.ended_at, i.consent,
            i.recording, i.analysis, i.version, page.c.kind, page.c.review, page.c.review_state, flagged.scalar_subquery().label("flagged"),
            t.work.c.state.label("work_state"), t.work.c.stage, t.work.c.share, t.work.c.seconds_left, t.work.c.cause,
            t.work.c.remedy,
            asked.scalar_subquery().label("asked"), done.scalar_subquery().label("submitted"),
            stale.scalar_subquery().label("stale"), sending.scalar_subquery().label("sending"),
        )
        .select_from(page.join(t.interview, i.id == page.c.id).join(t.job, t.job.c.id == i.job)
                     .join(t.work, t.work.c.interview == i.id, isouter=True))
        .order_by(i.held_at.desc(), i.id.desc())
    )  # fmt: skip


def _named(name: str) -> list[sa.ColumnElement[bool]]:
    """Conditions that the candidate's name holds those words."""
    return [t.candidate.c.name.icontains(word, autoescape=True) for word in name.split()]
