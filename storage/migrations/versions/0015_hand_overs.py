"""Hand-overs of conversations to people, with their time-outs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIMES = ("later_at", "claimed_at", "touched_at", "ended_at", "due_at")


def upgrade() -> None:
    """Make the table, and a row for everybody who waits or is with a person now."""
    op.create_table(
        "hand_over",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=128), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _TIMES),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("timer", sa.String(length=16), nullable=True),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_hand_over_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_hand_over_open",
        "hand_over",
        ["conversation_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    for name in ("conversation_id", "due_at", "claimed_at"):
        op.create_index(f"ix_hand_over_{name}", "hand_over", [name], unique=False)
    # Why they were handed over is sealed in their events; the id of the conversation serves as the row's own.
    op.execute(
        "INSERT INTO hand_over (id, conversation_id, reason, state, asked_at, timer, due_at, epoch) "
        "SELECT id, id, 'customer_asked', owner, COALESCE(waiting_since, last_inbound_at, created_at), "
        "CASE owner WHEN 'waiting' THEN 'told' ELSE 'idle' END, "
        "COALESCE(waiting_since, last_inbound_at, created_at), epoch "
        "FROM conversation WHERE owner IN ('waiting', 'staff')"
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("hand_over")
