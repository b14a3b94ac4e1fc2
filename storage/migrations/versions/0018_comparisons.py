"""With which record and comparators a submission was compared, and until when the customer is asked once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INDEX = "ix_submission_ask_until"


def upgrade() -> None:
    """Add the columns, and the index by which those who are asked are found."""
    op.add_column("submission", sa.Column("master_seq", sa.Integer(), autoincrement=False, nullable=True))
    op.add_column("submission", sa.Column("comparator_version", sa.String(length=32), nullable=True))
    op.add_column("submission", sa.Column("ask_until", sa.DateTime(timezone=True), nullable=True))
    asked = sa.text("ask_until IS NOT NULL")
    op.create_index(_INDEX, "submission", ["ask_until"], unique=False, sqlite_where=asked, postgresql_where=asked)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(_INDEX, table_name="submission")
    for column in ("ask_until", "comparator_version", "master_seq"):
        op.drop_column("submission", column)
