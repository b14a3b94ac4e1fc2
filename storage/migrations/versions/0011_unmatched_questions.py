"""Decisions about questions that were not understood, and which FAQ version came from a file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, the index by which the questions are found, and the mark."""
    op.create_table(
        "question_decision",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("faq_sha256", sa.String(length=64), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_question_decision_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_question_decision_staff_id")),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_question_decision")),
    )
    unmatched = sa.text("kind = 'not_understood'")
    op.create_index(
        "ix_conversation_event_unmatched",
        "conversation_event",
        ["at"],
        unique=False,
        sqlite_where=unmatched,
        postgresql_where=unmatched,
    )
    op.add_column("live_content", sa.Column("file_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("live_content", "file_sha256")
    op.drop_index("ix_conversation_event_unmatched", table_name="conversation_event")
    op.drop_table("question_decision")
