"""Confirmed scores from the database: only from submitted reviews, and never one whose owner must look at it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

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


def confirmed(
    connection: Connection,
    *,
    job: str | None = None,
    candidates: Sequence[str] | None = None,
) -> dict[str, Cards]:
    """The cards of the candidates named (some hundreds at most), or of everyone in an opening, by candidate id."""
    return dict(each_confirmed(connection, job=job, candidates=candidates))


def each_confirmed(
    connection: Connection,
    *,
    job: str | None = None,
    candidates: Sequence[str] | None = None,
) -> Iterator[tuple[str, Cards]]:
    """The cards of one candidate after the other, by id; read in pieces, so that memory stays flat.

    The join asks again for a submitted review and for no flag, whatever the constraints already promise.
    """
    query = (
        sa.select(
            interview.c.candidate,
            confirmed_score.c.review,
            confirmed_score.c.competency,
            confirmed_score.c.level,
            confirmed_score.c.quotes,
            confirmed_score.c.has_note,
            sa.cast(confirmed_score.c.quote_levels, sa.Text),
            review.c.interview,
            review.c.reviewer,
            review.c.kind,
            review.c.rubric_id,
            review.c.rubric_version,
            review_score.c.flag,
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
    if candidates is not None:
        query = query.where(interview.c.candidate.in_(candidates))
    versions: dict[tuple[str, str], RubricRef] = {}
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    for key, mine in groupby(rows, key=itemgetter(0)):
        scores: list[ConfirmedScore] = []
        waiting: set[str] = set()
        for _, card, competency, level, quotes, has_note, quoted, held, who, kind, rubric, version, flag in mine:
            if flag:
                waiting.add(competency)
                continue
            scores.append(
                ConfirmedScore(
                    gate=_GATE, review=card, interview=held, reviewer=who, kind=kind,
                    rubric=_shared(versions, rubric, version), competency=competency, level=level, quotes=quotes,
                    has_note=bool(has_note), quote_levels=() if quoted == "[]" else tuple(json.loads(quoted)),
                )
            )  # fmt: skip
        yield key, Cards(scores=tuple(scores), waiting=tuple(sorted(waiting)))


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
