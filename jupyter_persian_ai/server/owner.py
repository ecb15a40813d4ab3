"""Whose things a request may see.

Jupyter's own token or password says "may enter" and makes up a random name for each browser, so
behind it there is one owner, `local`. Any other identity provider (JupyterHub's, a site's own)
names a person, and that name is the owner. A name sent by the client is never used.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import IdentityProvider
from jupyter_server.auth.identity import LegacyIdentityProvider, PasswordIdentityProvider, User

#: The owner behind providers that do not tell people apart.
LOCAL = "local"
_ANONYMOUS = frozenset({IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider})


def owner_name(provider: Any, user: User) -> tuple[str, str]:
    """`(name, display name)` of the owner of this request's things."""
    if type(provider) in _ANONYMOUS:
        return LOCAL, ""
    return user.username, user.display_name or user.username
