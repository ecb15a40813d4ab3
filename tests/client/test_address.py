"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from jupyter_persian_ai.client import Address
from jupyter_persian_ai.errors import ServiceUnreachable


@pytest.mark.parametrize(
    ("pasted", "url", "token"),
    [
        ("http://localhost:8888", "http://localhost:8888/", ""),
        ("http://localhost:8888/?token=abc", "http://localhost:8888/", "abc"),
        ("http://127.0.0.1:8888/lab?token=abc", "http://127.0.0.1:8888/", "abc"),
        ("http://127.0.0.1:8888/lab/tree/a.ipynb", "http://127.0.0.1:8888/", ""),
        ("https://hub.test/user/sara/lab/workspaces/x", "https://hub.test/user/sara/", ""),
        ("https://hub.test/user/sara", "https://hub.test/user/sara/", ""),
        ("  http://[::1]:9/tree?token=%41b  ", "http://[::1]:9/", "Ab"),
    ],
)
def test_a_pasted_address(pasted: str, url: str, token: str) -> None:
    address = Address.parse(pasted)
    assert (address.url, address.token) == (url, token)
    assert address.api == f"{url}persian-ai/api/"
    assert address.socket == address.api.replace("http", "ws", 1)


def test_a_given_token_wins() -> None:
    assert Address.parse("http://a.test/?token=old", "new").token == "new"


@pytest.mark.parametrize("pasted", ["", "localhost:8888", "ftp://a.test/", "file:///etc/passwd"])
def test_no_address(pasted: str) -> None:
    with pytest.raises(ServiceUnreachable):
        Address.parse(pasted)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1/", True),
        ("http://127.4.5.6:1/", True),
        ("http://[::1]:1/", True),
        ("http://localhost.evil.test/", False),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1.evil.test/", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, loopback: bool) -> None:
    assert Address.parse(url).loopback is loopback
