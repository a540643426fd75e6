"""When a rubric version came in, and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns, empty for versions that are there, and an index for the reviews of a version."""
    op.add_column("rubric", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rubric", sa.Column("author", sa.String(length=64), nullable=True))
    op.create_index("ix_review_rubric", "review", ["rubric_id", "rubric_version"])
