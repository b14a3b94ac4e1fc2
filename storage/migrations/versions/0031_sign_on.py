"""Staff who sign in at the bank's identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; sessions that are there were begun here."""
    op.create_table(
        "staff_identity",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("identity_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_identity_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_identity")),
        sa.UniqueConstraint("identity_digest", name=op.f("uq_staff_identity_identity_digest")),
    )
    op.create_table(
        "sign_on_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("after", sa.String(length=255), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_request")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_sign_on_request_state_digest")),
    )
    op.create_index(op.f("ix_sign_on_request_expires_at"), "sign_on_request", ["expires_at"], unique=False)
    op.create_table(
        "spent_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_token")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_spent_token_token_digest")),
    )
    op.create_index(op.f("ix_spent_token_expires_at"), "spent_token", ["expires_at"], unique=False)
    op.add_column("staff_session", sa.Column("elsewhere_digest", sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f("ix_staff_session_elsewhere_digest"), "staff_session", ["elsewhere_digest"], unique=False)


def downgrade() -> None:
    """As it was; who came from the provider is signed out."""
    op.execute("DELETE FROM staff_session WHERE elsewhere_digest IS NOT NULL")
    op.drop_index(op.f("ix_staff_session_elsewhere_digest"), table_name="staff_session")
    op.drop_column("staff_session", "elsewhere_digest")
    op.drop_table("spent_token")
    op.drop_table("sign_on_request")
    op.drop_table("staff_identity")
