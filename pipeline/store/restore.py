"""Confirmed scores from the database: only from submitted reviews, and never one whose owner must look at it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.report import RubricRef
from models.review import _GATE, ConfirmedScore
from pipeline.store.tables import confirmed_score, interview, review, review_score


@dataclass(frozen=True, slots=True)
class Cards:
    """A candidate's confirmed scores, and the competencies that wait for their owners."""

    scores: tuple[ConfirmedScore, ...] = ()
    waiting: tuple[str, ...] = ()


def confirmed(connection: Connection, *, job: str | None = None, candidate: str | None = None) -> dict[str, Cards]:
    """The cards of a candidate, or of everyone in an opening, by candidate id.

    The join asks again for a submitted review and for no flag, whatever the constraints already promise.
    """
    query = (
        sa.select(
            confirmed_score,
            review.c.interview,
            review.c.reviewer,
            review.c.kind,
            review.c.rubric_id,
            review.c.rubric_version,
            review_score.c.flag,
            interview.c.candidate,
        )
        .join(review, sa.and_(review.c.id == confirmed_score.c.review, review.c.state == "submitted"))
        .join(
            review_score,
            sa.and_(
                review_score.c.review == confirmed_score.c.review,
                review_score.c.competency == confirmed_score.c.competency,
                review_score.c.score == confirmed_score.c.level,
            ),
        )
        .join(interview, interview.c.id == review.c.interview)
        .order_by(interview.c.candidate, review.c.interview, review.c.reviewer, confirmed_score.c.competency)
    )
    if job is not None:
        query = query.where(interview.c.job == job)
    if candidate is not None:
        query = query.where(interview.c.candidate == candidate)
    scores: dict[str, list[ConfirmedScore]] = defaultdict(list)
    waiting: dict[str, set[str]] = defaultdict(set)
    versions: dict[tuple[str, str], RubricRef] = {}
    for row in connection.execute(query):
        if row.flag:
            waiting[row.candidate].add(row.competency)
            continue
        scores[row.candidate].append(
            ConfirmedScore(
                gate=_GATE,
                review=row.review,
                interview=row.interview,
                reviewer=row.reviewer,
                kind=row.kind,
                rubric=_shared(versions, row.rubric_id, row.rubric_version),
                competency=row.competency,
                level=row.level,
                quotes=row.quotes,
                has_note=row.has_note,
                quote_levels=tuple(row.quote_levels),
            )
        )
    return {
        key: Cards(scores=tuple(scores[key]), waiting=tuple(sorted(waiting[key])))
        for key in sorted(set(scores) | set(waiting))
    }


def _shared(versions: dict[tuple[str, str], RubricRef], rubric_id: str, version: str) -> RubricRef:
    """One object for all scores of a version: thousands of equal ones cost time and memory."""
    if (rubric_id, version) not in versions:
        versions[rubric_id, version] = RubricRef(id=rubric_id, version=version)
    return versions[rubric_id, version]


def rows(scores: Sequence[ConfirmedScore]) -> list[dict[str, object]]:
    """Confirmed scores as rows of their table."""
    return [
        {
            "review": s.review,
            "competency": s.competency,
            "review_state": "submitted",
            "level": s.level,
            "quotes": s.quotes,
            "has_note": s.has_note,
            "quote_levels": list(s.quote_levels),
        }
        for s in scores
    ]
