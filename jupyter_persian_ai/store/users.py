"""Users, as Jupyter's identity names them, and their settings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.base import new_id, now
from ..protocol.events import EventType
from ..protocol.service import UserSettings, UserSettingsPatch
from . import events
from .schema import User, UserSetting


def ensure(session: Session, name: str, display_name: str = "") -> str:
    """The id of the user of this name, who is made at first sight. Needs a write transaction."""
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        try:
            with session.begin_nested():
                user = User(
                    id=new_id(), name=name, display_name=display_name, last_seq=0, created=now()
                )
                session.add(user)
        except IntegrityError:  # another server made the same user just now
            user = session.scalars(select(User).where(User.name == name)).one()
    elif display_name and user.display_name != display_name:
        user.display_name = display_name
    return user.id


def lock(session: Session, user_id: str) -> None:
    """Take the user's row, the first lock of every transaction that changes jobs.

    One order of locks, so no deadlock; a no-op on SQLite, where a writer is alone anyway.

    Raises:
        NotFound: when there is no such user.

    """
    if session.scalar(select(User.id).where(User.id == user_id).with_for_update()) is None:
        raise NotFound(what="user", id=user_id)


def settings(session: Session, user_id: str) -> UserSettings:
    """What the user chose, defaults for the rest."""
    row = session.get(UserSetting, user_id)
    return UserSettings.model_validate(row.chosen if row else {})


def chosen_concurrency(session: Session, user_id: str) -> int | None:
    """How many jobs the user wants at once; None when never chosen."""
    row = session.get(UserSetting, user_id)
    return row.chosen.get("concurrent_jobs") if row else None


def patch_settings(session: Session, user_id: str, patch: UserSettingsPatch) -> UserSettings:
    """Change what is given; publishes `changed` on `settings`.

    Raises:
        NotFound: when there is no such user.

    """
    lock(session, user_id)
    row = session.get(UserSetting, user_id)
    chosen = {**(row.chosen if row else {}), **patch.model_dump(exclude_none=True)}
    if row is None:
        session.add(UserSetting(user_id=user_id, chosen=chosen))
    else:
        row.chosen = chosen
    result = UserSettings.model_validate(chosen)
    events.publish(session, user_id, "settings", EventType.CHANGED, result)
    return result
