"""The customers of a branch, found without walking through all of them."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_master_record_branch", "master_record", ["branch_no", "customer_id", "seq"], unique=False)


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_master_record_branch", table_name="master_record")
