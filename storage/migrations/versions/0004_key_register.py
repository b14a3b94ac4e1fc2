"""The register of keys under which something was sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the first opening of the store fills it from what the sealed values name."""
    op.create_table(
        "encryption_key",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("proof", sa.LargeBinary(length=32), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pass_table", sa.String(length=64), nullable=True),
        sa.Column("pass_after", sa.String(length=200), nullable=True),
        sa.Column("pass_found", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_encryption_key")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("encryption_key")
