"""The branch of a hand-over stands in the index from which the figures of a day are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEX, _FIRST = "ix_hand_over_figures", ["asked_at", "waited_seconds", "reason"]


def upgrade() -> None:
    """Add the column, empty for what is there already, and make the index anew."""
    op.drop_index(_INDEX, table_name="hand_over")
    op.add_column("hand_over", sa.Column("branch_no", sa.String(length=16), nullable=True))
    op.create_index(_INDEX, "hand_over", [*_FIRST, "branch_no"], unique=False)


def downgrade() -> None:
    """The index as it was."""
    op.drop_index(_INDEX, table_name="hand_over")
    op.drop_column("hand_over", "branch_no")
    op.create_index(_INDEX, "hand_over", [*_FIRST, "conversation_id"], unique=False)
