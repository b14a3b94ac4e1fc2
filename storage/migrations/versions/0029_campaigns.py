"""Campaigns, the cases in them, and what was carried out for each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_LIVE = sa.text("left_at IS NULL")
_ON_ITS_WAY = sa.text("outgoing_id IS NOT NULL")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )
    op.create_table(
        "campaign_member",
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("rating", sa.String(length=16), nullable=False),
        sa.Column("wave", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("base_on", sa.Date(), nullable=True),
        sa.Column("next_step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.String(length=16), nullable=True),
        sa.Column("outgoing_id", sa.String(length=36), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_because", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_member_campaign_id")),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_campaign_member_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_campaign_member_customer_id")),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", name=op.f("pk_campaign_member")),
    )
    op.create_index(op.f("ix_campaign_member_customer_id"), "campaign_member", ["customer_id"], unique=False)
    op.create_index(
        "uq_campaign_member_live",
        "campaign_member",
        ["case_id"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    op.create_index(
        "ix_campaign_member_due",
        "campaign_member",
        ["campaign_id", "due_at", "case_id"],
        unique=False,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    op.create_index(
        "ix_campaign_member_sending",
        "campaign_member",
        ["outgoing_id"],
        unique=False,
        sqlite_where=_ON_ITS_WAY,
        postgresql_where=_ON_ITS_WAY,
    )
    op.create_table(
        "campaign_delivery",
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("step_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("outgoing_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_campaign_delivery_account_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_delivery_campaign_id")),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_campaign_delivery_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_campaign_delivery_customer_id")),
        sa.ForeignKeyConstraint(["outgoing_id"], ["outgoing_message.id"], name=op.f("fk_campaign_delivery_outgoing_id")),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", "step_no", "attempt", name=op.f("pk_campaign_delivery")),
    )
    op.create_index("ix_campaign_delivery_customer", "campaign_delivery", ["customer_id", "at"], unique=False)
    op.create_index("ix_campaign_delivery_account", "campaign_delivery", ["account_id", "at"], unique=False)
    op.create_index("ix_campaign_delivery_outgoing", "campaign_delivery", ["outgoing_id"], unique=True)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_campaign_delivery_outgoing", table_name="campaign_delivery")
    op.drop_index("ix_campaign_delivery_account", table_name="campaign_delivery")
    op.drop_index("ix_campaign_delivery_customer", table_name="campaign_delivery")
    op.drop_table("campaign_delivery")
    op.drop_index("ix_campaign_member_sending", table_name="campaign_member")
    op.drop_index("ix_campaign_member_due", table_name="campaign_member")
    op.drop_index("uq_campaign_member_live", table_name="campaign_member")
    op.drop_index(op.f("ix_campaign_member_customer_id"), table_name="campaign_member")
    op.drop_table("campaign_member")
    op.drop_table("campaign")
