"""A rubric as a person wrote it, beside what it says: comments are not lost."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for versions that are there."""
    op.add_column("rubric", sa.Column("written", sa.Text(), nullable=False, server_default=""))
