"""What campaigns sent is counted by the day."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index, nothing else."""
    op.create_index("ix_campaign_delivery_when", "campaign_delivery", ["at"], unique=False)


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_campaign_delivery_when", table_name="campaign_delivery")
