"""Logins at the bank's page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bank_login",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("nonce_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_bank_login_customer_id")),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_bank_login_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_login")),
        sa.UniqueConstraint("nonce_digest", name=op.f("uq_bank_login_nonce_digest")),
    )
    op.create_index(op.f("ix_bank_login_expires_at"), "bank_login", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bank_login")
