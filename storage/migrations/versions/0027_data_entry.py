"""Forms that staff enter from paper or from the telephone, and submissions that no conversation stands behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_MUST, _MAY = "conversation_id VARCHAR(36) NOT NULL", "conversation_id VARCHAR(36)"


def upgrade() -> None:
    """Let a submission be without a conversation, and make the table of what is entered."""
    _conversation_may_be_missing(True)
    op.create_table(
        "data_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("medium", sa.String(length=8), nullable=False),
        sa.Column("scan_no", sa.String(length=64), nullable=True),
        sa.Column("said_by", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("questionnaire_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("doubled", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opened_by", sa.String(length=36), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=36), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_by", sa.String(length=36), nullable=True),
        sa.Column("ended_by", sa.String(length=36), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_data_entry_case_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_data_entry_opened_by")),
        sa.ForeignKeyConstraint(["saved_by"], ["staff.id"], name=op.f("fk_data_entry_saved_by")),
        sa.ForeignKeyConstraint(["second_by"], ["staff.id"], name=op.f("fk_data_entry_second_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_data_entry_ended_by")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_data_entry_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_entry")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_data_entry_submission_id")),
    )
    op.create_index(op.f("ix_data_entry_case_id"), "data_entry", ["case_id"], unique=False)
    for name, column, where in (
        ("uq_data_entry_open", "case_id", "state IN ('first', 'second', 'compare')"),
        ("uq_data_entry_scan_no", "scan_no", "scan_no IS NOT NULL AND state != 'discarded'"),
    ):
        op.create_index(
            name, "data_entry", [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    """As it was; refused by the database while there are submissions without a conversation."""
    op.drop_table("data_entry")
    _conversation_may_be_missing(False)


def _conversation_may_be_missing(may: bool) -> None:
    conn = op.get_bind()
    if conn.dialect.name != "sqlite":
        op.alter_column("submission", "conversation_id", existing_type=sa.String(length=36), nullable=may)
        return
    # SQLite changes no column: the table is made anew, and what refers to it is looked at when all rows are back.
    master = "SELECT sql FROM sqlite_master WHERE tbl_name = 'submission' AND sql IS NOT NULL AND type = "
    table = conn.exec_driver_sql(f"{master}'table'").scalar_one()
    indexes = conn.exec_driver_sql(f"{master}'index'").scalars().all()
    table = table.replace(_MUST, _MAY) if may else table.replace(_MAY, _MUST)
    for statement in (
        "PRAGMA defer_foreign_keys=ON",
        "CREATE TABLE submission_before AS SELECT * FROM submission",
        "DROP TABLE submission",
        table,
        "INSERT INTO submission SELECT * FROM submission_before",
        "DROP TABLE submission_before",
        *indexes,
    ):
        conn.exec_driver_sql(statement)
