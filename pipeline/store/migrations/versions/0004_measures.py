"""What lists and accuracy pages need of an analysis, beside it: draft levels, and who spoke how much about what."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables and fill them from the analyses that are there."""
    op.create_table(
        "draft_level",
        sa.Column("analysis", sa.String(length=64), nullable=False),
        sa.Column("competency", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.CheckConstraint("score IS NULL OR (score >= 1 AND score <= 5)", name=op.f("ck_draft_level_scale")),
        sa.ForeignKeyConstraint(["analysis"], ["analysis.id"], name=op.f("fk_draft_level_analysis")),
        sa.PrimaryKeyConstraint("analysis", "competency", name=op.f("pk_draft_level")),
    )
    op.create_table(
        "talk_measure",
        sa.Column("analysis", sa.String(length=64), nullable=False),
        sa.Column("interviewer_words", sa.Integer(), nullable=False),
        sa.Column("candidate_words", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["analysis"], ["analysis.id"], name=op.f("fk_talk_measure_analysis")),
        sa.PrimaryKeyConstraint("analysis", name=op.f("pk_talk_measure")),
    )
    bind = op.get_bind()
    for analysis in bind.execute(sa.text("SELECT id FROM analysis ORDER BY id")).scalars().all():
        body = json.loads(
            bind.execute(sa.text("SELECT body FROM analysis WHERE id = :a"), {"a": analysis}).scalar_one()
        )
        _fill(bind, analysis, body)


def _fill(bind: sa.Connection, analysis: str, body: dict[str, Any]) -> None:
    words = {"interviewer": 0, "candidate": 0}
    for turn in body["turns"]:
        if turn["role"] in words:
            words[turn["role"]] += len(turn["text"].split())
    asked = sorted({a["question"] for a in body["answers"] if not a["question"].startswith("free-")})
    bind.execute(
        sa.text("INSERT INTO talk_measure VALUES (:a, :i, :c, :q)"),
        {"a": analysis, "i": words["interviewer"], "c": words["candidate"], "q": json.dumps(asked)},
    )
    for draft in body["drafts"]:
        bind.execute(
            sa.text("INSERT INTO draft_level VALUES (:a, :c, :s, :v)"),
            {"a": analysis, "c": draft["competency"], "s": draft["score"], "v": draft["value"]},
        )
