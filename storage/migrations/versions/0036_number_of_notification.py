"""A telephone number that customers share: one call at a time, and when it was told last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_SENDING = sa.text("state = 'sending'")


def upgrade() -> None:
    """The digest of the number, and its indexes."""
    op.add_column("notification", sa.Column("number_digest", sa.LargeBinary(length=32), nullable=True))
    op.create_index("ix_notification_number", "notification", ["number_digest"], unique=False)
    op.create_index(
        "uq_notification_calling",
        "notification",
        ["number_digest"],
        unique=True,
        sqlite_where=_SENDING,
        postgresql_where=_SENDING,
    )


def downgrade() -> None:
    """As it was."""
    op.drop_index("uq_notification_calling", table_name="notification")
    op.drop_index("ix_notification_number", table_name="notification")
    op.drop_column("notification", "number_digest")
