"""The stream of events: complete, in order, once; and honest when it cannot be."""

import asyncio
import random

import pytest

from jupyter_persian_ai.jobs import metrics_file
from jupyter_persian_ai.protocol.events import ClientFrame, Event, EventType, Resync
from jupyter_persian_ai.services import stream as streams
from jupyter_persian_ai.services import subscription as subscriptions
from jupyter_persian_ai.services.stream import EventStream
from jupyter_persian_ai.services.subscription import Subscription, coalesced
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import Store, events, users


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'db.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def user(store):
    return store.write(lambda session: users.ensure(session, "sara"))


@pytest.fixture
def run(store, tmp_path, user):
    """Runs a coroutine function with an open stream."""

    def runner(body):
        async def main():
            stream = EventStream(store, Settings(data_dir=tmp_path))
            await stream.start()
            try:
                return await asyncio.wait_for(body(stream), 60)
            finally:
                await stream.stop()

        return asyncio.run(main())

    return runner


def append(store, user, topic, count=1, start=0):
    def write(session):
        for number in range(start, start + count):
            events.append(session, user, topic, EventType.LOG, {"number": number})

    store.write(write)


class Reader:
    """Reads frames of a subscription until told to stop."""

    def __init__(self, subscription):
        self.frames = []
        self.subscription = subscription
        self.task = asyncio.create_task(self._read())

    async def _read(self):
        async for frame in self.subscription.frames():
            self.frames.append(frame)

    async def until(self, condition):
        for _ in range(3000):
            if condition(self.frames):
                return self.frames
            await asyncio.sleep(0.01)
        raise AssertionError(f"never: {self.frames[-3:]}")

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def numbers(frames):
    return [frame.data["number"] for frame in frames if isinstance(frame, Event)]


def test_replay_then_live_without_gap_or_repeat(run, store, user):
    append(store, user, "jobs", 300)

    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=await stream.last(user)))
        reader.subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        writer = asyncio.to_thread(
            lambda: [append(store, user, "jobs", 5, 300 + 5 * i) for i in range(40)]
        )
        await asyncio.gather(writer, reader.until(lambda seen: len(seen) >= 500))
        await reader.stop()
        return reader.frames

    frames = run(body)
    assert numbers(frames) == list(range(500))
    assert [frame.seq for frame in frames] == list(range(1, 501))


def test_many_cuts_lose_and_repeat_nothing(run, store, user):
    """A client that is cut off at random and comes back with its last number."""
    cut = random.Random(1405)

    async def body(stream):
        seen = []

        async def follow():
            while len(seen) < 600:
                since = seen[-1].seq if seen else 0
                subscription = Subscription(stream, user, cursor=await stream.last(user))
                subscription.change(ClientFrame(subscribe=["jobs"], since=since))
                stop_after = len(seen) + cut.randint(1, 30)
                frames = subscription.frames()
                async for frame in frames:
                    seen.append(frame)
                    if len(seen) >= min(stop_after, 600):
                        break
                await frames.aclose()

        writer = asyncio.to_thread(
            lambda: [append(store, user, "jobs", 20, 20 * i) for i in range(30)]
        )
        await asyncio.gather(writer, follow())
        return seen

    assert numbers(run(body)) == list(range(600))


def test_topics_do_not_mix_and_can_be_left(run, store, user):
    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=0))
        reader.subscription.change(ClientFrame(subscribe=["jobs", "models"]))
        await asyncio.sleep(0.05)
        append(store, user, "datasets", 3, 100)
        append(store, user, "jobs", 1, 1)
        append(store, user, "models", 1, 2)
        await reader.until(lambda seen: len(seen) == 2)
        reader.subscription.change(ClientFrame(unsubscribe=["jobs"]))
        append(store, user, "jobs", 1, 3)
        append(store, user, "models", 1, 4)
        await reader.until(lambda seen: len(seen) == 3)
        await reader.stop()
        return numbers(reader.frames)

    assert run(body) == [1, 2, 4]


def test_a_second_topic_is_replayed_while_the_first_is_live(run, store, user):
    append(store, user, "jobs", 10)
    append(store, user, "models", 10, 100)

    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=await stream.last(user)))
        reader.subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        await reader.until(lambda seen: len(seen) == 10)
        append(store, user, "models", 5, 110)
        reader.subscription.change(ClientFrame(subscribe=["models"], since=0))
        await reader.until(lambda seen: len(seen) == 25)
        append(store, user, "models", 1, 115)
        await reader.until(lambda seen: len(seen) == 26)
        await reader.stop()
        return numbers(reader.frames)

    assert run(body) == [*range(10), *range(100, 116)]


def test_a_snapshot_newer_than_the_connection_is_not_repeated(run, store, user):
    async def body(stream):
        subscription = Subscription(stream, user, cursor=0)
        append(store, user, "jobs", 5)
        snapshot = await stream.last(user)
        subscription.change(ClientFrame(subscribe=["jobs"], since=snapshot))
        reader = Reader(subscription)
        append(store, user, "jobs", 2, 5)
        await reader.until(lambda seen: len(seen) == 2)
        await reader.stop()
        return numbers(reader.frames)

    assert run(body) == [5, 6]


def test_other_users_wake_and_see_nothing(run, store, user):
    other = store.write(lambda session: users.ensure(session, "omid"))

    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=0))
        reader.subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        append(store, other, "jobs", 5)
        append(store, user, "jobs", 1, 50)
        await reader.until(lambda seen: len(seen) == 1)
        await reader.stop()
        return numbers(reader.frames)

    assert run(body) == [50]


def test_commits_of_another_process_are_found(run, store, user, tmp_path):
    other = Store.open(f"sqlite:///{tmp_path / 'db.sqlite'}")

    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=0))
        reader.subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        await asyncio.sleep(0.05)
        append(other, user, "jobs", 1, 9)
        await reader.until(lambda seen: len(seen) == 1)
        await reader.stop()
        return numbers(reader.frames)

    try:
        assert run(body) == [9]
    finally:
        other.close()


def test_too_far_behind_is_told_so(run, store, user, monkeypatch):
    monkeypatch.setattr(streams, "LAG", 100)
    append(store, user, "jobs", 300)

    async def body(stream):
        reader = Reader(Subscription(stream, user, cursor=await stream.last(user)))
        reader.subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        await reader.until(lambda seen: seen)
        append(store, user, "jobs", 1, 300)
        await reader.until(lambda seen: len(seen) == 2)
        await reader.stop()
        return reader.frames

    told, event = run(body)
    assert told == Resync(seq=300)
    assert event.data["number"] == 300


def test_a_reader_that_stops_reading_holds_one_batch(run, store, user, monkeypatch):
    monkeypatch.setattr(streams, "LAG", 100)
    pulled = []

    async def body(stream):
        real = stream.pull

        async def counting(*args):
            found = await real(*args)
            pulled.append(len(found.events))
            return found

        monkeypatch.setattr(stream, "pull", counting)
        subscription = Subscription(stream, user, cursor=0)
        subscription.change(ClientFrame(subscribe=["jobs"], since=0))
        frames = subscription.frames()
        append(store, user, "jobs", 1)
        first = await anext(frames)
        append(store, user, "jobs", 300, 1)
        await asyncio.sleep(0.2)
        assert sum(pulled) == 1, "nothing is read for who does not read"
        following = [frame async for frame in _take(frames, 1)]
        await frames.aclose()
        return first, following

    first, (told,) = run(body)
    assert first.data["number"] == 0
    assert told == Resync(seq=301)
    assert max(pulled) <= subscriptions.BATCH


async def _take(frames, count):
    for _ in range(count):
        yield await anext(frames)


def test_a_number_from_the_future_means_resync(run, user, store):
    append(store, user, "jobs", 3)

    async def body(stream):
        return await stream.pull(user, 99, {"jobs"}, 10)

    pulled = run(body)
    assert pulled.resync
    assert (pulled.events, pulled.cursor) == ([], 3)


def test_points_are_filled_in_from_their_file(run, store, user, tmp_path):
    folder = tmp_path / "jobs" / "j1" / "2"
    folder.mkdir(parents=True)
    metrics_file.append(folder, 1, {"loss": 3.5})
    metrics_file.append(folder, 2, {"loss": float("nan")})
    metrics_file.append(folder, 3, {"loss": 2.5})
    data = {"attempt": 2, "first": 1, "count": 2}
    store.write(lambda s: events.append(s, user, "job:j1", EventType.METRICS, data))

    async def body(stream):
        return await stream.pull(user, 0, {"job:j1"}, 10)

    (event,) = run(body).events
    assert event.data == {"attempt": 2, "points": [("loss", 2, None), ("loss", 3, 2.5)]}


def test_neighbouring_points_travel_together():
    def metrics(seq, attempt, step, topic="job:a"):
        return Event(
            seq=seq, time="2026-01-01T00:00:00Z", topic=topic, type=EventType.METRICS,
            data={"attempt": attempt, "points": [["loss", step, 1.0]]},
        )  # fmt: skip

    log = Event(
        seq=4, time="2026-01-01T00:00:00Z", topic="job:a", type=EventType.LOG, data={"n": 1}
    )
    joined = coalesced(
        [metrics(1, 1, 1), metrics(2, 1, 2), metrics(3, 2, 1), log, metrics(5, 2, 2),
         metrics(6, 2, 3, "job:b")]
    )  # fmt: skip
    assert [event.seq for event in joined] == [2, 3, 4, 5, 6]
    assert joined[0].data["points"] == [["loss", 1, 1.0], ["loss", 2, 1.0]]


def test_only_the_newest_reading_is_sent(run, user):
    def reading(number):
        return Event(
            seq=0, time="2026-01-01T00:00:00Z", topic="system", type=EventType.SYSTEM,
            data={"number": number},
        )  # fmt: skip

    async def body(stream):
        subscription = Subscription(stream, user, cursor=0)
        subscription.show(reading(1))
        subscription.change(ClientFrame(subscribe=["system"]))
        for number in range(2, 100):
            subscription.show(reading(number))
        reader = Reader(subscription)
        await reader.until(lambda seen: seen)
        await reader.stop()
        return numbers(reader.frames)

    assert run(body) == [99]
