"""Versions of datasets, and what the texts of a dataset and of a model went through.

What a dataset held until now becomes its first version.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_versions",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("recipe", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("parent_dataset_id", sa.Text(), nullable=False),
        sa.Column("parent_number", sa.BigInteger(), nullable=True),
        sa.Column("normaliser", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "number"),
    )
    op.create_index("dataset_versions_by_content", "dataset_versions", ["sha256"], unique=False)
    op.create_index("dataset_versions_by_job", "dataset_versions", ["job_id"], unique=False)
    for name in ("version", "numbered"):
        op.add_column(
            "datasets", sa.Column(name, sa.BigInteger(), server_default="1", nullable=False)
        )
    op.add_column("datasets", sa.Column("parent_id", sa.Text(), server_default="", nullable=False))
    op.add_column("datasets", sa.Column("normaliser", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("models", sa.Column("normaliser", sa.JSON(none_as_null=True), nullable=True))
    op.execute(
        "INSERT INTO dataset_versions (dataset_id, number, sha256, path, bytes, shape, report, "
        "recipe, parent_dataset_id, parent_number, normaliser, note, job_id, created) "
        "SELECT id, 1, sha256, path, bytes, shape, report, '[]', '', NULL, NULL, '', NULL, created "
        "FROM datasets"
    )


def downgrade() -> None:
    op.drop_column("models", "normaliser")
    op.drop_column("datasets", "normaliser")
    op.drop_column("datasets", "parent_id")
    op.drop_column("datasets", "numbered")
    op.drop_column("datasets", "version")
    op.drop_table("dataset_versions")
