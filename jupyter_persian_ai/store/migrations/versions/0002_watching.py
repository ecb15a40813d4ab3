"""What is told of a training as it goes: evaluations, notices; a stop that is a pause.

Also clears away the backlog of events that no client can ask for any more; from here on
`store.events` keeps itself short.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: Of each user as many events stay as `store.events` keeps; logs and samples all stay.
KEPT = 40_000


def upgrade() -> None:
    op.add_column("jobs", sa.Column("evaluation", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("jobs", sa.Column("notices", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "jobs", sa.Column("pausing", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    users = sa.table("users", sa.column("id"), sa.column("last_seq"))
    events = sa.table("events", sa.column("user_id"), sa.column("seq"), sa.column("type"))
    newest = sa.select(users.c.last_seq).where(users.c.id == events.c.user_id).scalar_subquery()
    op.execute(
        sa.delete(events).where(
            events.c.type.not_in(("log", "sample")), events.c.seq <= newest - KEPT
        )
    )


def downgrade() -> None:
    op.drop_column("jobs", "pausing")
    op.drop_column("jobs", "notices")
    op.drop_column("jobs", "evaluation")
