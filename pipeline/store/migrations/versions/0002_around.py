"""Around a review: credentials, sessions, tokens, links; uploads and work; full-text search; indexes for long lists."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the search index, and fill the index from the analyses that are there."""
    _tables()
    _indexes()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_search()
    else:
        _sqlite_search()
    _fill()


def _postgresql_search() -> None:
    # English word forms, and unlike "english" no word is too common to be searched for: "I was" is what people say.
    op.execute("CREATE TEXT SEARCH DICTIONARY debrief_stem (TEMPLATE = snowball, LANGUAGE = english)")
    op.execute("CREATE TEXT SEARCH CONFIGURATION debrief (COPY = english)")
    op.execute("ALTER TEXT SEARCH CONFIGURATION debrief ALTER MAPPING REPLACE english_stem WITH debrief_stem")
    op.execute("CREATE INDEX ix_search_turn_words ON search_turn USING gin (to_tsvector('debrief', text))")


def _sqlite_search() -> None:
    # The words stand in ``search_turn`` alone; the index refers to them, and triggers keep the two together.
    op.execute(
        "CREATE VIRTUAL TABLE turn_words USING fts5("
        "text, content='search_turn', content_rowid='id', tokenize='porter unicode61')"
    )
    gone = "INSERT INTO turn_words(turn_words, rowid, text) VALUES ('delete', old.id, old.text)"
    come = "INSERT INTO turn_words(rowid, text) VALUES (new.id, new.text)"
    for name, verb, what in (
        ("insert", "INSERT", come),
        ("delete", "DELETE", gone),
        ("update", "UPDATE", f"{gone}; {come}"),
    ):
        op.execute(f"CREATE TRIGGER search_turn_{name} AFTER {verb} ON search_turn BEGIN {what}; END")


def _fill() -> None:
    bind = op.get_bind()
    known = bind.execute(
        sa.text("SELECT i.id, a.body FROM interview i JOIN analysis a ON a.id = i.analysis ORDER BY i.held_at, i.id")
    )
    for interview, body in known.all():
        fixes = bind.execute(
            sa.text("SELECT body FROM correction WHERE interview = :i ORDER BY number"), {"i": interview}
        )
        made = [json.loads(fix) for fix in fixes.scalars()]
        words = {fix["turn"]: fix["text"] for fix in made if fix["kind"] == "words"}
        rows = [
            {"interview": interview, "turn": turn["t"], "role": turn["role"], "start": turn.get("start"),
             "question": turn.get("question"), "text": words.get(turn["t"], turn["text"])}
            for turn in json.loads(body)["turns"]
        ]  # fmt: skip
        if rows:
            bind.execute(
                sa.text(
                    "INSERT INTO search_turn (interview, turn, role, start, question, text) "
                    "VALUES (:interview, :turn, :role, :start, :question, :text)"
                ),
                rows,
            )


def _tables() -> None:
    op.create_table(
        "sign_in_try",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    op.create_index("ix_sign_in_try_key_at", "sign_in_try", ["key", "at"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_api_token_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
    )
    op.create_index(op.f("ix_api_token_person"), "api_token", ["person"], unique=False)
    op.create_table(
        "credential",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_credential_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_credential")),
    )
    op.create_table(
        "one_time_link",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_one_time_link_person")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_one_time_link")),
    )
    op.create_index(op.f("ix_one_time_link_person"), "one_time_link", ["person"], unique=False)
    op.create_table(
        "session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_session_person")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_person"), "session", ["person"], unique=False)
    op.create_table(
        "search_turn",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Float(), nullable=True),
        sa.Column("question", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_search_turn_interview")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_turn")),
    )
    op.create_index(op.f("ix_search_turn_interview"), "search_turn", ["interview"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("interview", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'complete' OR (sha256 IS NOT NULL AND received = size)", name=op.f("ck_upload_whole")
        ),
        sa.CheckConstraint("state IN ('receiving', 'complete', 'failed')", name=op.f("ck_upload_state")),
        sa.CheckConstraint("received >= 0 AND received <= size", name=op.f("ck_upload_received")),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_upload_interview")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_upload_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_interview"), "upload", ["interview"], unique=False)
    op.create_index(op.f("ix_upload_person"), "upload", ["person"], unique=False)
    op.create_index(op.f("ix_upload_sha256"), "upload", ["sha256"], unique=False)
    op.create_table(
        "work",
        sa.Column("interview", sa.String(length=64), nullable=False),
        sa.Column("workflow", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=True),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("seconds_left", sa.Float(), nullable=True),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("remedy", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_work_state")
        ),
        sa.CheckConstraint("share >= 0 AND share <= 1", name=op.f("ck_work_share")),
        sa.ForeignKeyConstraint(["interview"], ["interview.id"], name=op.f("fk_work_interview")),
        sa.PrimaryKeyConstraint("interview", name=op.f("pk_work")),
    )
    op.create_index(op.f("ix_work_state"), "work", ["state"], unique=False)
    op.create_index(op.f("ix_work_workflow"), "work", ["workflow"], unique=False)


def _indexes() -> None:
    op.create_index("ix_audit_action", "audit", ["action", "seq"], unique=False)
    op.create_index("ix_audit_entity", "audit", ["entity"], unique=False)
    op.create_index("ix_interview_job_held_at", "interview", ["job", "held_at", "id"], unique=False)
    op.create_index("ix_interview_recording", "interview", ["recording"], unique=False)
