"""What resampling gave of each candidate, kept until their reviews change."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: a comparison fills it."""
    op.create_table(
        "kept_total",
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["candidate"], ["candidate.id"], name=op.f("fk_kept_total_candidate")),
        sa.PrimaryKeyConstraint("candidate", name=op.f("pk_kept_total")),
    )
