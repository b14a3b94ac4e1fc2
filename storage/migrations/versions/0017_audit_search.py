"""What auditors and supervisors look for: entries by what they are about, by deed and by person; how long people wait."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PAGE = 5000


def upgrade() -> None:
    """Make table and indexes, and find what is there already."""
    op.create_table(
        "audit_subject",
        sa.Column("subject_id", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_subject_entry_id")),
        sa.PrimaryKeyConstraint("subject_id", "entry_id", name=op.f("pk_audit_subject")),
    )
    op.create_index("ix_audit_entry_action", "audit_entry", ["action", "id"], unique=False)
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "id"], unique=False)
    op.add_column("hand_over", sa.Column("waited_seconds", sa.Integer(), autoincrement=False, nullable=True))
    figures = ["asked_at", "waited_seconds", "reason", "conversation_id"]
    op.create_index("ix_hand_over_figures", "hand_over", figures, unique=False)
    conn = op.get_bind()
    entry = sa.table("audit_entry", sa.column("id"), sa.column("subjects"))
    subject = sa.table("audit_subject", sa.column("subject_id"), sa.column("entry_id"))
    after = ""
    while rows := conn.execute(sa.select(entry).where(entry.c.id > after).order_by(entry.c.id).limit(_PAGE)).all():
        after = rows[-1].id
        found = [
            {"subject_id": one, "entry_id": row.id} for row in rows for one in set(json.loads(row.subjects).values())
        ]
        if found:
            conn.execute(sa.insert(subject), found)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_hand_over_figures", table_name="hand_over")
    op.drop_column("hand_over", "waited_seconds")
    op.drop_index("ix_audit_entry_actor", table_name="audit_entry")
    op.drop_index("ix_audit_entry_action", table_name="audit_entry")
    op.drop_table("audit_subject")
