"""The tables. What must never happen is a constraint here, not only a check in code.

A ``confirmed_score`` row can only exist beside a submitted review and an equal score in it (two composite foreign
keys). ``first_score``,
``analysis`` and ``audit`` rows cannot be updated, ``audit`` rows not deleted either (triggers, made by the migrations).
"""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.store.columns import Moment, identity, moment, ref, scale, text
from pipeline.store.columns import metadata as metadata
from pipeline.store.tables_around import api_token as api_token
from pipeline.store.tables_around import credential as credential
from pipeline.store.tables_around import draft_level as draft_level
from pipeline.store.tables_around import kept_total as kept_total
from pipeline.store.tables_around import one_time_link as one_time_link
from pipeline.store.tables_around import search_turn as search_turn
from pipeline.store.tables_around import session as session
from pipeline.store.tables_around import sign_in_try as sign_in_try
from pipeline.store.tables_around import talk_measure as talk_measure
from pipeline.store.tables_around import upload as upload
from pipeline.store.tables_around import work as work

user = sa.Table(
    "person",
    metadata,
    identity(),
    text("name"),
    sa.Column("email", sa.String(320), nullable=False, unique=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
)

rubric = sa.Table(
    "rubric",
    metadata,
    identity(),
    identity("version"),
    text("body"),
    moment("created_at", nullable=True),
    sa.Column("author", sa.String(64)),
    text("written"),  # as a person typed it, comments and all; empty where it came otherwise
)

job = sa.Table(
    "job_opening",
    metadata,
    identity(),
    text("title"),
    sa.Column("rubric_id", sa.String(64), nullable=False),
    sa.Column("rubric_version", sa.String(64), nullable=False),
    sa.Column("keep_days", sa.Integer),
    moment("created_at"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(
        ["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_job_opening_rubric"
    ),
)

candidate = sa.Table(
    "candidate",
    metadata,
    identity(),
    ref("job", "job_opening.id"),
    text("name"),
    text("email"),
    moment("created_at"),
    # The key of this candidate's audit digests. It goes with the candidate, and then no digest can be traced back to
    # what was said.
    sa.Column("audit_key", sa.String(64), nullable=False),
)

interview = sa.Table(
    "interview",
    metadata,
    identity(),
    ref("candidate", "candidate.id"),
    ref("job", "job_opening.id"),
    text("round"),
    moment("held_at"),
    moment("ended_at"),
    sa.Column("consent", sa.String(16), nullable=False),
    sa.Column("covers", sa.JSON, nullable=False),
    sa.Column("recording", sa.String(64)),
    sa.Column("analysis", sa.String(64)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.CheckConstraint("consent IN ('given', 'refused', 'unknown')", name="consent"),
    sa.CheckConstraint("analysis IS NULL OR consent = 'given'", name="no_analysis_without_consent"),
    sa.Index("ix_interview_job_held_at", "job", "held_at", "id"),
    sa.Index("ix_interview_recording", "recording"),
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
    identity(),
    ref("interview", "interview.id"),
    sa.Column("number", sa.Integer, nullable=False),
    text("body"),
    moment("created_at"),
    sa.UniqueConstraint("interview", "number", name="uq_analysis_number"),
)

stale_draft = sa.Table(
    "stale_draft",
    metadata,
    sa.Column("analysis", sa.String(64), sa.ForeignKey("analysis.id"), primary_key=True),
    identity("competency"),
    text("reason"),
)

correction = sa.Table(
    "correction",
    metadata,
    identity(),
    ref("interview", "interview.id"),
    sa.Column("number", sa.Integer, nullable=False),
    text("body"),
    ref("author", "person.id"),
    moment("at"),
    sa.UniqueConstraint("interview", "number", name="uq_correction_number"),
)

review = sa.Table(
    "review",
    metadata,
    identity(),
    ref("interview", "interview.id"),
    ref("reviewer", "person.id"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("rubric_id", sa.String(64), nullable=False),
    sa.Column("rubric_version", sa.String(64), nullable=False),
    sa.Column("rate_first", sa.Boolean, nullable=False),
    sa.Column("analysis", sa.String(64)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("recommendation", sa.String(16)),
    text("strengths"),
    text("concerns"),
    moment("opened_at"),
    moment("due_at"),
    moment("submitted_at", nullable=True),
    text("reopen_reason"),
    sa.ForeignKeyConstraint(["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_review_rubric"),
    sa.Index("ix_review_rubric", "rubric_id", "rubric_version"),
    sa.UniqueConstraint("interview", "reviewer", name="uq_review_one_each"),
    sa.UniqueConstraint("id", "state", name="uq_review_state"),
    sa.CheckConstraint("state IN ('draft', 'submitted')", name="state"),
    sa.CheckConstraint("state = 'draft' OR (submitted_at IS NOT NULL AND recommendation IS NOT NULL)", name="whole"),
)

review_score = sa.Table(
    "review_score",
    metadata,
    sa.Column("review", sa.String(64), sa.ForeignKey("review.id"), primary_key=True),
    identity("competency"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("revealed_at", Moment),
    sa.Column("choice", sa.String(16)),
    sa.Column("score", sa.Integer),
    text("reason"),
    text("note"),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("opened_evidence", sa.Boolean, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("decided_at", Moment),
    text("flag"),
    sa.UniqueConstraint("review", "competency", "score", name="uq_review_score_level"),
    scale("score", "scale"),
)

first_score = sa.Table(
    "first_score",
    metadata,
    sa.Column("review", sa.String(64), sa.ForeignKey("review.id"), primary_key=True),
    identity("competency"),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("blind", sa.Boolean, nullable=False),
    moment("at"),
    scale("score", "scale"),
)

confirmed_score = sa.Table(
    "confirmed_score",
    metadata,
    identity("review"),
    identity("competency"),
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
    scale("level", "scale"),
    sa.CheckConstraint("quotes > 0 OR has_note", name="written_evidence"),
)

panel_outcome = sa.Table(
    "panel_outcome",
    metadata,
    identity(),
    ref("candidate", "candidate.id"),
    text("competency"),
    sa.Column("kind", sa.String(16), nullable=False),
    text("reason"),
    ref("author", "person.id"),
    moment("at"),
)

hiring_decision = sa.Table(
    "hiring_decision",
    metadata,
    identity(),
    ref("candidate", "candidate.id"),
    sa.Column("outcome", sa.String(16), nullable=False),
    text("reason"),
    sa.Column("total", sa.String(16)),
    ref("author", "person.id"),
    moment("at"),
)

calibration_rating = sa.Table(
    "calibration_rating",
    metadata,
    ref("rater", "person.id"),
    sa.Column("sample", sa.String(64), nullable=False),
    sa.Column("competency", sa.String(64), nullable=False),
    sa.Column("key", sa.Integer, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    scale("level", "scale"),
    sa.PrimaryKeyConstraint("rater", "sample", "month"),
)

receipt = sa.Table("deletion_receipt", metadata, identity(), moment("at"), text("body"), text("signature"))

# Bytes to be removed, noted in the transaction that removed their last row: a crash in between is made good on the
# next opening.
doomed_media = sa.Table("doomed_media", metadata, identity("sha256"))

secret = sa.Table("secret", metadata, identity("name"), text("value"))

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    *map(text, ("at", "actor", "action", "kind", "entity", "before", "after", "engines", "rubric", "code")),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("ix_audit_entity", "entity"),
    sa.Index("ix_audit_action", "action", "seq"),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
