"""A member of staff may be bound to several branches, and what he asks to take out to all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Carry each branch over."""
    op.create_table(
        "staff_branch",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("branch_no", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_branch_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "branch_no", name=op.f("pk_staff_branch")),
    )
    op.execute("INSERT INTO staff_branch SELECT id, branch_no FROM staff WHERE branch_no IS NOT NULL")
    op.drop_column("staff", "branch_no")
    op.add_column("export_request", sa.Column("branches", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE export_request SET branches = branch_no WHERE branch_no IS NOT NULL")
    op.drop_column("export_request", "branch_no")


def downgrade() -> None:
    """One branch has room: of several the first, so that nobody sees more than before.

    A request for several then names none that there is.
    """
    op.add_column("export_request", sa.Column("branch_no", sa.String(length=16), nullable=True))
    op.execute("UPDATE export_request SET branch_no = substr(branches, 1, 16) WHERE branches <> ''")
    op.drop_column("export_request", "branches")
    op.add_column("staff", sa.Column("branch_no", sa.String(length=16), nullable=True))
    least = "SELECT min(branch_no) FROM staff_branch WHERE staff_id = staff.id"
    op.execute(f"UPDATE staff SET branch_no = ({least})")
    op.drop_table("staff_branch")
