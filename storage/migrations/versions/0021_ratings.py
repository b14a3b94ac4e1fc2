"""Proposed changes of a customer's risk rating, and what people decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rating_proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_rating_proposal_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_proposal")),
        sa.UniqueConstraint("case_id", "rule", name="uq_rating_proposal_rule"),
    )
    op.create_index(op.f("ix_rating_proposal_case_id"), "rating_proposal", ["case_id"], unique=False)
    op.create_table(
        "rating_decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["rating_proposal.id"], name=op.f("fk_rating_decision_proposal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_decision")),
    )
    op.create_index(op.f("ix_rating_decision_proposal_id"), "rating_decision", ["proposal_id"], unique=False)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(op.f("ix_rating_decision_proposal_id"), table_name="rating_decision")
    op.drop_table("rating_decision")
    op.drop_index(op.f("ix_rating_proposal_case_id"), table_name="rating_proposal")
    op.drop_table("rating_proposal")
