"""Phrasings that wait for the next version of the FAQ."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and name in a decision the phrasing that came of it."""
    op.create_table(
        "faq_edit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("phrasing", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("faq_sha256", sa.String(length=64), nullable=True),
        sa.Column("published_by", sa.String(length=36), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_faq_edit_staff_id")),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name=op.f("fk_faq_edit_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_edit")),
    )
    waiting = sa.text("published_at IS NULL")
    op.create_index(
        "ix_faq_edit_waiting",
        "faq_edit",
        ["locale", "at"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.add_column("question_decision", sa.Column("edit_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("question_decision", "edit_id")
    op.drop_table("faq_edit")
