"""The way to the Hub, on the wire: token, addresses, proxy, limits."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, SecretStr

from ..errors import ErrorBody
from .base import Ask, Moment, Wire

_ADDRESS = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
_PROXY = r"^((https?|socks5h?|socks4a?)://[^\s/?#@]+/?)?$"


class HubEndpoint(Wire):
    """An address that answers as the Hub does."""

    url: str = Field(pattern=_ADDRESS, max_length=300)
    token: bool = Field(default=False, description="whether it may see the token")


class HubSettings(Wire):
    """How this user reaches the Hub. What is empty is taken from the environment."""

    endpoints: list[HubEndpoint] = Field(
        default_factory=list, max_length=10, description="tried in order; empty: HF_ENDPOINT"
    )
    proxy: str = Field(default="", pattern=_PROXY, max_length=300, description="HTTP or SOCKS")
    proxy_user: str = Field(default="", description="whom the proxy lets through")
    proxy_password_set: bool = Field(default=False, description="never returned itself")
    connections: int = Field(default=16, ge=1, le=64, description="of one download at once")
    downloads: int = Field(default=2, ge=1, le=16, description="at the same time")
    bandwidth: int = Field(
        default=0, ge=0, description="bytes/s of all downloads together; 0: no limit"
    )
    offline: bool = Field(default=False, description="nobody is asked; what is here goes on")


class EndpointAsk(Ask):
    """One address, as asked for."""

    url: str = Field(pattern=_ADDRESS, max_length=300)
    token: bool = False


class HubSettingsPatch(Ask):
    """`PATCH settings/hub`: what is given is changed, at once, for running downloads too."""

    model_config = ConfigDict(hide_input_in_errors=True)

    endpoints: list[EndpointAsk] | None = Field(default=None, max_length=10)
    proxy: str | None = Field(default=None, pattern=_PROXY, max_length=300)
    proxy_user: str | None = Field(default=None, max_length=200)
    proxy_password: SecretStr | None = Field(
        default=None, max_length=400, description="kept like the token; empty removes it"
    )
    connections: int | None = Field(default=None, ge=1, le=64)
    downloads: int | None = Field(default=None, ge=1, le=16)
    bandwidth: int | None = Field(default=None, ge=0)
    offline: bool | None = None


class HubToken(Wire):
    """What may be said of the token; the token itself is never sent."""

    set: bool
    last_four: str = ""
    account: str = Field(default="", description="whom it belongs to, when it was last validated")
    role: Literal["", "read", "write", "fine-grained"] = ""
    validated: Moment | None = None
    endpoint: str = Field(default="", description="who said so")
    valid: bool | None = Field(default=None, description="null: could not be asked yet")
    problem: ErrorBody | None = Field(default=None, description="why it could not be validated")


class TokenAsk(Ask):
    """`PUT settings/huggingface-token`; validated against the Hub unless it cannot be reached."""

    model_config = ConfigDict(hide_input_in_errors=True)

    token: SecretStr = Field(min_length=8, max_length=400)


class EndpointCheck(Wire):
    """How one address answers."""

    url: str
    reachable: bool
    milliseconds: float | None = None
    token_accepted: bool | None = Field(default=None, description="null: it was not shown to it")
    problem: ErrorBody | None = None


class HubCheck(Wire):
    """`POST settings/hub/check`: every address tried, through the proxy."""

    offline: bool
    endpoints: list[EndpointCheck]
