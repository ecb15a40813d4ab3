"""The way to the Hub as typed methods: token, addresses, proxy, limits.

Every method is one request; must not keep state, and the token least of all.
"""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

from ...protocol.hub import HubCheck, HubSettings, HubToken
from .area import Area, Asked, sent

_TOKEN = "settings/huggingface-token"  # noqa: S105 - a route
#: Seconds for what asks other machines before it answers.
_SLOW = 180.0


class HubArea(Area):
    """`settings/huggingface-token` and `settings/hub`."""

    def token(self) -> HubToken:
        """What may be said of the token; never the token itself."""
        return self._one(HubToken, "GET", _TOKEN)

    def set_token(self, token: str) -> HubToken:
        """Keep a token for this user, once the Hub knows it; kept too when nobody can be asked.

        Raises `TokenRefused` and keeps the earlier one when the Hub does not know it.
        """
        return self._one(HubToken, "PUT", _TOKEN, body={"token": token}, timeout=_SLOW)

    def validate_token(self) -> HubToken:
        """Ask the Hub whose token it is, now."""
        return self._one(HubToken, "POST", f"{_TOKEN}/validate", timeout=_SLOW)

    def remove_token(self) -> None:
        """Forget it."""
        self._transport.json("DELETE", _TOKEN)

    def settings(self) -> HubSettings:
        """How the Hub is reached: addresses, proxy, limits, offline."""
        return self._one(HubSettings, "GET", "settings/hub")

    def change(self, ask: Asked) -> HubSettings:
        """Change what is given (`HubSettingsPatch`), for running downloads too."""
        body = sent(ask)
        for name, value in ask if isinstance(ask, BaseModel) else ():
            if name in body and isinstance(value, SecretStr):
                body[name] = value.get_secret_value()  # else its stars would be sent
        return self._one(HubSettings, "PATCH", "settings/hub", body=body)

    def check(self) -> HubCheck:
        """Try every address, through the proxy."""
        return self._one(HubCheck, "POST", "settings/hub/check", timeout=_SLOW)
