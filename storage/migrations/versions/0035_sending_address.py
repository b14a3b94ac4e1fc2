"""Where an export was sent to, so that it is not finished on another server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was on its way before, nobody knows."""
    op.add_column("export_sending", sa.Column("address_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """As it was."""
    op.drop_column("export_sending", "address_sha256")
