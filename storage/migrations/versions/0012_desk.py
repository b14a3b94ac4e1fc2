"""Who of the staff has seen a conversation and is there, what is put off, and the lists of the console."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_LISTS = {
    "ix_conversation_with_bot": sa.text("owner = 'bot' AND closed_at IS NULL"),
    "ix_conversation_over": sa.text("closed_at IS NOT NULL"),
}


def upgrade() -> None:
    """Make the three tables and the indexes by which the long lists are read."""
    op.create_table(
        "conversation_visit",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("here_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("typing_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_visit_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_visit_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "conversation_id", name=op.f("pk_conversation_visit")),
    )
    op.create_index(
        op.f("ix_conversation_visit_conversation_id"), "conversation_visit", ["conversation_id"], unique=False
    )
    op.create_table(
        "conversation_snooze",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_snooze_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_snooze_staff_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversation_snooze")),
    )
    op.create_table(
        "conversation_bar",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_bar_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_bar_staff_id")),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name=op.f("pk_conversation_bar")),
    )
    for name, where in _LISTS.items():
        op.create_index(
            name, "conversation", ["last_inbound_at"], unique=False, sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    """Take them away again."""
    for name in reversed(_LISTS):
        op.drop_index(name, table_name="conversation")
    op.drop_table("conversation_bar")
    op.drop_table("conversation_snooze")
    op.drop_index(op.f("ix_conversation_visit_conversation_id"), table_name="conversation_visit")
    op.drop_table("conversation_visit")
