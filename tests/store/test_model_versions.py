"""Versions of models, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from jupyter_persian_ai.errors import Conflict, NotFound
from jupyter_persian_ai.protocol.base import new_id
from jupyter_persian_ai.protocol.registry import ModelPatch
from jupyter_persian_ai.store import Store, events, migrate, model_origins, model_versions, models
from jupyter_persian_ai.store.engine import open_engine
from jupyter_persian_ai.store.model_versions import Made


@pytest.fixture
def three(store, sara, model):
    """A model of three versions; the first is current."""
    kept = store.write(lambda s: models.insert(s, sara, model))

    def add(number):
        told = {"path": f"somewhere/{number}", "parameters": number, "figures": {"n": number}}
        other = model.model_copy(update=told)
        return store.write(lambda s: model_versions.add(s, sara, kept.id, other, Made(note="n")))

    assert [add(2).number, add(3).number] == [2, 3]
    return kept.id


def steps(store, user, model_id, *moves):
    """The current version after each move: a number promotes, None rolls back."""
    found = []
    for number in moves:
        if number is None:
            model = store.write(lambda s: model_versions.roll_back(s, user, model_id))
        else:
            model = store.write(lambda s, n=number: model_versions.promote(s, user, model_id, n))
        found.append(model.version)
    return found


def test_rolling_back_retraces_every_step(store, sara, three):
    assert steps(store, sara, three, 3, 2, 3, None, None, None) == [3, 2, 3, 2, 3, 1]
    with pytest.raises(Conflict):
        steps(store, sara, three, None)
    assert steps(store, sara, three, 1, 2, 2, None) == [1, 2, 2, 1], "standing still is no step"
    with pytest.raises(NotFound):
        steps(store, sara, three, 9)


def test_the_models_row_says_what_its_current_version_says(store, sara, three):
    store.write(lambda s: model_versions.promote(s, sara, three, 3))
    model = store.read(lambda s: models.get(s, sara, three))
    assert (model.version, model.path, model.figures) == (3, "somewhere/3", {"n": 3})
    assert (model.versions, model.can_roll_back) == (3, True)
    second = store.read(lambda s: model_versions.described(s, sara, three, 2))
    assert (second.version, second.path, second.name) == (2, "somewhere/2", model.name)
    told = store.read(lambda s: events.after(s, sara, 0, ["models"], 10))[-1].data
    assert (told["version"], told["path"]) == (3, "somewhere/3")


def test_a_deleted_version_is_no_step_back_and_its_number_not_given_again(store, sara, three):
    steps(store, sara, three, 2, 3, 2, 1)
    with pytest.raises(Conflict):
        store.write(lambda s: model_versions.delete(s, sara, three, 1))
    gone = store.write(lambda s: model_versions.delete(s, sara, three, 2))
    assert (gone.number, gone.path) == (2, "somewhere/2")
    # 1 → 2 → 3 → 2 → 1, without the 2s.
    assert steps(store, sara, three, None, None) == [3, 1]
    model = store.read(lambda s: models.get(s, sara, three))
    added = store.write(lambda s: model_versions.add(s, sara, three, model, Made()))
    assert added.number == 4
    listed = store.read(lambda s: model_versions.of_model(s, sara, three))
    assert [(one.number, one.current) for one in listed] == [(4, False), (3, False), (1, True)]


def test_another_user_sees_none_of_it(store, sara, omid, three):
    for call in (
        lambda s: model_versions.of_model(s, omid, three),
        lambda s: model_versions.get(s, omid, three),
        lambda s: model_versions.promote(s, omid, three, 2),
        lambda s: model_versions.roll_back(s, omid, three),
        lambda s: model_versions.delete(s, omid, three, 2),
        lambda s: models.patch(s, omid, three, ModelPatch(notes="x")),
    ):
        with pytest.raises(NotFound):
            store.write(call)
    assert store.read(lambda s: models.find(s, omid, words="")) == []


def test_a_folder_is_in_use_as_long_as_any_version_of_anyone_is_in_it(store, sara, omid, three):
    mine = {(three, 2)}

    def used(path, besides=()):
        return store.read(lambda s: model_origins.path_in_use(s, path, besides=besides))

    assert used("somewhere/2")
    assert not used("somewhere/2", mine)
    other = store.read(lambda s: model_versions.described(s, sara, three, 2))
    theirs = other.model_copy(update={"id": new_id()})
    store.write(lambda s: models.insert(s, omid, theirs))
    assert used("somewhere/2", mine)
    below = store.read(lambda s: sorted(model_origins.paths_within(s, "somewhere")))
    assert below == ["somewhere/2", "somewhere/3", "somewhere/model"]
    assert store.read(lambda s: model_origins.paths_within(s, "some_here")) == []


def test_notes_and_tags_are_kept_and_found(store, sara, model):
    store.write(lambda s: models.insert(s, sara, model))
    patch = ModelPatch(tags=["شعر"], notes="خوب\u200cاست")
    kept = store.write(lambda s: models.patch(s, sara, model.id, patch))
    assert store.read(lambda s: models.get(s, sara, model.id)) == kept
    for words in ("حافظ", "خوباست", "شعر حافظ"):
        assert [one.id for one in store.read(lambda s, w=words: models.find(s, sara, words=w))]
    assert not store.read(lambda s: models.find(s, sara, words="سعدی"))
    assert not store.read(lambda s: models.find(s, sara, tag="شع"))
    assert not store.read(lambda s: models.find(s, sara, source="hub"))


def test_models_of_before_become_their_first_version(url):
    """A database as 0003 left it: a trained model with its job, and one from a Hub cache."""
    from alembic import command
    from alembic.config import Config

    Store.open(url).close()
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    inputs = '{"dataset_id": "d", "dataset_name": "غزل", "dataset_version": 2, "model_id": "p"}'
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        moment = "'2025-01-02 03:04:05.000000'"
        connection.execute(text(f"INSERT INTO users VALUES ('u', 'sara', 'سارا', 0, {moment})"))
        connection.execute(
            text(
                "INSERT INTO jobs (id, user_id, root_id, kind, recipe, name, state, reason, "
                "stopping, pausing, attempt, options, inputs, request_sha256, fresh, furthest, "
                "fruitless, created, queued, announced) VALUES ('j', 'u', 'r', 'training', 'sft', "
                "'کار', 'completed', '', false, false, 1, '{}', :inputs, '', false, 0, 0, "
                f"{moment}, {moment}, {moment})"
            ),
            {"inputs": inputs},
        )
        for model_id, source, path, job in (
            ("a", "trained", "/jobs/j/1/model", "j"),
            ("b", "hub", "/hub/models--org--na--me/snapshots/abc", None),
        ):
            connection.execute(
                text(
                    "INSERT INTO models (id, user_id, name, source, path, architecture, "
                    "parameters, bytes, vocabulary, context_length, license, job_id, figures, "
                    "created) VALUES (:id, 'u', 'm', :source, :path, 'X', 1, 2, 3, 4, 'mit', "
                    f":job, '{{\"loss\": 1.5}}', {moment})"
                ),
                {"id": model_id, "source": source, "path": path, "job": job},
            )
    migrate.upgrade(engine)
    engine.dispose()
    store = Store.open(url)
    try:
        a = store.read(lambda s: model_versions.get(s, "u", "a"))
        assert (a.number, a.current, a.figures, a.license) == (1, True, {"loss": 1.5}, "mit")
        assert (a.job_id, a.dataset_id, a.dataset_version, a.parent_id) == ("j", "d", 2, "p")
        names = store.read(lambda s: model_origins.names(s, "a", 1))
        assert (names["job"], names["dataset"]) == ("کار", "غزل")
        b = store.read(lambda s: models.get(s, "u", "b"))
        assert (b.repo_id, b.revision, b.versions) == ("org/na--me", "abc", 1)
        assert (b.version, b.tags, b.notes) == (1, [], "")
    finally:
        store.close()
