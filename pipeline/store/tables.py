"""The tables. What must never happen is a constraint here, not only a check in code.

A ``confirmed_score`` row can only exist beside a submitted review and an equal score in it (two composite foreign
keys). ``first_score``,
``analysis`` and ``audit`` rows cannot be updated, ``audit`` rows not deleted either (triggers, made by the migrations).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from pipeline.errors import UsageError


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which forgets zones, gets it back on reading. A moment without a zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        if value is not None and value.tzinfo is None:
            raise UsageError(
                "A time without a zone cannot be stored.", "Give times with their zone, such as 10:00+01:00."
            )
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=True)


def _ref(name: str, target: str, *, index: bool = True, nullable: bool = False, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), sa.ForeignKey(target, **more), nullable=nullable, index=index)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, default=default, server_default=default)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=nullable)


def _scale(column: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IS NULL OR ({column} >= 1 AND {column} <= 5)", name=name)


user = sa.Table(
    "person",
    metadata,
    _id(),
    _text("name"),
    sa.Column("email", sa.String(320), nullable=False, unique=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
)

rubric = sa.Table("rubric", metadata, _id(), _id("version"), _text("body"))

job = sa.Table(
    "job_opening",
    metadata,
    _id(),
    _text("title"),
    sa.Column("rubric_id", sa.String(64), nullable=False),
    sa.Column("rubric_version", sa.String(64), nullable=False),
    sa.Column("keep_days", sa.Integer),
    _moment("created_at"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(
        ["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_job_opening_rubric"
    ),
)

candidate = sa.Table(
    "candidate",
    metadata,
    _id(),
    _ref("job", "job_opening.id"),
    _text("name"),
    _text("email"),
    _moment("created_at"),
    # The key of this candidate's audit digests. It goes with the candidate, and then no digest can be traced back to
    # what was said.
    sa.Column("audit_key", sa.String(64), nullable=False),
)

interview = sa.Table(
    "interview",
    metadata,
    _id(),
    _ref("candidate", "candidate.id"),
    _ref("job", "job_opening.id"),
    _text("round"),
    _moment("held_at"),
    _moment("ended_at"),
    sa.Column("consent", sa.String(16), nullable=False),
    sa.Column("covers", sa.JSON, nullable=False),
    sa.Column("recording", sa.String(64)),
    sa.Column("analysis", sa.String(64)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.CheckConstraint("consent IN ('given', 'refused', 'unknown')", name="consent"),
    sa.CheckConstraint("analysis IS NULL OR consent = 'given'", name="no_analysis_without_consent"),
)

rater = sa.Table(
    "rater",
    metadata,
    sa.Column("interview", sa.String(64), sa.ForeignKey("interview.id"), primary_key=True),
    sa.Column("person", sa.String(64), sa.ForeignKey("person.id"), primary_key=True, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
)

analysis = sa.Table(
    "analysis",
    metadata,
    _id(),
    _ref("interview", "interview.id"),
    sa.Column("number", sa.Integer, nullable=False),
    _text("body"),
    _moment("created_at"),
    sa.UniqueConstraint("interview", "number", name="uq_analysis_number"),
)

stale_draft = sa.Table(
    "stale_draft",
    metadata,
    sa.Column("analysis", sa.String(64), sa.ForeignKey("analysis.id"), primary_key=True),
    _id("competency"),
    _text("reason"),
)

correction = sa.Table(
    "correction",
    metadata,
    _id(),
    _ref("interview", "interview.id"),
    sa.Column("number", sa.Integer, nullable=False),
    _text("body"),
    _ref("author", "person.id"),
    _moment("at"),
    sa.UniqueConstraint("interview", "number", name="uq_correction_number"),
)

review = sa.Table(
    "review",
    metadata,
    _id(),
    _ref("interview", "interview.id"),
    _ref("reviewer", "person.id"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("rubric_id", sa.String(64), nullable=False),
    sa.Column("rubric_version", sa.String(64), nullable=False),
    sa.Column("rate_first", sa.Boolean, nullable=False),
    sa.Column("analysis", sa.String(64)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("recommendation", sa.String(16)),
    _text("strengths"),
    _text("concerns"),
    _moment("opened_at"),
    _moment("due_at"),
    _moment("submitted_at", nullable=True),
    _text("reopen_reason"),
    sa.ForeignKeyConstraint(["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_review_rubric"),
    sa.UniqueConstraint("interview", "reviewer", name="uq_review_one_each"),
    sa.UniqueConstraint("id", "state", name="uq_review_state"),
    sa.CheckConstraint("state IN ('draft', 'submitted')", name="state"),
    sa.CheckConstraint("state = 'draft' OR (submitted_at IS NOT NULL AND recommendation IS NOT NULL)", name="whole"),
)

review_score = sa.Table(
    "review_score",
    metadata,
    sa.Column("review", sa.String(64), sa.ForeignKey("review.id"), primary_key=True),
    _id("competency"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("revealed_at", Moment),
    sa.Column("choice", sa.String(16)),
    sa.Column("score", sa.Integer),
    _text("reason"),
    _text("note"),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("opened_evidence", sa.Boolean, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("decided_at", Moment),
    _text("flag"),
    sa.UniqueConstraint("review", "competency", "score", name="uq_review_score_level"),
    _scale("score", "scale"),
)

first_score = sa.Table(
    "first_score",
    metadata,
    sa.Column("review", sa.String(64), sa.ForeignKey("review.id"), primary_key=True),
    _id("competency"),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("blind", sa.Boolean, nullable=False),
    _moment("at"),
    _scale("score", "scale"),
)

confirmed_score = sa.Table(
    "confirmed_score",
    metadata,
    _id("review"),
    _id("competency"),
    sa.Column("review_state", sa.String(16), nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("quotes", sa.Integer, nullable=False),
    sa.Column("has_note", sa.Boolean, nullable=False),
    sa.Column("quote_levels", sa.JSON, nullable=False),
    sa.ForeignKeyConstraint(["review", "review_state"], ["review.id", "review.state"], name="fk_confirmed_state"),
    sa.ForeignKeyConstraint(
        ["review", "competency", "level"],
        ["review_score.review", "review_score.competency", "review_score.score"],
        name="fk_confirmed_level",
    ),
    sa.CheckConstraint("review_state = 'submitted'", name="submitted"),
    _scale("level", "scale"),
    sa.CheckConstraint("quotes > 0 OR has_note", name="written_evidence"),
)

panel_outcome = sa.Table(
    "panel_outcome",
    metadata,
    _id(),
    _ref("candidate", "candidate.id"),
    _text("competency"),
    sa.Column("kind", sa.String(16), nullable=False),
    _text("reason"),
    _ref("author", "person.id"),
    _moment("at"),
)

hiring_decision = sa.Table(
    "hiring_decision",
    metadata,
    _id(),
    _ref("candidate", "candidate.id"),
    sa.Column("outcome", sa.String(16), nullable=False),
    _text("reason"),
    sa.Column("total", sa.String(16)),
    _ref("author", "person.id"),
    _moment("at"),
)

calibration_rating = sa.Table(
    "calibration_rating",
    metadata,
    _ref("rater", "person.id"),
    sa.Column("sample", sa.String(64), nullable=False),
    sa.Column("competency", sa.String(64), nullable=False),
    sa.Column("key", sa.Integer, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    _scale("level", "scale"),
    sa.PrimaryKeyConstraint("rater", "sample", "month"),
)

receipt = sa.Table("deletion_receipt", metadata, _id(), _moment("at"), _text("body"), _text("signature"))

# Bytes to be removed, noted in the transaction that removed their last row: a crash in between is made good on the
# next opening.
doomed_media = sa.Table("doomed_media", metadata, _id("sha256"))

secret = sa.Table("secret", metadata, _id("name"), _text("value"))

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    *map(_text, ("at", "actor", "action", "kind", "entity", "before", "after", "engines", "rubric", "code")),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
