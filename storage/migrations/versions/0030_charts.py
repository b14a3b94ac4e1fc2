"""What the charts count stands in clear and in an index: the question of an event, when a case moved, a verdict."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COUNTS = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    """Events from now on name their question; what is there already stays without."""
    op.add_column("conversation_event", sa.Column("question", sa.String(length=128), nullable=True))
    op.create_index("ix_case_transition_when", "case_transition", ["to_status", "at", "case_id"], unique=False)
    op.create_index("ix_submission_submitted_at", "submission", ["submitted_at", "customer_id"], unique=False)
    op.create_index(
        "ix_difference_verdicts",
        "difference",
        ["created_at", "field", "verdict", "case_id"],
        unique=False,
        sqlite_where=_COUNTS,
        postgresql_where=_COUNTS,
    )


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_difference_verdicts", table_name="difference")
    op.drop_index("ix_submission_submitted_at", table_name="submission")
    op.drop_index("ix_case_transition_when", table_name="case_transition")
    op.drop_column("conversation_event", "question")
