"""The tables around a review: how people come in, what they upload, what is being worked on, and the words to search."""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.store.columns import Moment, identity, metadata, moment, ref, scale, text

# How people come in. The database sees hashes alone: of passwords (argon2, made by the web), and sha256 of tokens and links.
credential = sa.Table(
    "credential",
    metadata,
    sa.Column("person", sa.String(64), sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    moment("changed_at"),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    ref("person", "person.id"),
    moment("created_at"),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)

api_token = sa.Table(
    "api_token",
    metadata,
    identity(),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    ref("person", "person.id"),
    text("name"),
    sa.Column("scopes", sa.JSON, nullable=False),
    moment("created_at"),
    moment("last_used_at", nullable=True),
)

one_time_link = sa.Table(
    "one_time_link",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    ref("person", "person.id"),
    sa.Column("purpose", sa.String(16), nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
)

# ``key`` is a hash of what is throttled: an address, an account, or both.
sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    identity(),
    sa.Column("key", sa.String(64), nullable=False),
    moment("at"),
    sa.Column("succeeded", sa.Boolean, nullable=False),
    sa.Index("ix_sign_in_try_key_at", "key", "at"),
)

upload = sa.Table(
    "upload",
    metadata,
    identity(),
    ref("person", "person.id"),
    ref("interview", "interview.id", nullable=True),
    text("name"),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), index=True),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    text("cause"),
    moment("created_at"),
    moment("updated_at"),
    sa.CheckConstraint("state IN ('receiving', 'complete', 'failed')", name="state"),
    sa.CheckConstraint("received >= 0 AND received <= size", name="received"),
    sa.CheckConstraint("state <> 'complete' OR (sha256 IS NOT NULL AND received = size)", name="whole"),
)

# What the workflow of an interview is doing, for pages; the workflow's own state is the engine's.
work = sa.Table(
    "work",
    metadata,
    sa.Column("interview", sa.String(64), sa.ForeignKey("interview.id"), primary_key=True),
    sa.Column("workflow", sa.String(255), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("stage", sa.String(16)),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("seconds_left", sa.Float),
    text("cause"),
    text("remedy"),
    sa.Column("attempts", sa.Integer, nullable=False),
    moment("updated_at"),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
    sa.CheckConstraint("share >= 0 AND share <= 1", name="share"),
)

# The turns of each interview's newest analysis as corrected, for full-text search. SQLite's index beside it
# (``turn_words``, FTS5) and PostgreSQL's (``ix_search_turn_words``) are made by the migration.
search_turn = sa.Table(
    "search_turn",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    ref("interview", "interview.id"),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("start", sa.Float),
    sa.Column("question", sa.String(64)),
    text("text"),
)

# Numbers of each analysis beside it, so that lists and accuracy need not load transcripts.
draft_level = sa.Table(
    "draft_level",
    metadata,
    sa.Column("analysis", sa.String(64), sa.ForeignKey("analysis.id"), primary_key=True),
    identity("competency"),
    sa.Column("score", sa.Integer),
    sa.Column("value", sa.Float),
    scale("score", "scale"),
)

talk_measure = sa.Table(
    "talk_measure",
    metadata,
    sa.Column("analysis", sa.String(64), sa.ForeignKey("analysis.id"), primary_key=True),
    sa.Column("interviewer_words", sa.Integer, nullable=False),
    sa.Column("candidate_words", sa.Integer, nullable=False),
    sa.Column("asked", sa.JSON, nullable=False),
)

# What resampling gave of a candidate's confirmed total, in cents of a level, until what it rests on changes: comparisons of hundreds
# need not draw everyone again. Numbers only.
kept_total = sa.Table(
    "kept_total",
    metadata,
    sa.Column("candidate", sa.String(64), sa.ForeignKey("candidate.id"), primary_key=True),
    sa.Column("basis", sa.String(64), nullable=False),
    sa.Column("total", sa.Integer),
    sa.Column("low", sa.Integer),
    sa.Column("high", sa.Integer),
    sa.Column("counts", sa.LargeBinary, nullable=False),
)
