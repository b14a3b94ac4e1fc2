"""By what reviewers look things up: how the same was decided before, and what they decided today."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    decided = sa.text("decision IS NOT NULL")
    op.create_index(
        "ix_difference_decided",
        "difference",
        ["field", "verdict", "decided_at"],
        unique=False,
        sqlite_where=decided,
        postgresql_where=decided,
    )
    op.create_index("ix_difference_decision_by", "difference_decision", ["decided_by", "decided_at"], unique=False)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_difference_decision_by", table_name="difference_decision")
    op.drop_index("ix_difference_decided", table_name="difference")
