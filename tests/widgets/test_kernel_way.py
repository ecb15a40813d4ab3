"""What goes between a page and the service over the kernel: numbers, holes, asks."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_persian_ai.client import Address, Client
from jupyter_persian_ai.widgets.pump import Pump
from jupyter_persian_ai.widgets.relay import Relay


@pytest.fixture
def client(jupyter_server: Any) -> Iterator[Client]:
    with Client(Address.parse(jupyter_server.url, jupyter_server.token)) as client:
        yield client


class Page:
    """A page as `kernel-transport.ts` is one: it applies what it is shown."""

    def __init__(self, first: dict[str, Any]) -> None:
        self.last = first["n"]
        self.answers = first["answers"]
        self.events: list[dict[str, Any]] = []
        self.holes = 0

    def show(self, name: str, value: dict[str, Any]) -> None:
        if name == "snapshot":
            self.holes += value["n"] > self.last
            self.last, self.answers = max(value["n"], self.last), value["answers"]
        elif value["n"] == self.last + 1:
            self.last = value["n"]
            self.events += value["events"]

    @property
    def languages(self) -> list[str]:
        return [event["data"]["language"] for event in self.events]


def test_a_page_is_complete_and_a_hole_heals_by_itself(
    client: Client, wait_for: Callable[..., Any]
) -> None:
    client.service.change_settings(language="fa")
    shown: list[tuple[str, dict[str, Any]]] = []
    pages: list[Page] = []

    def show(name: str, value: dict[str, Any]) -> None:
        shown.append((name, value))
        for page in pages:
            page.show(name, value)

    pump = Pump(
        client,
        paths=["settings", "notifications?limit=1"],
        numbered=["notifications?limit=1"],
        topics=["settings"],
        show=show,
    )
    first = pump.snapshot()
    assert first["answers"]["settings"]["language"] == "fa"
    pages.append(Page(first))
    pump.start(first)
    client.service.change_settings(language="en")
    wait_for(lambda: pages[0].languages == ["en"])
    # A page that missed this batch: it is healed by a snapshot that nobody asked for.
    late = Page(first)
    pages.append(late)
    wait_for(lambda: late.answers["settings"]["language"] == "en")
    assert late.holes == 1
    client.service.change_settings(language="fa")
    wait_for(lambda: pages[0].languages == ["en", "fa"] and late.languages == ["fa"])
    assert pages[0].holes == 0
    numbers = [value["n"] for name, value in shown if name == "delta"]
    assert numbers == list(range(1, len(numbers) + 1))
    pump.stop()


def test_while_pages_go_their_own_way_nothing_is_pushed(
    client: Client, wait_for: Callable[..., Any]
) -> None:
    shown: list[str] = []
    pump = Pump(
        client,
        paths=["settings", "notifications?limit=1"],
        numbered=["notifications?limit=1"],
        topics=["settings"],
        show=lambda name, value: shown.append((name, value)),
    )
    first = pump.snapshot()
    pump.quiet = True
    pump.start(first)
    page = Page(first)
    client.service.change_settings(digits="latin")
    wait_for(lambda: pump.snapshot()["n"] > first["n"])
    assert shown == []
    pump.quiet = False
    pump.heal()
    wait_for(lambda: shown)
    for name, value in shown:
        page.show(name, value)
    assert page.holes == 1
    assert page.answers["settings"]["digits"] == "latin"
    pump.stop()


def answer(client: Client, ask: dict[str, Any]) -> dict[str, Any]:
    replies: queue.Queue[dict[str, Any]] = queue.Queue()
    Relay(client, replies.put).take({"id": "1", **ask})
    return replies.get(timeout=60)


def test_an_ask_is_a_request(client: Client) -> None:
    reply = answer(client, {"method": "GET", "path": "me"})
    assert reply["type"] == "answer"
    assert reply["id"] == "1"
    assert reply["body"]["epoch"] == client.service.me().epoch
    failed = answer(client, {"method": "GET", "path": "training/jobs/none"})
    assert failed["type"] == "failed"
    assert failed["status"] == 404
    assert failed["error"]["message_fa"]


@pytest.mark.parametrize(
    "ask",
    [
        {"method": "GET", "path": "http://evil.test/"},
        {"method": "GET", "path": "//evil.test/"},
        {"method": "GET", "path": "/api/contents"},
        {"method": "GET", "path": "../../api/contents"},
        {"method": "GET", "path": "jobs/../../../api/kernels"},
        {"method": "GET", "path": "%2e%2e/%2e%2e/api/kernels"},
        {"method": "TRACE", "path": "me"},
        {},
    ],
)
def test_only_routes_of_the_service_are_reached(client: Client, ask: dict[str, Any]) -> None:
    reply = answer(client, ask)
    assert reply["type"] == "failed"
    assert reply["error"]["code"] in {"invalid_request", "not_found"}
