"""What people write when they decide on a difference or move a case, and what held before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("difference_decision", sa.Column("before", sa.String(length=32), nullable=True))
    op.add_column("difference_decision", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("case_transition", sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("case_transition", "sealed")
    op.drop_column("difference_decision", "sealed")
    op.drop_column("difference_decision", "before")
