"""The monthly allowance of a platform."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the first question to a platform fills it."""
    op.create_table(
        "channel_quota",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("allowed", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("used", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alarm", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_quota")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("channel_quota")
