"""Reviews, confirmed scores, panel outcomes, decisions and calibration ratings: rows in, nouns out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from models.decision import CalibrationRating, HiringDecision, PanelOutcome
from models.report import RubricRef
from models.review import CompetencyReview, ConfirmedScore, Review, ReviewEvidence
from pipeline.errors import ConflictError
from pipeline.store import restore
from pipeline.store import tables as t
from pipeline.store.openings import found


def _values(review: Review) -> dict[str, Any]:
    values = review.model_dump(exclude={"rubric", "scores"})
    return {**values, "rubric_id": review.rubric.id, "rubric_version": review.rubric.version}


def add_review(connection: Connection, review: Review) -> None:
    """Stores a new review; ConflictError (by constraint) where the person already has one of this interview."""
    connection.execute(sa.insert(t.review).values(**_values(review)))
    _write_lines(connection, review)


def save_review(
    connection: Connection, review: Review, expected: int, confirmed: Sequence[ConfirmedScore] | None = None
) -> Review:
    """Replaces a review whose version is still ``expected``; ConflictError otherwise, and nothing is written.

    ``confirmed``: the scores that this submission confirms. None leaves those of a submitted review as they are.
    """
    after = review.model_copy(update={"version": expected + 1})
    kept = restore.rows(confirmed) if confirmed is not None else _confirmed_rows(connection, review)
    connection.execute(sa.delete(t.confirmed_score).where(t.confirmed_score.c.review == review.id))
    where = sa.and_(t.review.c.id == review.id, t.review.c.version == expected)
    if connection.execute(sa.update(t.review).where(where).values(**_values(after))).rowcount != 1:
        raise ConflictError(
            "Somebody changed this review meanwhile; nothing was written.",
            "Load it again: your entries are still in front of you.",
        )
    connection.execute(sa.delete(t.review_score).where(t.review_score.c.review == review.id))
    _write_lines(connection, after)
    if kept and after.state == "submitted":
        connection.execute(sa.insert(t.confirmed_score), kept)
    return after


def _confirmed_rows(connection: Connection, review: Review) -> list[dict[str, object]]:
    query = sa.select(t.confirmed_score).where(t.confirmed_score.c.review == review.id)
    return [dict(row._mapping) for row in connection.execute(query)]


def _write_lines(connection: Connection, review: Review) -> None:
    rows = []
    for place, line in enumerate(review.scores):
        fields = line.model_dump(exclude={"first_score", "first_at", "blind", "evidence"})
        evidence = json.dumps([e.model_dump(mode="json") for e in line.evidence], ensure_ascii=False)
        rows.append({**fields, "review": review.id, "place": place, "evidence": evidence})
    if rows:
        connection.execute(sa.insert(t.review_score), rows)
    kept = {row.competency: row for row in _first_scores(connection, [review.id])}
    for line in review.scores:
        known = kept.get(line.competency)
        if known is None and line.first_score is not None:
            connection.execute(
                sa.insert(t.first_score).values(
                    review=review.id,
                    competency=line.competency,
                    score=line.first_score,
                    blind=line.blind,
                    at=line.first_at,
                )
            )
        elif known is not None and known.score != line.first_score:
            raise ConflictError("The first score of a competency is kept for ever.", "Load the review again.")


def _first_scores(connection: Connection, ids: Sequence[str]) -> Sequence[Row[Any]]:
    return connection.execute(sa.select(t.first_score).where(t.first_score.c.review.in_(ids))).all()


def get_review(connection: Connection, review_id: str) -> Review:
    """The review of that id."""
    row = connection.execute(sa.select(t.review).where(t.review.c.id == review_id)).first()
    return _with_lines(connection, [found(row, "review")])[0]


def reviews(
    connection: Connection, *, interview: str | None = None, reviewer: str | None = None, candidate: str | None = None
) -> tuple[Review, ...]:
    """Reviews of an interview, a person or a candidate, in order of opening."""
    query = sa.select(t.review).order_by(t.review.c.opened_at, t.review.c.id)
    if interview is not None:
        query = query.where(t.review.c.interview == interview)
    if reviewer is not None:
        query = query.where(t.review.c.reviewer == reviewer)
    if candidate is not None:
        query = query.where(
            t.review.c.interview.in_(sa.select(t.interview.c.id).where(t.interview.c.candidate == candidate))
        )
    return tuple(_with_lines(connection, connection.execute(query).all()))


def _with_lines(connection: Connection, rows: Sequence[Row[Any]]) -> list[Review]:
    lines: dict[str, list[CompetencyReview]] = defaultdict(list)
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        first = {(row.review, row.competency): row for row in _first_scores(connection, part)}
        query = sa.select(t.review_score).where(t.review_score.c.review.in_(part)).order_by(t.review_score.c.place)
        for row in connection.execute(query):
            lines[row.review].append(_line(row, first.get((row.review, row.competency))))
    return [_review(row, lines[row.id]) for row in rows]


def _line(row: Row[Any], first: Row[Any] | None) -> CompetencyReview:
    fields = {key: value for key, value in row._mapping.items() if key not in ("review", "place", "evidence")}
    evidence = tuple(ReviewEvidence.model_validate(item) for item in json.loads(row.evidence))
    if first is not None:
        fields |= {"first_score": first.score, "first_at": first.at, "blind": first.blind}
    return CompetencyReview(**fields, evidence=evidence)


def _review(row: Row[Any], lines: Sequence[CompetencyReview]) -> Review:
    fields = dict(row._mapping)
    fields["rubric"] = RubricRef(id=fields.pop("rubric_id"), version=fields.pop("rubric_version"))
    return Review(**fields, scores=tuple(lines))


def add_outcome(connection: Connection, outcome: PanelOutcome) -> None:
    """Stores how a disagreement was settled."""
    connection.execute(sa.insert(t.panel_outcome).values(**outcome.model_dump()))


def outcomes(connection: Connection, candidate: str) -> tuple[PanelOutcome, ...]:
    """How the candidate's disagreements were settled, oldest first."""
    query = sa.select(t.panel_outcome).where(t.panel_outcome.c.candidate == candidate)
    rows = connection.execute(query.order_by(t.panel_outcome.c.at, t.panel_outcome.c.id))
    return tuple(PanelOutcome(**row._mapping) for row in rows)


def outcomes_in(connection: Connection, job: str) -> dict[str, tuple[PanelOutcome, ...]]:
    """How disagreements were settled in an opening, oldest first, by candidate."""
    query = sa.select(t.panel_outcome).join(t.candidate, t.candidate.c.id == t.panel_outcome.c.candidate)
    query = query.where(t.candidate.c.job == job).order_by(t.panel_outcome.c.at, t.panel_outcome.c.id)
    found: dict[str, tuple[PanelOutcome, ...]] = {}
    for row in connection.execute(query):
        found[row.candidate] = (*found.get(row.candidate, ()), PanelOutcome(**row._mapping))
    return found


def add_decision(connection: Connection, decision: HiringDecision) -> None:
    """Stores a decision; earlier ones stay."""
    total = None if decision.total is None else str(decision.total)
    connection.execute(sa.insert(t.hiring_decision).values(**{**decision.model_dump(), "total": total}))


def decisions(connection: Connection, candidate: str) -> tuple[HiringDecision, ...]:
    """The decisions about a candidate, oldest first."""
    query = sa.select(t.hiring_decision).where(t.hiring_decision.c.candidate == candidate)
    rows = connection.execute(query.order_by(t.hiring_decision.c.at, t.hiring_decision.c.id))
    return tuple(
        HiringDecision(**{**row._mapping, "total": None if row.total is None else Decimal(row.total)}) for row in rows
    )


def add_calibration(connection: Connection, rating: CalibrationRating) -> None:
    """Stores a blind rating; ConflictError (by constraint) for the same person, sample and month again."""
    connection.execute(sa.insert(t.calibration_rating).values(**rating.model_dump()))


def calibration_ratings(connection: Connection) -> tuple[CalibrationRating, ...]:
    """All blind ratings, by month, sample and person."""
    c = t.calibration_rating.c
    rows = connection.execute(sa.select(t.calibration_rating).order_by(c.month, c.sample, c.rater))
    return tuple(CalibrationRating(**row._mapping) for row in rows)
