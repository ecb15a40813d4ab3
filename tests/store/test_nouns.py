"""Datasets, models, notifications and conversations."""

from __future__ import annotations

import pytest

from jupyter_persian_ai.errors import Conflict, NotFound
from jupyter_persian_ai.protocol.base import Note, new_id
from jupyter_persian_ai.protocol.chat import ConversationAsk, ConversationPatch, Role, Usage
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.store import chat, datasets, events, models, notifications, versions

TEXT = "می\u200cخواهم\r\n\tdef f():\n    return '۱۲۳' \u202e"


def types(store, user, topic):
    return [e.type.value for e in store.read(lambda s: events.after(s, user, 0, [topic], 100))]


def test_datasets(store, sara, omid, dataset):
    kept = store.write(lambda s: datasets.insert(s, sara, dataset, "datasets/ab"))
    assert kept.seq == 1
    assert store.read(lambda s: datasets.get(s, sara, dataset.id)) == kept
    assert store.read(lambda s: datasets.path(s, sara, dataset.id)) == "datasets/ab"
    renamed = store.write(lambda s: datasets.rename(s, sara, dataset.id, "نو"))
    page = store.read(lambda s: datasets.page(s, sara))
    assert page.items == [renamed]
    assert (page.seq, page.next_cursor) == (2, None)
    twin = dataset.model_copy(update={"id": new_id()})
    store.write(lambda s: datasets.insert(s, omid, twin, "datasets/ab"))
    assert store.write(lambda s: datasets.delete(s, sara, dataset.id)).sha256 == dataset.sha256
    assert store.read(lambda s: versions.shared(s, dataset.sha256))
    assert types(store, sara, "datasets") == ["created", "changed", "deleted"]
    for call in (
        lambda s: datasets.get(s, sara, twin.id),
        lambda s: datasets.rename(s, sara, twin.id, "x"),
        lambda s: datasets.delete(s, sara, twin.id),
        lambda s: datasets.path(s, sara, twin.id),
    ):
        with pytest.raises(NotFound):
            store.write(call)


def test_models(store, sara, omid, model):
    kept = store.write(lambda s: models.insert(s, sara, model))
    assert store.read(lambda s: models.get(s, sara, model.id)) == kept
    assert store.write(lambda s: models.rename(s, sara, model.id, "نو")).name == "نو"
    for call in (
        lambda s: models.get(s, omid, model.id),
        lambda s: models.rename(s, omid, model.id, "x"),
        lambda s: models.delete(s, omid, model.id),
    ):
        with pytest.raises(NotFound):
            store.write(call)
    assert store.read(lambda s: models.page(s, omid)).items == []
    store.write(lambda s: models.delete(s, sara, model.id))
    assert types(store, sara, "models") == ["created", "changed", "deleted"]


def test_notifications(store, sara, omid):
    note = Note(en="Done", fa="تمام شد")
    kept = [
        store.write(lambda s: notifications.notify(s, sara, "job_completed", note, note, "job:1"))
        for _ in range(4)
    ]
    assert store.read(lambda s: notifications.unread_count(s, sara)) == 4
    read = store.write(lambda s: notifications.mark_read(s, sara, kept[0].id))
    assert read.read
    again = store.write(lambda s: notifications.mark_read(s, sara, kept[0].id))
    assert again.seq == read.seq
    unread = store.read(lambda s: notifications.page(s, sara, unread=True))
    assert [one.id for one in unread.items] == [one.id for one in kept[:0:-1]]
    assert store.write(lambda s: notifications.mark_all_read(s, sara)) == 3
    for call in (notifications.get, notifications.mark_read, notifications.delete):
        with pytest.raises(NotFound):
            store.write(lambda s, f=call: f(s, omid, kept[0].id))
    store.write(lambda s: notifications.delete(s, sara, kept[0].id))
    assert store.write(lambda s: notifications.delete_all(s, sara)) == 3
    assert store.read(lambda s: notifications.page(s, sara)).items == []


def begin(store, user, **changes):
    ask = ConversationAsk(model_id="m", title="سلام", **changes)
    return store.write(lambda s: chat.create(s, user, ask))


def test_a_conversation_is_kept_byte_for_byte(store, sara):
    conversation = begin(store, sara, system=TEXT)
    cid = conversation.id
    store.write(lambda s: chat.add_message(s, sara, cid, "user", TEXT))
    answer = store.write(lambda s: chat.add_message(s, sara, cid, "assistant", "", "streaming"))
    usage = Usage(prompt_tokens=3, tokens_per_second=1.5)
    done = store.write(lambda s: chat.finish_message(s, sara, answer.id, TEXT, "done", usage))
    assert (done.text, done.usage) == (TEXT, usage)
    detail = store.read(lambda s: chat.get(s, sara, cid))
    assert detail.system == TEXT
    assert [(m.role, m.text, m.state) for m in detail.messages] == [
        (Role.USER, TEXT, "done"),
        (Role.ASSISTANT, TEXT, "done"),
    ]
    assert detail.updated > detail.created


def test_a_conversation_is_its_users_alone(store, sara, omid):
    cid = begin(store, sara).id
    message = store.write(lambda s: chat.add_message(s, sara, cid, "user", "x"))
    for call in (
        lambda s: chat.get(s, omid, cid),
        lambda s: chat.patch(s, omid, cid, ConversationPatch(title="x")),
        lambda s: chat.delete(s, omid, cid),
        lambda s: chat.add_message(s, omid, cid, "user", "x"),
        lambda s: chat.finish_message(s, omid, message.id, "x", "done"),
        lambda s: chat.drop_last_answer(s, omid, cid),
    ):
        with pytest.raises(NotFound):
            store.write(call)
    assert store.read(lambda s: chat.page(s, omid)).items == []


def test_changing_listing_and_deleting_conversations(store, sara):
    first, second = begin(store, sara).id, begin(store, sara).id
    patch = ConversationPatch(title="نام تازه", sampling={"temperature": 0.1})
    changed = store.write(lambda s: chat.patch(s, sara, first, patch))
    assert (changed.title, changed.sampling.temperature) == ("نام تازه", 0.1)
    assert changed.model_id == "m"
    page = store.read(lambda s: chat.page(s, sara))
    assert [one.id for one in page.items] == [first, second]  # last used first
    store.write(lambda s: chat.delete(s, sara, second))
    with pytest.raises(NotFound):
        store.read(lambda s: chat.get(s, sara, second))
    assert store.write(lambda s: chat.delete_all(s, sara)) == 1
    assert types(store, sara, "chat").count("deleted") == 2


def test_answering_again(store, sara):
    cid = begin(store, sara).id
    with pytest.raises(Conflict):
        store.write(lambda s: chat.drop_last_answer(s, sara, cid))
    question = store.write(lambda s: chat.add_message(s, sara, cid, "user", "چرا؟"))
    assert store.write(lambda s: chat.drop_last_answer(s, sara, cid)).id == question.id
    answer = store.write(lambda s: chat.add_message(s, sara, cid, "assistant", "", "streaming"))
    with pytest.raises(Conflict):
        store.write(lambda s: chat.drop_last_answer(s, sara, cid))
    store.write(lambda s: chat.finish_message(s, sara, answer.id, "زیرا", "stopped"))
    assert store.write(lambda s: chat.drop_last_answer(s, sara, cid)).id == question.id
    messages = store.read(lambda s: chat.get(s, sara, cid)).messages
    assert [message.id for message in messages] == [question.id]


def test_what_nobody_writes_any_more_is_settled(store, sara):
    cid = begin(store, sara).id
    answer = store.write(lambda s: chat.add_message(s, sara, cid, "assistant", "نیم", "streaming"))
    assert store.write(chat.settle) == 1
    assert store.write(chat.settle) == 0
    (message,) = store.read(lambda s: chat.get(s, sara, cid)).messages
    assert (message.id, message.text, message.state) == (answer.id, "نیم", "stopped")


def test_events_of_a_topic_are_the_things_themselves(store, sara, model):
    store.write(lambda s: models.insert(s, sara, model))
    (event,) = store.read(lambda s: events.after(s, sara, 0, ["models"], 10))
    assert event.type is EventType.CREATED
    assert event.data == store.read(lambda s: models.get(s, sara, model.id)).model_dump(mode="json")
