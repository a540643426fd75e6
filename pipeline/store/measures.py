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
        .join(t.interview, t.interview.c.id == t.review.c.interview)
        .join(t.review_score, t.review_score.c.review == t.review.c.id)
        .outerjoin(
            t.first_score,
            sa.and_(t.first_score.c.review == t.review.c.id, t.first_score.c.competency == t.review_score.c.competency),
        )
        .outerjoin(
            t.draft_level,
            sa.and_(
                t.draft_level.c.analysis == t.review.c.analysis,
                t.draft_level.c.competency == t.review_score.c.competency,
            ),
        )
        .where(t.review.c.state == "submitted")
        .order_by(t.review.c.submitted_at, t.review.c.id, t.review_score.c.place)
    )  # fmt: skip
    if jobs is not None:
        query = query.where(t.interview.c.job.in_(jobs))
    if reviewer is not None:
        query = query.where(t.review.c.reviewer == reviewer)
    return connection.execute(query)


def talks(
    connection: Connection, *, jobs: Sequence[str] | None = None, interviewer: str | None = None
) -> sa.CursorResult[Any]:
    """Who held which analysed interview, with word counts and the questions asked.

    Columns: interview, candidate, person, rubric_id, rubric_version, interviewer_words, candidate_words, asked.
    """
    query = (
        sa.select(
            t.interview.c.id.label("interview"), t.interview.c.candidate, t.rater.c.person, t.job.c.rubric_id,
            t.job.c.rubric_version, t.talk_measure.c.interviewer_words, t.talk_measure.c.candidate_words,
            t.talk_measure.c.asked,
        )
        .join(t.talk_measure, t.talk_measure.c.analysis == t.interview.c.analysis)
        .join(t.rater, sa.and_(t.rater.c.interview == t.interview.c.id, t.rater.c.kind == "interviewer"))
        .join(t.job, t.job.c.id == t.interview.c.job)
        .order_by(t.rater.c.person, t.interview.c.held_at, t.interview.c.id)
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
