"""What a channel that can change messages needs: which question stands in the chat, and what takes its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing_message", sa.Column("token", sa.String(length=32), nullable=True))
    op.add_column("outgoing_message", sa.Column("replaces", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.drop_column("outgoing_message", "replaces")
    op.drop_column("outgoing_message", "token")
