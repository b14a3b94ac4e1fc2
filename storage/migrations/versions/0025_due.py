"""Who is due: the cadence with its reasons, flags on customers, events that make a review due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what was imported before today made nothing due and does not now."""
    op.create_table(
        "review_cadence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("high", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("medium", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("low", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before_expiry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_cadence")),
    )
    op.create_table(
        "customer_flag",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=80), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_flag_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_flag")),
    )
    live = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_customer_flag_live",
        "customer_flag",
        ["customer_id", "kind"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_table(
        "trigger_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_trigger_event_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_trigger_event_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_event")),
        sa.UniqueConstraint(
            "customer_id", "kind", "happened_on", name=op.f("uq_trigger_event_customer_id_kind_happened_on")
        ),
    )
    op.execute("INSERT INTO counter (name, value) SELECT 'trigger.master', seq FROM master_current WHERE seq > 0")


def downgrade() -> None:
    """Take them away again."""
    op.execute("DELETE FROM counter WHERE name = 'trigger.master'")
    op.drop_table("trigger_event")
    op.drop_index("uq_customer_flag_live", table_name="customer_flag")
    op.drop_table("customer_flag")
    op.drop_table("review_cadence")
