"""Transactions, the event stream, several writers, and databases that fail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from jupyter_persian_ai.errors import Busy, Conflict, DiskFull, NotFound
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.service import UserSettingsPatch
from jupyter_persian_ai.store import Store, events, users


def append(session, user_id, n):
    return events.append(session, user_id, "jobs", EventType.CHANGED, {"n": n})


def test_numbers_are_strictly_one_apart_per_user(store, sara, omid):
    for n in range(5):
        store.write(lambda s, n=n: append(s, sara, n))
    assert store.write(lambda s: append(s, omid, 0)).seq == 1
    found = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 100))
    assert [event.seq for event in found] == [1, 2, 3, 4, 5]
    assert [event.data["n"] for event in found] == [0, 1, 2, 3, 4]
    assert store.read(lambda s: events.last(s, sara)) == 5
    assert store.read(lambda s: events.last(s, "nobody")) == 0


def test_only_the_asked_topics_and_only_later_ones(store, sara):
    def write(session):
        for n in range(6):
            topic = "jobs" if n % 2 else "models"
            events.append(session, sara, topic, EventType.CHANGED, {"n": n})

    store.write(write)
    found = store.read(lambda s: events.after(s, sara, 2, ["jobs"], 1))
    assert [(event.seq, event.topic) for event in found] == [(4, "jobs")]
    assert store.read(lambda s: events.after(s, sara, 0, [], 10)) == []


def test_what_fails_leaves_no_event_and_no_hole(store, sara):
    def failing(session):
        append(session, sara, 1)
        raise NotFound(what="job", id="x")

    heard = []
    store.listen(heard.append)
    with pytest.raises(NotFound):
        store.write(failing)
    assert heard == []
    assert store.write(lambda s: append(s, sara, 2)).seq == 1
    assert heard == [sara]


def test_events_of_nobody_are_not_kept(store):
    with pytest.raises(NotFound):
        store.write(lambda s: append(s, "nobody", 1))


def test_listeners_hear_after_the_commit_and_can_leave(store, sara, omid):
    seen = []

    def listener(user_id):
        seen.append((user_id, store.read(lambda s: events.last(s, user_id))))

    leave = store.listen(listener)

    def both(session):
        append(session, sara, 1)
        append(session, omid, 1)

    store.write(both)
    assert sorted(seen) == sorted([(sara, 1), (omid, 1)])
    leave()
    leave()
    store.write(lambda s: append(s, sara, 2))
    assert len(seen) == 2


def test_many_threads_make_no_hole_and_no_repeat(store, sara):
    seqs = []

    def work(n):
        seqs.extend(store.write(lambda s, k=k: append(s, sara, [n, k])).seq for k in range(10))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert sorted(seqs) == list(range(1, 81))
    found = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 1000))
    for n in range(8):
        assert [e.data["n"][1] for e in found if e.data["n"][0] == n] == list(range(10))


def test_a_reader_never_sees_a_number_whose_event_is_not_there(store, sara):
    """Readers beside writers: list and number agree."""
    done = threading.Event()
    wrong = []

    def read():
        while not done.is_set():
            last, found = store.read(
                lambda s: (events.last(s, sara), events.after(s, sara, 0, ["jobs"], 1000))
            )
            if [event.seq for event in found] != list(range(1, last + 1)):
                wrong.append((last, [event.seq for event in found]))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(60):
        store.write(lambda s, n=n: append(s, sara, n))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


WRITER = """
import sys
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.store import Store, events, users
store = Store.open(sys.argv[1])
user = store.write(lambda s: users.ensure(s, "shared"))
for n in range(60):
    store.write(lambda s: events.append(s, user, "jobs", EventType.CHANGED, {"n": n}))
    store.read(lambda s: events.last(s, user))
store.close()
"""


def test_several_processes_open_and_write_with_no_lock_error(url):
    """Also the first opening: all of them migrate the same empty database."""
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, url], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said
    store = Store.open(url)
    user = store.write(lambda s: users.ensure(s, "shared"))
    found = store.read(lambda s: events.after(s, user, 0, ["jobs"], 1000))
    assert [event.seq for event in found] == list(range(1, 241))
    store.close()


def test_the_epoch_stays_with_the_store(url):
    first = Store.open(url)
    epoch = first.epoch
    first.close()
    second = Store.open(url)
    assert second.epoch == epoch
    second.close()


def test_async_calls(store, sara):
    async def main():
        await asyncio.gather(*(store.awrite(lambda s, n=n: append(s, sara, n)) for n in range(20)))
        return await store.aread(lambda s: events.last(s, sara))

    assert asyncio.run(main()) == 20


def test_users_and_their_settings(store, sara):
    assert store.write(lambda s: users.ensure(s, "sara")) == sara
    assert store.read(lambda s: users.settings(s, sara)).language == "fa"
    changed = store.write(lambda s: users.patch_settings(s, sara, UserSettingsPatch(language="en")))
    assert (changed.language, changed.digits) == ("en", "persian")
    assert store.read(lambda s: users.settings(s, sara)) == changed
    (event,) = store.read(lambda s: events.after(s, sara, 0, ["settings"], 10))
    assert event.data["language"] == "en"
    with pytest.raises(NotFound):
        store.write(lambda s: users.patch_settings(s, "nobody", UserSettingsPatch()))


def test_the_same_new_user_from_many_threads_is_one(store):
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: store.write(lambda s: users.ensure(s, "نو")), range(16)))
    assert len(set(ids)) == 1


def test_text_is_kept_byte_for_byte_where_databases_allow(store, sara):
    text_in = "می\u200cخواهم كِتاب‌ها ۱۲۳ \u202bآ\u202c 🌹 \u2028 \r\n\t"
    data = {"text": text_in, "deep": [{"x": text_in}], "nan": float("nan"), "bad": "\x00\ud800"}
    store.write(lambda s: events.append(s, sara, "jobs", EventType.LOG, data))
    (event,) = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 10))
    assert event.data["text"] == text_in
    assert event.data["deep"] == [{"x": text_in}]
    assert event.data["nan"] is None
    assert event.data["bad"] == "\u2400\ufffd"


def test_a_literal_backslash_u0000_is_text(store, sara):
    data = {"text": "\\u0000", "more": "\\\\u0000"}
    store.write(lambda s: events.append(s, sara, "jobs", EventType.LOG, data))
    (event,) = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 10))
    assert event.data == data


def test_a_full_disk_is_said_and_nothing_is_half_there(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'db.sqlite'}")
    user = store.write(lambda s: users.ensure(s, "sara"))

    def limit(session):
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count={pages + 2}"))

    def fill(session):
        limit(session)  # of this connection
        append(session, user, "small")
        append(session, user, "x" * 200_000)

    with pytest.raises(DiskFull) as caught:
        store.write(fill)
    assert caught.value.body.message_fa

    def unlimited(session):
        session.execute(text("PRAGMA max_page_count=1000000"))
        return append(session, user, "after")

    assert store.write(unlimited).seq == 1
    assert store.read(lambda s: s.scalar(text("PRAGMA integrity_check"))) == "ok"
    store.close()


def test_acknowledged_is_durable(store):
    if store.dialect != "sqlite":
        pytest.skip("PostgreSQL's own default")
    assert store.write(lambda s: s.scalar(text("PRAGMA journal_mode"))) == "wal"
    assert store.write(lambda s: s.scalar(text("PRAGMA synchronous"))) == 2
    assert store.write(lambda s: s.scalar(text("PRAGMA foreign_keys"))) == 1


def test_a_database_that_is_away_is_busy():
    with pytest.raises(Busy):
        Store.open("postgresql+psycopg://nobody@127.0.0.1:1/none")


def test_a_database_that_goes_away_and_comes_back(postgresql):
    store = Store.open(postgresql.database("away"))
    user = store.write(lambda s: users.ensure(s, "sara"))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'"
    postgresql.run(end)
    assert store.write(lambda s: append(s, user, 1)).seq == 1  # a new connection, by itself
    postgresql.run("ALTER DATABASE away ALLOW_CONNECTIONS false")
    postgresql.run(end)
    with pytest.raises(Busy):
        store.write(lambda s: append(s, user, 2))
    postgresql.run("ALTER DATABASE away ALLOW_CONNECTIONS true")
    assert store.write(lambda s: append(s, user, 3)).seq == 2
    store.close()


def test_a_schema_from_the_future_is_refused(url):
    store = Store.open(url)
    store.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    store.close()
    with pytest.raises(Conflict) as caught:
        Store.open(url)
    assert "newer" in caught.value.body.message
    assert caught.value.body.message_fa
