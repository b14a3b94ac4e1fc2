"""Pictures that customers sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")
_HELD = sa.text("state IN ('waiting', 'kept')")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "received_image",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("width", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("height", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["content.id"], name=op.f("fk_received_image_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_received_image_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_image")),
    )
    op.create_index("ix_received_image_conversation", "received_image", ["conversation_id", "received_at"])
    op.create_index(
        "ix_received_image_due", "received_image", ["due_at", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_index(
        "ix_received_image_held", "received_image", ["received_at", "id"], sqlite_where=_HELD, postgresql_where=_HELD
    )


def downgrade() -> None:
    """Remove it, with its indexes."""
    op.drop_table("received_image")
