"""Tries to reach a customer outside the chat, and the reminders that promises set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contact_try",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("best_time", sa.String(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_contact_try_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_try")),
    )
    op.create_index("ix_contact_try_case", "contact_try", ["case_id", "channel", "result"], unique=False)
    op.create_table(
        "answer_promise",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("try_id", sa.String(length=36), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_answer_promise_case_id")),
        sa.ForeignKeyConstraint(["try_id"], ["contact_try.id"], name=op.f("fk_answer_promise_try_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_answer_promise")),
    )
    op.create_index(
        "ix_answer_promise_due",
        "answer_promise",
        ["remind_at"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("answer_promise")
    op.drop_table("contact_try")
