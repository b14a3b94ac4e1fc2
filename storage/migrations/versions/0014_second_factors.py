"""Second factors of staff, and whether a session was opened with one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the mark; sessions that are open go on as they are."""
    op.create_table(
        "staff_factor",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_factor_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_factor")),
    )
    op.add_column("staff_session", sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("staff_session", "factor_at")
    op.drop_table("staff_factor")
