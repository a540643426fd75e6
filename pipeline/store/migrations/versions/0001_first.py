"""The first schema: openings, candidates, interviews, reviews, confirmed scores, panels, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = (("audit", "UPDATE"), ("audit", "DELETE"), ("first_score", "UPDATE"), ("analysis", "UPDATE"))
"""What may never be done to a table; a trigger refuses it."""


def upgrade() -> None:
    """Make the tables, the head of the audit log, and the triggers that keep history as it was."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("entity", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="", nullable=False),
        sa.Column("after", sa.Text(), server_default="", nullable=False),
        sa.Column("engines", sa.Text(), server_default="", nullable=False),
        sa.Column("rubric", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "deletion_receipt",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("signature", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_receipt")),
    )
    op.create_table(
        "doomed_media",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_doomed_media")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "rubric",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_rubric")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
    op.create_table(
        "calibration_rating",
        sa.Column("rater", sa.String(length=64), nullable=False),
        sa.Column("sample", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.CheckConstraint("level IS NULL OR (level >= 1 AND level <= 5)", name=op.f("ck_calibration_rating_scale")),
        sa.ForeignKeyConstraint(["rater"], ["person.id"], name=op.f("fk_calibration_rating_rater")),
        sa.PrimaryKeyConstraint("rater", "sample", "month", name=op.f("pk_calibration_rating")),
    )
    op.create_index(op.f("ix_calibration_rating_rater"), "calibration_rating", ["rater"], unique=False)
    op.create_table(
        "job_opening",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("rubric_id", sa.String(length=64), nullable=False),
        sa.Column("rubric_version", sa.String(length=64), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_job_opening_rubric"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_opening")),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audit_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job_opening.id"], name=op.f("fk_candidate_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    op.create_index(op.f("ix_candidate_job"), "candidate", ["job"], unique=False)
    op.create_table(
        "hiring_decision",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.String(length=16), nullable=True),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name=op.f("fk_hiring_decision_author")),
        sa.ForeignKeyConstraint(["candidate"], ["candidate.id"], name=op.f("fk_hiring_decision_candidate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hiring_decision")),
    )
    op.create_index(op.f("ix_hiring_decision_author"), "hiring_decision", ["author"], unique=False)
    op.create_index(op.f("ix_hiring_decision_candidate"), "hiring_decision", ["candidate"], unique=False)
    op.create_table(
        "interview",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Text(), server_default="", nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("recording", sa.String(length=64), nullable=True),
        sa.Column("analysis", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "analysis IS NULL OR consent = 'given'", name=op.f("ck_interview_no_analysis_without_consent")
        ),
        sa.CheckConstraint("consent IN ('given', 'refused', 'unknown')", name=op.f("ck_interview_consent")),
        sa.ForeignKeyConstraint(["candidate"], ["candidate.id"], name=op.f("fk_interview_candidate")),
        sa.ForeignKeyConstraint(["job"], ["job_opening.id"], name=op.f("fk_interview_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview")),
    )
    op.create_index(op.f("ix_interview_candidate"), "interview", ["candidate"], unique=False)
    op.create_index(op.f("ix_interview_job"), "interview", ["job"], unique=False)
    op.create_table(
        "panel_outcome",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name=op.f("fk_panel_outcome_author")),
        sa.ForeignKeyConstraint(["candidate"], ["candidate.id"], name=op.f("fk_panel_outcome_candidate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_outcome")),
    )
    op.create_index(op.f("ix_panel_outcome_author"), "panel_outcome", ["author"], unique=False)
    op.create_index(op.f("ix_panel_outcome_candidate"), "panel_outcome", ["candidate"], unique=False)
    op.create_table(
        "analysis",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_analysis_interview")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
        sa.UniqueConstraint("interview", "number", name="uq_analysis_number"),
    )
    op.create_index(op.f("ix_analysis_interview"), "analysis", ["interview"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name=op.f("fk_correction_author")),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_correction_interview")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("interview", "number", name="uq_correction_number"),
    )
    op.create_index(op.f("ix_correction_author"), "correction", ["author"], unique=False)
    op.create_index(op.f("ix_correction_interview"), "correction", ["interview"], unique=False)
    op.create_table(
        "rater",
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_rater_interview")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_rater_person")),
        sa.PrimaryKeyConstraint("interview", "person", name=op.f("pk_rater")),
    )
    op.create_index(op.f("ix_rater_person"), "rater", ["person"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rubric_id", sa.String(length=64), nullable=False),
        sa.Column("rubric_version", sa.String(length=64), nullable=False),
        sa.Column("rate_first", sa.Boolean(), nullable=False),
        sa.Column("analysis", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recommendation", sa.String(length=16), nullable=True),
        sa.Column("strengths", sa.Text(), server_default="", nullable=False),
        sa.Column("concerns", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopen_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state = 'draft' OR (submitted_at IS NOT NULL AND recommendation IS NOT NULL)", name=op.f("ck_review_whole")
        ),
        sa.CheckConstraint("state IN ('draft', 'submitted')", name=op.f("ck_review_state")),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_review_interview")),
        sa.ForeignKeyConstraint(["reviewer"], ["person.id"], name=op.f("fk_review_reviewer")),
        sa.ForeignKeyConstraint(
            ["rubric_id", "rubric_version"], ["rubric.id", "rubric.version"], name="fk_review_rubric"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("id", "state", name="uq_review_state"),
        sa.UniqueConstraint("interview", "reviewer", name="uq_review_one_each"),
    )
    op.create_index(op.f("ix_review_interview"), "review", ["interview"], unique=False)
    op.create_index(op.f("ix_review_reviewer"), "review", ["reviewer"], unique=False)
    op.create_table(
        "first_score",
        sa.Column("review", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score IS NULL OR (score >= 1 AND score <= 5)", name=op.f("ck_first_score_scale")),
        sa.ForeignKeyConstraint(["review"], ["review.id"], name=op.f("fk_first_score_review")),
        sa.PrimaryKeyConstraint("review", "competency", name=op.f("pk_first_score")),
    )
    op.create_table(
        "review_score",
        sa.Column("review", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("choice", sa.String(length=16), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("opened_evidence", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flag", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("score IS NULL OR (score >= 1 AND score <= 5)", name=op.f("ck_review_score_scale")),
        sa.ForeignKeyConstraint(["review"], ["review.id"], name=op.f("fk_review_score_review")),
        sa.PrimaryKeyConstraint("review", "competency", name=op.f("pk_review_score")),
        sa.UniqueConstraint("review", "competency", "score", name="uq_review_score_level"),
    )
    op.create_table(
        "stale_draft",
        sa.Column("analysis", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["analysis"], ["analysis.id"], name=op.f("fk_stale_draft_analysis")),
        sa.PrimaryKeyConstraint("analysis", "competency", name=op.f("pk_stale_draft")),
    )
    op.create_table(
        "confirmed_score",
        sa.Column("review", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("review_state", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("quotes", sa.Integer(), nullable=False),
        sa.Column("has_note", sa.Boolean(), nullable=False),
        sa.Column("quote_levels", sa.JSON(), nullable=False),
        sa.CheckConstraint("review_state = 'submitted'", name=op.f("ck_confirmed_score_submitted")),
        sa.CheckConstraint("level IS NULL OR (level >= 1 AND level <= 5)", name=op.f("ck_confirmed_score_scale")),
        sa.CheckConstraint("quotes > 0 OR has_note", name=op.f("ck_confirmed_score_written_evidence")),
        sa.ForeignKeyConstraint(
            ["review", "competency", "level"],
            ["review_score.review", "review_score.competency", "review_score.score"],
            name="fk_confirmed_level",
        ),
        sa.ForeignKeyConstraint(["review", "review_state"], ["review.id", "review.state"], name="fk_confirmed_state"),
        sa.PrimaryKeyConstraint("review", "competency", name=op.f("pk_confirmed_score")),
    )

    op.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '" + "0" * 64 + "')")
    for table, verb in FROZEN:
        if op.get_bind().dialect.name == "postgresql":
            _refuse_on_postgresql(table, verb)
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN "
                f" SELECT RAISE(ABORT, '{table} rows are kept as they were'); END"
            )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION debrief_refuse()"
        )


def _refuse_on_postgresql(table: str, verb: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION debrief_refuse() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION '% rows are kept as they were', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$ LANGUAGE plpgsql"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION debrief_refuse()"
    )
