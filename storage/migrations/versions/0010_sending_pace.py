"""The budgets of calls that all senders share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a row comes with the first call."""
    op.create_table(
        "sending_pace",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("paid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.String(length=36), nullable=True),
        sa.Column("refused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sending_pace")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("sending_pace")
