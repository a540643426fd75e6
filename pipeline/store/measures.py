"""What accuracy and agreement need of analyses and reviews, without loading either: rows of levels and word counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.report import Analysis
from pipeline.store import tables as t


def add(connection: Connection, analysis_id: str, analysis: Analysis) -> None:
    """Stores an analysis's draft levels, and who spoke how many words about which questions of the bank."""
    words = {"interviewer": 0, "candidate": 0, "unknown": 0}
    for turn in analysis.turns:
        words[turn.role] += len(turn.text.split())
    asked = sorted({answer.question for answer in analysis.answers if not answer.question.startswith("free-")})
    connection.execute(
        sa.insert(t.talk_measure).values(
            analysis=analysis_id,
            interviewer_words=words["interviewer"],
            candidate_words=words["candidate"],
            asked=asked,
        )
    )
    rows = [
        {"analysis": analysis_id, "competency": draft.competency, "score": draft.score, "value": draft.value}
        for draft in analysis.drafts
    ]
    if rows:
        connection.execute(sa.insert(t.draft_level), rows)


def scores(
    connection: Connection, *, jobs: Sequence[str] | None = None, reviewer: str | None = None
) -> sa.CursorResult[Any]:
    """Every settled line of every submitted review with its first score and the draft's level, in order of submission.

    Columns: review, interview, candidate, job, reviewer, rubric, submitted_at, competency, score, choice, first, blind, draft,
    value.
    """
    query = (
        sa.select(
            t.review.c.id.label("review"), t.review.c.interview, t.interview.c.candidate, t.interview.c.job,
            t.review.c.reviewer, t.review.c.rubric_id.label("rubric"), t.review.c.submitted_at,
            t.review_score.c.competency, t.review_score.c.score, t.review_score.c.choice,
            t.first_score.c.score.label("first"), t.first_score.c.blind, t.draft_level.c.score.label("draft"),
            t.draft_level.c.value,
        )
        .select_from(_settled())
        .where(t.review.c.state == "submitted")
        .order_by(t.review.c.submitted_at, t.review.c.id, t.review_score.c.place)
    )  # fmt: skip
    return connection.execute(_narrowed(query, jobs, reviewer))


def score_counts(
    connection: Connection,
    *,
    jobs: Sequence[str] | None = None,
    reviewer: str | None = None,
    owed_by: str | None = None,
) -> sa.CursorResult[Any]:
    """How often each settled line came up in submitted reviews: counted by the database, since there are many and few kinds.

    Columns: job, month (``2026-11``), competency, first, blind, score, choice, draft, times. ``owed_by``: only of candidates of
    whom that person has yet to submit a review.
    """
    kinds = [
        t.interview.c.job, _month(connection, t.review.c.submitted_at).label("month"), t.review_score.c.competency,
        t.first_score.c.score.label("first"), sa.func.coalesce(t.first_score.c.blind, sa.false()).label("blind"),
        t.review_score.c.score, t.review_score.c.choice, t.draft_level.c.score.label("draft"),
    ]  # fmt: skip
    query = sa.select(*kinds, sa.func.count().label("times")).select_from(_settled()).group_by(*kinds)
    query = query.where(t.review.c.state == "submitted")
    if owed_by is not None:
        query = query.where(t.interview.c.candidate.in_(_owed(owed_by)))
    return connection.execute(_narrowed(query, jobs, reviewer))


def marks(connection: Connection) -> dict[str, tuple[Any, ...]]:
    """For each opening what changes whenever a submitted review, an analysis or an interviewer of it does.

    Versions only grow and a new submission is the latest; what a deletion takes away shows in the number of receipts.
    """
    receipts = connection.execute(sa.select(sa.func.count()).select_from(t.receipt)).scalar_one()
    held = sa.select(t.interview.c.job, sa.func.count(), sa.func.sum(t.interview.c.version)).group_by(t.interview.c.job)
    done = (
        sa.select(
            t.interview.c.job, sa.func.count(), sa.func.sum(t.review.c.version), sa.func.max(t.review.c.submitted_at)
        )
        .join(t.review, t.review.c.interview == t.interview.c.id)
        .where(t.review.c.state == "submitted")
        .group_by(t.interview.c.job)
    )
    found: dict[str, tuple[Any, ...]] = {row[0]: (receipts, *row[1:]) for row in connection.execute(held)}
    for row in connection.execute(done):
        found[row[0]] += tuple(row[1:])
    return found


def _settled() -> sa.Join:
    """Reviews with their lines, first scores and the drafts' levels."""
    review, line = t.review.c, t.review_score.c
    first, draft = t.first_score.c, t.draft_level.c
    return (
        t.review.join(t.interview, t.interview.c.id == review.interview)
        .join(t.review_score, line.review == review.id)
        .outerjoin(t.first_score, sa.and_(first.review == review.id, first.competency == line.competency))
        .outerjoin(t.draft_level, sa.and_(draft.analysis == review.analysis, draft.competency == line.competency))
    )


def _narrowed(query: sa.Select[Any], jobs: Sequence[str] | None, reviewer: str | None) -> sa.Select[Any]:
    if jobs is not None:
        query = query.where(t.interview.c.job.in_(jobs))
    return query if reviewer is None else query.where(t.review.c.reviewer == reviewer)


def _owed(person: str) -> sa.Select[tuple[str]]:
    """The candidates of whom that person has yet to submit a review."""
    done = sa.select(t.review.c.interview).where(t.review.c.reviewer == person, t.review.c.state == "submitted")
    return (
        sa.select(t.interview.c.candidate)
        .join(t.rater, t.rater.c.interview == t.interview.c.id)
        .where(t.rater.c.person == person, t.interview.c.id.not_in(done))
    )


def _month(connection: Connection, moment: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """The month of a moment in UTC, such as ``2026-11``."""
    if connection.dialect.name == "sqlite":
        return sa.func.substr(moment, 1, 7, type_=sa.Text)
    return sa.func.to_char(sa.func.timezone("UTC", moment), sa.literal_column("'YYYY-MM'"), type_=sa.Text)


def talks(
    connection: Connection, *, jobs: Sequence[str] | None = None, interviewer: str | None = None
) -> sa.CursorResult[Any]:
    """Who held analysed interviews, with word counts and the questions asked, summed over those where the same were asked.

    Columns: job, person, rubric_id, rubric_version, asked (JSON), interviewer_words, candidate_words, times.
    """
    asked = sa.cast(t.talk_measure.c.asked, sa.Text).label("asked")
    kinds = [t.interview.c.job, t.rater.c.person, t.job.c.rubric_id, t.job.c.rubric_version, asked]
    query = (
        sa.select(
            *kinds, sa.func.sum(t.talk_measure.c.interviewer_words).label("interviewer_words"),
            sa.func.sum(t.talk_measure.c.candidate_words).label("candidate_words"), sa.func.count().label("times"),
        )
        .select_from(t.interview)
        .join(t.talk_measure, t.talk_measure.c.analysis == t.interview.c.analysis)
        .join(t.rater, sa.and_(t.rater.c.interview == t.interview.c.id, t.rater.c.kind == "interviewer"))
        .join(t.job, t.job.c.id == t.interview.c.job)
        .group_by(*kinds)
    )  # fmt: skip
    if jobs is not None:
        query = query.where(t.interview.c.job.in_(jobs))
    if interviewer is not None:
        query = query.where(t.rater.c.person == interviewer)
    return connection.execute(query)


def draft_levels(connection: Connection, job: str) -> sa.CursorResult[Any]:
    """The drafted levels of each interview of an opening, of its newest analysis: interview, competency, score."""
    query = (
        sa.select(t.interview.c.id.label("interview"), t.draft_level.c.competency, t.draft_level.c.score)
        .join(t.draft_level, t.draft_level.c.analysis == t.interview.c.analysis)
        .where(t.interview.c.job == job, t.draft_level.c.score.is_not(None))
        .order_by(t.interview.c.id, t.draft_level.c.competency)
    )
    return connection.execute(query)
