"""A registry of models: versions, where each came from, notes and tags.

What a model was until now becomes its first version; what is still known of its making (the job
that trained it, the place in a Hub cache that it lies in) is written down.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)
_SNAPSHOT = re.compile(r".*[/\\]models--([^/\\]+)[/\\]snapshots[/\\]([^/\\]+)$")
#: Columns that a version and the model's own row have in common, and that were there before.
_COMMON = (
    "source", "path", "architecture", "parameters", "bytes", "vocabulary", "context_length",
    "license", "job_id", "figures", "normaliser", "created",
)  # fmt: skip


def upgrade() -> None:
    _tables()
    _first_versions()


def _tables() -> None:
    op.create_table(
        "model_versions",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("architecture", sa.Text(), nullable=False),
        sa.Column("model_type", sa.Text(), nullable=False),
        sa.Column("dtype", sa.Text(), nullable=False),
        sa.Column("parameters", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("vocabulary", sa.BigInteger(), nullable=False),
        sa.Column("context_length", sa.BigInteger(), nullable=False),
        sa.Column("license", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("figures", _JSON, nullable=False),
        sa.Column("normaliser", _JSON, nullable=True),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("parent_version", sa.BigInteger(), nullable=True),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("dataset_version", sa.BigInteger(), nullable=True),
        sa.Column("repo_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("names", _JSON, nullable=False),
        sa.Column("fertility", _JSON, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", "number"),
    )
    for name, column in (
        ("model_versions_by_path", "path"),
        ("model_versions_by_job", "job_id"),
        ("model_versions_by_parent", "parent_id"),
        ("model_versions_by_dataset", "dataset_id"),
    ):
        op.create_index(name, "model_versions", [column], unique=False)
    for name in ("model_type", "dtype", "parent_id", "dataset_id", "repo_id", "revision", "notes"):
        op.add_column("models", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("models", sa.Column("dataset_version", sa.BigInteger(), nullable=True))
    for name in ("version", "numbered"):
        op.add_column(
            "models", sa.Column(name, sa.BigInteger(), server_default="1", nullable=False)
        )
    for name in ("earlier", "tags"):
        op.add_column("models", sa.Column(name, _JSON, server_default="[]", nullable=False))
    op.create_index("models_by_repository", "models", ["user_id", "repo_id"], unique=False)


def _first_versions() -> None:
    connection = op.get_bind()
    new = ("parent_id", "dataset_id", "dataset_version", "repo_id", "revision")
    documents = {"figures", "normaliser", "names", "inputs", "fertility"}
    moments = {"created": sa.DateTime(timezone=True)}

    def table(name: str, columns: tuple[str, ...]) -> sa.TableClause:
        typed = [
            sa.column(column, _JSON if column in documents else moments.get(column))
            for column in columns
        ]
        return sa.table(name, *typed)

    models = table("models", ("id", *_COMMON, *new))
    jobs = table("jobs", ("id", "name", "recipe", "inputs"))
    own = ("model_id", "number", "model_type", "dtype", "parent_version", "names", "note")
    versions = table("model_versions", (*own, *_COMMON, *new))
    made = {row.id: row for row in connection.execute(sa.select(jobs))}
    for model in connection.execute(sa.select(models)).all():
        before = {name: getattr(model, name) for name in _COMMON}
        origin, names = _origin(before, made.get(model.job_id))
        connection.execute(models.update().where(models.c.id == model.id).values(**origin))
        more = {"model_type": "", "dtype": "", "parent_version": None, "names": names, "note": ""}
        connection.execute(
            versions.insert().values(model_id=model.id, number=1, **before, **origin, **more)
        )


def _origin(model: dict[str, Any], job: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Where a model came from, and what that was called."""
    origin: dict[str, Any] = {
        "parent_id": "",
        "dataset_id": "",
        "dataset_version": None,
        "repo_id": "",
        "revision": "",
    }
    found = _SNAPSHOT.match(model["path"])
    if found:
        origin |= {"repo_id": found[1].replace("--", "/", 1), "revision": found[2]}
    if job is None:
        return origin, {}
    inputs = job.inputs or {}
    origin |= {
        "parent_id": inputs.get("model_id") or "",
        "dataset_id": inputs.get("dataset_id") or "",
        "dataset_version": inputs.get("dataset_version"),
    }
    names = {
        "job": job.name,
        "recipe": job.recipe,
        "parent": inputs.get("model_name") or "",
        "dataset": inputs.get("dataset_name") or "",
    }
    return origin, names


def downgrade() -> None:
    op.drop_index("models_by_repository", "models")
    for name in (
        "tags", "earlier", "numbered", "version", "dataset_version", "notes", "revision",
        "repo_id", "dataset_id", "parent_id", "dtype", "model_type",
    ):  # fmt: skip
        op.drop_column("models", name)
    op.drop_table("model_versions")
