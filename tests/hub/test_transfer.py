"""The engine against everything that a network, a server or a filter can do to a file."""

import hashlib
import importlib.util
import json
import struct
import threading
import time
from pathlib import Path

import pytest

from jupyter_persian_ai.hub.transfer import faults, partial
from jupyter_persian_ai.hub.transfer.connection import origin_of
from jupyter_persian_ai.hub.transfer.engine import Engine
from jupyter_persian_ai.hub.transfer.pace import Bookings
from jupyter_persian_ai.hub.transfer.wanted import Access, Limits, Wanted

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).with_name("hub_server.py")
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

NAME = "model.safetensors"
CONTENT = hashlib.shake_256(b"weights").digest(3 * 2**20 + 77)
SMALL = b'{"model_type": "llama"}'
QUICK = Limits(connections=4, stall_seconds=1.0, patience_seconds=3.0)


@pytest.fixture
def hub():
    server = hub_server.HubServer()
    server.add("owner/name", files={NAME: CONTENT, "config.json": SMALL})
    yield server
    server.close()


@pytest.fixture
def repository(hub):
    return hub.repositories["owner/name"]


@pytest.fixture
def blobs(tmp_path):
    yield tmp_path / "blobs"
    # Whatever happened: a blob under a name has the content of that name.
    for path in (tmp_path / "blobs").glob("*"):
        if path.is_file():
            assert path.name == hub_server.etag(path.read_bytes())


def wanted(*servers, name=NAME, content=CONTENT):
    urls = tuple(f"{server.url}/owner/name/resolve/main/{name}" for server in servers)
    return Wanted(name, len(content), hub_server.etag(content), urls)


def fetch(blobs, *files, limits=QUICK, access=None):
    engine = Engine(list(files), blobs, access or Access("test"), limits)
    engine.run()
    return engine


def there(blobs, content=CONTENT):
    path = blobs / hub_server.etag(content)
    assert path.read_bytes() == content
    assert not partial.partials_of(blobs).exists()


def test_two_files(hub, blobs):
    engine = fetch(blobs, wanted(hub), wanted(hub, name="config.json", content=SMALL))
    there(blobs)
    there(blobs, SMALL)
    assert engine.received == len(CONTENT) + len(SMALL)
    assert {one.state for one in engine.progress()} == {"done"}


def test_many_small_files(hub, repository, blobs):
    contents = {f"{number}.json": b"%d" % number * 50 for number in range(400)}
    repository.files |= contents
    engine = fetch(blobs, *(wanted(hub, name=n, content=c) for n, c in contents.items()))
    assert len(list(blobs.iterdir())) == len(contents)
    assert engine.received == sum(map(len, contents.values()))
    assert len(hub._servers[0].open) <= QUICK.connections  # connections are used again
    assert not partial.partials_of(blobs).exists()


#: What may be done to an answer, and what ends the download when it is done every time.
CORRUPTIONS = {
    "one bit is wrong": ({"kind": "flip"}, faults.Damaged),
    "nothing but zeros": ({"kind": "zeros"}, faults.Damaged),
    "another file's content": ({"kind": "swap", "value": b"another model"}, faults.Damaged),
    "too short": ({"kind": "short"}, faults.NoAnswer),
    "too long": ({"kind": "long"}, None),
    "another length is said": ({"kind": "length"}, faults.BadAnswer),
    "another range": ({"kind": "range"}, faults.BadAnswer),
    "another size": ({"kind": "total"}, faults.BadAnswer),
    "the whole for a part": ({"kind": "whole"}, None),
    "without a length": ({"kind": "chunked"}, None),
    "packed": ({"kind": "encoded"}, faults.BadAnswer),
    "a page to sign in": ({"kind": "page"}, faults.BadAnswer),
    "cut off": ({"kind": "cut", "after": 1_000_000}, None),
    "an empty body": ({"kind": "cut", "after": 0}, faults.NoAnswer),
    "another etag": ({"kind": "etag", "value": "0" * 64}, faults.Changed),
}


@pytest.mark.parametrize("case", CORRUPTIONS)
def test_a_corrupt_answer_once(hub, repository, blobs, case):
    details, ending = CORRUPTIONS[case]
    repository.fault(NAME, **details)
    if ending is faults.Changed:  # a plan's matter: see `test_download`
        with pytest.raises(faults.Changed):
            fetch(blobs, wanted(hub))
        return
    fetch(blobs, wanted(hub))
    there(blobs)


@pytest.mark.parametrize("case", [case for case, (_, ending) in CORRUPTIONS.items() if ending])
def test_a_corrupt_answer_every_time(hub, repository, blobs, case):
    details, ending = CORRUPTIONS[case]
    repository.fault(NAME, times=10**6, **details)
    with pytest.raises((faults.GaveUp, faults.Changed)) as caught:
        fetch(blobs, wanted(hub), limits=Limits(connections=2, patience_seconds=0.3))
    fault = caught.value
    assert isinstance(getattr(fault, "fault", fault), ending)
    assert not (blobs / hub_server.etag(CONTENT)).exists()
    if ending is faults.Damaged:
        assert list(blobs.parent.rglob("*")) == [blobs]


@pytest.mark.parametrize("case", [case for case, (_, ending) in CORRUPTIONS.items() if not ending])
def test_what_brings_something_every_time_ends_well(hub, repository, blobs, case):
    repository.fault(NAME, times=10**6, **CORRUPTIONS[case][0])
    fetch(blobs, wanted(hub))
    there(blobs)


def test_too_many_requests(hub, repository, blobs):
    repository.fault(NAME, "status", times=2, value=429, retry_after="1")
    begun = time.monotonic()
    fetch(blobs, wanted(hub), limits=Limits(connections=2, patience_seconds=0.1))
    there(blobs)
    assert time.monotonic() - begun >= 1
    assert len(hub.gets(NAME)) < 12


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_trouble_passes(hub, repository, blobs, status):
    repository.fault(NAME, "status", times=3, value=status)
    fetch(blobs, wanted(hub))
    there(blobs)


def test_trouble_that_stays_has_a_name(hub, repository, blobs):
    repository.fault(NAME, "status", times=10**6, value=503)
    with pytest.raises(faults.GaveUp) as caught:
        fetch(blobs, wanted(hub), limits=Limits(connections=2, patience_seconds=0.3))
    assert isinstance(caught.value.fault, faults.Trouble)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final(hub, repository, blobs, status):
    repository.fault(NAME, "status", times=10**6, value=status)
    with pytest.raises(faults.GaveUp) as caught:
        fetch(blobs, wanted(hub))
    assert caught.value.fault.status == status
    assert len(hub.gets(NAME)) <= 4


@pytest.mark.parametrize("kind", ["stall", "trickle"])
def test_a_stall_is_left_for_a_fresh_connection(hub, repository, blobs, kind):
    repository.fault(NAME, kind, times=2, after=100_000)
    fetch(blobs, wanted(hub), limits=Limits(connections=1, stall_seconds=0.6))
    there(blobs)
    assert len(hub.gets(NAME)) >= 3


class TestElsewhere:
    """Big files come from another host."""

    TOKEN = "hf_canary"

    def access(self, *servers):
        return Access("test", tokens={origin_of(server.url): self.TOKEN for server in servers})

    def test_it_never_sees_the_token(self, hub, repository, blobs):
        repository.elsewhere = True
        repository.token = self.TOKEN
        fetch(blobs, wanted(hub), access=self.access(hub))
        there(blobs)
        assert self.TOKEN in json.dumps(hub.requests)
        assert hub.away
        assert self.TOKEN not in json.dumps(hub.away)

    def test_its_own_etag_does_not_matter(self, hub, repository, blobs):
        repository.elsewhere = True
        repository.fault(NAME, "cut", times=3, after=300_000)
        fetch(blobs, wanted(hub), limits=Limits(connections=1))
        there(blobs)
        assert any("If-Range" in headers for _, _, headers in hub.away) is False  # after a fault

    def test_an_address_that_has_run_out_is_asked_for_again(self, hub, repository, blobs):
        repository.elsewhere = True
        repository.fault(NAME, "cut", after=500_000)
        fault = repository.faults[NAME][0]
        threading.Thread(target=self.expire, args=(hub, fault), daemon=True).start()
        fetch(blobs, wanted(hub), limits=Limits(connections=1))
        there(blobs)

    def expire(self, hub, fault):
        while fault.times:
            time.sleep(0.001)
        hub.signed.clear()

    def test_a_redirect_in_circles(self, hub, repository, blobs):
        url = f"{hub.url}/owner/name/resolve/main/{NAME}"
        repository.fault(NAME, "location", times=10**6, value=url)
        with pytest.raises(faults.GaveUp, match="too many redirects"):
            fetch(blobs, wanted(hub), limits=Limits(connections=1))

    @pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://example.org/x", ""])
    def test_a_redirect_to_something_else(self, hub, repository, blobs, place):
        repository.fault(NAME, "location", times=10**6, value=place)
        with pytest.raises(faults.GaveUp) as caught:
            fetch(blobs, wanted(hub), limits=Limits(connections=1))
        assert isinstance(caught.value.fault, faults.BadAnswer)

    def test_the_token_stays_when_the_hub_redirects_to_a_stranger(self, hub, repository, blobs):
        stranger = hub_server.HubServer()
        try:
            stranger.add("owner/name", files={NAME: CONTENT})
            location = f"{stranger.url}/owner/name/resolve/main/{NAME}"
            repository.fault(NAME, "location", times=10**6, value=location)
            fetch(blobs, wanted(hub), access=self.access(hub))
            there(blobs)
            assert stranger.requests
            assert self.TOKEN not in json.dumps(stranger.requests)
        finally:
            stranger.close()


class TestMirrors:
    @pytest.fixture
    def mirror(self):
        server = hub_server.HubServer()
        server.add("owner/name", files={NAME: CONTENT, "config.json": SMALL})
        yield server
        server.close()

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "status", "value": 403},
            {"kind": "status", "value": 500},
            {"kind": "page"},
            {"kind": "zeros"},
            {"kind": "cut", "after": 0},
        ],
    )
    def test_the_next_one_helps(self, hub, mirror, repository, blobs, fault):
        repository.fault(NAME, times=10**6, **fault)
        fetch(blobs, wanted(hub, mirror))
        there(blobs)
        assert mirror.gets(NAME)

    def test_one_that_is_gone(self, hub, mirror, blobs):
        hub.close()
        fetch(blobs, wanted(hub, mirror))
        there(blobs)

    def test_none_gets_the_hubs_token(self, hub, mirror, repository, blobs):
        repository.fault(NAME, "status", times=10**6, value=500)
        access = Access("test", tokens={origin_of(hub.url): "hf_canary"})
        fetch(blobs, wanted(hub, mirror), access=access)
        assert "hf_canary" in json.dumps(hub.requests)
        assert "hf_canary" not in json.dumps(mirror.requests)


def test_nobody_is_there(hub, blobs):
    hub.close()
    with pytest.raises(faults.GaveUp) as caught:
        fetch(blobs, wanted(hub), limits=Limits(connections=2, patience_seconds=0.2))
    assert isinstance(caught.value.fault, faults.NoAnswer)


def test_the_bandwidth_is_kept(hub, blobs):
    begun = time.monotonic()
    fetch(blobs, wanted(hub), limits=Limits(connections=4, bandwidth=2_000_000))
    there(blobs)
    assert time.monotonic() - begun > len(CONTENT) / 2_000_000 - 0.6


def test_no_more_connections_than_allowed(hub, blobs):
    hub.line.rate = 2e6
    engine = fetch(blobs, wanted(hub), limits=Limits(connections=3))
    there(blobs)
    assert len(engine.workers.lines) == 3  # each holds one connection to an origin


def test_a_slow_connection_is_helped(hub, repository, blobs):
    """One connection crawls; the others take over what it has not reached."""
    repository.fault(NAME, "trickle")
    fetch(blobs, wanted(hub), limits=Limits(connections=3, stall_seconds=60))
    there(blobs)
    assert len(hub.gets(NAME)) >= 3


def test_a_full_disk_says_so(hub, blobs, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(partial.Partial, "write", full)
    with pytest.raises(OSError, match="No space") as caught:
        fetch(blobs, wanted(hub))
    assert caught.value.errno == 28


def test_what_arrived_is_not_fetched_again(hub, repository, blobs):
    repository.fault(NAME, "cut", after=2_000_000)
    repository.fault(NAME, "status", times=10**6, value=404)
    with pytest.raises(faults.GaveUp):
        fetch(blobs, wanted(hub), limits=Limits(connections=1))
    repository.faults.clear()
    engine = fetch(blobs, wanted(hub))
    there(blobs)
    assert engine.received < len(CONTENT) - 2_000_000 + 2 * partial.BLOCK


def test_two_engines_at_once_fetch_once(hub, blobs):
    hub.line.rate = 4e6
    engines = [Engine([wanted(hub)], blobs, Access("test"), QUICK) for _ in range(2)]
    threads = [threading.Thread(target=engine.run) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there(blobs)
    assert hub.sent_bytes(NAME) < 1.2 * len(CONTENT)


class TestLimitsThatChange:
    @pytest.fixture
    def slow(self, hub, blobs):
        """An engine at work on one connection of a slow line, and the thread that runs it."""
        hub.line.rate = 300_000
        engine = Engine([wanted(hub)], blobs, Access("test"), Limits(connections=1))
        thread = threading.Thread(target=engine.run)
        thread.start()
        wait(lambda: engine.received)
        yield engine
        hub.line.rate = 0
        thread.join()
        there(blobs)

    def test_more_connections(self, hub, slow):
        slow.adjust(connections=3, bandwidth=0)
        wait(lambda: len(asked(hub)) >= 3)
        assert len(slow.workers.lines) == 3

    def test_fewer_connections(self, hub, slow):
        slow.adjust(connections=3, bandwidth=0)
        wait(lambda: len(asked(hub)) >= 3)
        slow.adjust(connections=1, bandwidth=0)
        wait(lambda: sum(bool(line.connections) for line in slow.workers.lines) == 1)
        assert not slow.schedule.files[0].bad + slow.schedule.files[0].fruitless

    def test_bandwidth(self, hub, slow):
        """Whoever waits under the old limit goes on at once under the new one."""
        slow.adjust(connections=1, bandwidth=10)  # 4 KiB would take minutes
        wait(lambda: slow.pace._changed._waiters)
        slow.adjust(connections=1, bandwidth=0)
        before = slow.received
        wait(lambda: slow.received > before + 2**16)


def asked(hub):
    return hub.gets(NAME)


def wait(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestPace:
    def test_processes_share_one_line(self, tmp_path):
        """What one has booked the other waits for."""
        one, other = (Bookings(tmp_path / "pace") for _ in range(2))
        now = time.monotonic()
        until = one.book(2.0, now)
        assert other.book(1.0, now) == pytest.approx(until + 1.0)
        assert one.book(0.5, now) == pytest.approx(until + 1.5)
        other.cancel(now)
        assert one.book(1.0, now) == pytest.approx(now + 1.0)

    @pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 8, struct.pack("<d", 1e300)])
    def test_a_file_that_makes_no_sense(self, tmp_path, content):
        (tmp_path / "pace").write_bytes(content)
        now = time.monotonic()
        assert Bookings(tmp_path / "pace").book(1.0, now) == pytest.approx(now + 1.0)

    def test_a_place_that_cannot_be_written(self, tmp_path):
        bookings = Bookings(tmp_path / "absent" / "pace")
        now = time.monotonic()
        first = bookings.book(1.0, now)
        assert bookings.book(1.0, now) == pytest.approx(first + 1.0)
