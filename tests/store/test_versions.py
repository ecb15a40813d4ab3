"""Versions of datasets, who uses them, and the schema that they came with."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from jupyter_persian_ai.errors import Conflict, NotFound
from jupyter_persian_ai.protocol.base import new_id, now
from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe
from jupyter_persian_ai.store import Store, dataset_users, datasets, events, jobs, models, versions
from jupyter_persian_ai.store.engine import open_engine
from jupyter_persian_ai.store.types import to_json
from jupyter_persian_ai.store.versions import Made


def another(dataset, **changes):
    return dataset.model_copy(update={"sha256": new_id(), "created": now(), **changes})


def kept(store, user, dataset):
    return store.write(lambda s: datasets.insert(s, user, dataset, f"datasets/{dataset.sha256}"))


def add(store, user, dataset, **made):
    path = f"datasets/{dataset.sha256}"
    return store.write(lambda s: versions.add(s, user, dataset, path, Made(**made)))


def submit(store, user, name, **inputs):
    return store.write(
        lambda s: jobs.submit(
            s, user, kind=JobKind.TRAINING, recipe="sft", name=name, options={}, inputs=inputs,
            idempotency_key=None, root_id="r",
        )
    )[0]  # fmt: skip


def test_an_import_is_version_one(store, sara, dataset):
    kept(store, sara, dataset)
    version, path = store.read(lambda s: versions.get(s, sara, dataset.id))
    assert (version.number, version.recipe, version.parent_number) == (1, [], None)
    assert (version.sha256, version.report) == (dataset.sha256, dataset.report)
    assert path == f"datasets/{dataset.sha256}"


def test_the_dataset_is_what_its_newest_version_is(store, sara, dataset):
    kept(store, sara, dataset)
    recipe = NormaliserRecipe(digits="latin")
    step = {"kind": "normalise", "recipe": recipe.model_dump(mode="json")}
    two = another(dataset, normaliser=recipe, bytes=7)
    version = add(
        store, sara, two, recipe=(step,), parent_dataset_id=dataset.id, parent_number=1, note="یک"
    )
    assert (version.number, version.note, version.parent_number) == (2, "یک", 1)
    assert version.recipe[0].recipe == recipe
    found = store.read(lambda s: datasets.get(s, sara, dataset.id))
    assert (found.version, found.sha256, found.bytes) == (2, two.sha256, 7)
    assert found.normaliser == recipe
    assert store.read(lambda s: versions.get(s, sara, dataset.id))[0] == version
    assert store.read(lambda s: versions.get(s, sara, dataset.id, 1))[0].sha256 == dataset.sha256
    assert store.read(lambda s: datasets.path(s, sara, dataset.id)).endswith(two.sha256)
    page = store.read(lambda s: versions.page(s, sara, dataset.id))
    assert [one.number for one in page.items] == [2, 1]
    told = store.read(lambda s: events.after(s, sara, 0, ["datasets"], 10))
    assert [one.data["version"] for one in told] == [1, 2]


def test_a_number_is_not_given_twice(store, sara, dataset):
    kept(store, sara, dataset)
    two = another(dataset)
    add(store, sara, two)
    assert store.write(lambda s: versions.delete(s, sara, dataset.id, 2)).sha256 == two.sha256
    found = store.read(lambda s: datasets.get(s, sara, dataset.id))
    assert (found.version, found.sha256) == (1, dataset.sha256)
    assert not store.read(lambda s: versions.shared(s, two.sha256))
    assert add(store, sara, another(dataset)).number == 3
    store.write(lambda s: versions.delete(s, sara, dataset.id, 1))
    with pytest.raises(Conflict):
        store.write(lambda s: versions.delete(s, sara, dataset.id, 3))
    with pytest.raises(NotFound):
        store.read(lambda s: versions.get(s, sara, dataset.id, 1))


def test_versions_are_their_users_alone(store, sara, omid, dataset):
    kept(store, sara, dataset)
    for call in (
        lambda s: versions.get(s, omid, dataset.id),
        lambda s: versions.get(s, omid, dataset.id, 1),
        lambda s: versions.page(s, omid, dataset.id),
        lambda s: versions.add(s, omid, dataset, "x", Made()),
        lambda s: versions.delete(s, omid, dataset.id, 1),
        lambda s: dataset_users.of(s, omid, dataset.id),
        lambda s: dataset_users.of(s, omid, dataset.id, 1),
    ):
        with pytest.raises(NotFound):
            store.write(call)


def test_content_is_shared_across_users_and_versions(store, sara, omid, dataset):
    kept(store, sara, dataset)
    twin = dataset.model_copy(update={"id": new_id()})
    kept(store, omid, twin)
    add(store, omid, another(twin))
    store.write(lambda s: versions.hold_contents(s) or datasets.delete(s, sara, dataset.id))
    assert store.read(lambda s: versions.shared(s, dataset.sha256))
    assert len(store.read(lambda s: versions.contents(s, twin.id))) == 2
    store.write(lambda s: datasets.delete(s, omid, twin.id))
    assert not store.read(lambda s: versions.shared(s, dataset.sha256))
    assert store.read(lambda s: versions.contents(s, twin.id)) == set()


def test_who_uses_a_dataset(store, sara, omid, dataset, model):
    kept(store, sara, dataset)
    two = another(dataset)
    add(store, sara, two)
    submit(store, sara, "old", dataset_id=dataset.id, dataset_sha256=dataset.sha256)
    new = submit(store, sara, "new", dataset_id=dataset.id, dataset_version=2)
    submit(store, sara, "test", dataset_id="x", test_dataset_id=dataset.id, test_dataset_version=1)
    submit(store, sara, "leak", others=[{"id": dataset.id, "version": 2}])
    submit(store, omid, "his", dataset_id=dataset.id)
    store.write(lambda s: jobs.request_stop(s, sara, new.id))
    store.write(lambda s: models.insert(s, sara, model.model_copy(update={"job_id": new.id})))
    part = dataset.model_copy(update={"id": new_id(), "name": "part", "parent_id": dataset.id})
    made = Made(parent_dataset_id=dataset.id, parent_number=2)
    store.write(lambda s: datasets.insert(s, sara, part, "p", made))

    def users(number=None):
        return store.read(lambda s: dataset_users.of(s, sara, dataset.id, number))

    assert users().jobs == ["new"]
    assert users().waiting == ["old", "test", "leak"]
    assert (users().models, users().datasets) == ([model.name], ["part"])
    assert (users(1).jobs, users(1).waiting) == ([], ["old", "test"])
    assert (users(1).models, users(1).datasets) == ([], [])
    assert (users(2).jobs, users(2).waiting) == (["new"], ["leak"])
    assert (users(2).models, users(2).datasets) == ([model.name], ["part"])
    assert store.read(lambda s: dataset_users.resumable(s, sara, dataset.id)) == ["new"]
    assert store.read(lambda s: dataset_users.resumable(s, sara, dataset.id, 1)) == []


def test_a_database_of_before_gets_its_first_versions(url, dataset):
    """What lies in a database of the schema before is version 1, whole."""
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(
            text("INSERT INTO users VALUES ('u', 'sara', 'سارا', 0, :now)"), {"now": now()}
        )
        connection.execute(
            text(
                "INSERT INTO datasets (id, user_id, name, shape, source, sha256, path, bytes, "
                "report, license, created) "
                "VALUES ('d', 'u', 'n', 'text', 'path', 'abc', 'here', 5, :report, '', :now)"
            ),
            {"report": to_json(dataset.report.model_dump(mode="json")), "now": now()},
        )
        connection.execute(
            text(
                "INSERT INTO models VALUES "
                "('m', 'u', 'n', 'path', 'p', '', 0, 0, 0, 0, '', NULL, '{}', :now)"
            ),
            {"now": now()},
        )
    engine.dispose()
    store = Store.open(url)
    version, path = store.read(lambda s: versions.get(s, "u", "d"))
    assert (version.number, version.sha256, version.bytes, path) == (1, "abc", 5, "here")
    assert (version.report, version.recipe) == (dataset.report, [])
    found = store.read(lambda s: datasets.get(s, "u", "d"))
    assert (found.version, found.parent_id, found.normaliser) == (1, "", None)
    assert store.read(lambda s: models.get(s, "u", "m")).normaliser is None
    assert add(store, "u", another(found)).number == 2
    store.close()
