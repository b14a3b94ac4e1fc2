"""Exports that are asked for, approved and kept for a while; how far each batch went and what it carried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, the column and the index by which the forms of an export are found."""
    op.add_column("export_batch", sa.Column("through", sa.Integer(), autoincrement=False, nullable=True))
    op.create_index("ix_submission_form", "submission", ["questionnaire_sha256", "completed_seq"], unique=False)
    op.create_index("ix_submission_case", "submission", ["case_id", "id"], unique=False)
    op.drop_index(op.f("ix_submission_case_id"), table_name="submission")
    op.create_index("ix_case_transition_case", "case_transition", ["case_id", "to_status"], unique=False)
    op.drop_index(op.f("ix_case_transition_case_id"), table_name="case_transition")
    op.create_table(
        "export_span",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("first", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["export_batch.id"], name=op.f("fk_export_span_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "first", name=op.f("pk_export_span")),
    )
    op.create_table(
        "export_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("query_sha256", sa.String(length=64), nullable=False),
        sa.Column("branch_no", sa.String(length=16), nullable=True),
        sa.Column("requested_by", sa.String(length=36), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("done_rows", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("total_rows", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("file_bytes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("unmappable", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["export_batch.id"], name=op.f("fk_export_request_batch_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_export_request_decided_by")),
        sa.ForeignKeyConstraint(["requested_by"], ["staff.id"], name=op.f("fk_export_request_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_request")),
    )
    waiting = sa.text("state IN ('asked', 'queued', 'running', 'ready')")
    op.create_index(
        "ix_export_request_open",
        "export_request",
        ["ends_at"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(op.f("ix_export_request_batch_id"), "export_request", ["batch_id"], unique=False)
    op.create_table(
        "export_part",
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name=op.f("fk_export_part_request_id")),
        sa.PrimaryKeyConstraint("request_id", "no", name=op.f("pk_export_part")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("export_part")
    op.drop_index(op.f("ix_export_request_batch_id"), table_name="export_request")
    op.drop_index("ix_export_request_open", table_name="export_request")
    op.drop_table("export_request")
    op.drop_table("export_span")
    op.create_index(op.f("ix_case_transition_case_id"), "case_transition", ["case_id"], unique=False)
    op.drop_index("ix_case_transition_case", table_name="case_transition")
    op.create_index(op.f("ix_submission_case_id"), "submission", ["case_id"], unique=False)
    op.drop_index("ix_submission_case", table_name="submission")
    op.drop_index("ix_submission_form", table_name="submission")
    op.drop_column("export_batch", "through")
