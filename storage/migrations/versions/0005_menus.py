"""The menus beside the chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Make both tables; the accounts that are there are marked when menus are first made."""
    op.create_table(
        "channel_menu",
        sa.Column("menu_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("menu_id", name=op.f("pk_channel_menu")),
    )
    op.create_table(
        "account_menu",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("shown", sa.String(length=64), nullable=False),
        sa.Column("touched", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_account_menu_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_menu")),
    )
    op.create_index(
        "ix_account_menu_due", "account_menu", ["due_at"], unique=False, sqlite_where=_DUE, postgresql_where=_DUE
    )
    op.create_index("ix_account_menu_shown", "account_menu", ["shown"], unique=False)


def downgrade() -> None:
    """Take both away; the platform keeps showing what it shows."""
    op.drop_table("account_menu")
    op.drop_table("channel_menu")
