"""What completed jobs leave behind in the registry, and the stories that are told of it."""

from __future__ import annotations

import asyncio
import json

import pytest

from jupyter_persian_ai.protocol.base import new_id, now
from jupyter_persian_ai.protocol.data import Dataset, DatasetReport, DatasetStats, Model
from jupyter_persian_ai.protocol.jobs import JobKind, JobState
from jupyter_persian_ai.services.adoption import adopt
from jupyter_persian_ai.services.lineage import drawn
from jupyter_persian_ai.services.model_removal import Removal
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import Store, datasets, jobs, model_versions, models, users
from jupyter_persian_ai.store.schema import JobRow, ModelVersionRow

FACTS = {
    "architecture": "LlamaForCausalLM",
    "model_type": "llama",
    "parameters": 7,
    "bytes": 28,
    "dtype": "f32",
    "vocabulary": 64,
    "context_length": 128,
    "license": "mit",
    "config": {"vocab_size": 64},
    "path": "/etc",
    "id": "chosen by a stranger",
    "source": "trained",
}


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'db.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def me(store):
    return store.write(lambda s: users.ensure(s, "sara", "سارا"))


@pytest.fixture
def finish(store, me):
    """A job that has just completed, with what `adopt` made of it."""

    def make(kind, recipe, result, *, name="کار", inputs=None, options=None):
        def write(session):
            job, _ = jobs.submit(
                session, me, kind=kind, recipe=recipe, name=name, options=options or {},
                inputs=inputs or {}, idempotency_key=None, root_id="r",
            )  # fmt: skip
            row = session.get_one(JobRow, job.id)
            row.state, row.result = JobState.COMPLETED.value, result
            session.flush()
            adopt(session, jobs.get(session, me, job.id))
            return jobs.get(session, me, job.id)

        return store.write(write)

    return make


@pytest.fixture
def trained(finish, tmp_path):
    """A training that completed."""

    def make(name="آموزش", **inputs):
        folder = tmp_path / new_id()
        folder.mkdir()
        config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "bfloat16"}
        (folder / "config.json").write_text(json.dumps(config))
        result = {"model_path": str(folder), "parameters": 9, "figures": {"eval_loss": 2.5}}
        return finish(JobKind.TRAINING, "sft", result, name=name, inputs=inputs)

    return make


@pytest.fixture
def dataset(store, me):
    report = DatasetReport(
        name="a", format="txt", encoding="utf-8", shape="text", fields=[],
        stats=DatasetStats(rows=1, characters=4, words=1),
    )  # fmt: skip
    data = Dataset(
        id="d" * 20, name="غزل‌ها", shape="text", source="path", sha256="0" * 64, bytes=4,
        report=report, created=now(),
    )  # fmt: skip
    return store.write(lambda s: datasets.insert(s, me, data, path="/d"))


def test_a_training_becomes_a_model_that_knows_its_making(store, me, trained, dataset):
    job = trained(dataset_id=dataset.id, dataset_version=1, dataset_name="غزل‌ها")
    model = store.read(lambda s: models.get(s, me, job.id))
    assert job.result["model_id"] == model.id
    assert (job.result["model_version"], job.result["parameters"]) == (1, 9)
    assert (model.source, model.dtype, model.model_type) == ("trained", "bfloat16", "llama")
    assert (model.job_id, model.dataset_id, model.dataset_version) == (job.id, dataset.id, 1)
    assert model.figures == {"eval_loss": 2.5}


def test_it_becomes_a_version_where_that_was_asked_for(store, me, trained):
    first = trained()
    second = trained(version_of=first.id, model_id=first.id, model_version=1)
    assert (second.result["model_id"], second.result["model_version"]) == (first.id, 2)
    model = store.read(lambda s: models.get(s, me, first.id))
    assert (model.version, model.versions) == (1, 2), "it is not promoted by itself"
    version = store.read(lambda s: model_versions.get(s, me, first.id, 2))
    assert (version.parent_id, version.parent_version, version.current) == (first.id, 1, False)
    # Where the model was deleted meanwhile, what was trained is not lost.
    store.write(lambda s: models.delete(s, me, first.id))
    third = trained(version_of=first.id)
    assert third.result["model_id"] == third.id


def download(finish, revision, **facts):
    result = {"path": f"/hub/models--o--n/snapshots/{revision}", "repo_id": "o/n"}
    result |= {"revision": revision, "model": FACTS | facts}
    return finish(JobKind.DOWNLOAD, "hub", result, name="o/n")


def test_a_new_revision_becomes_a_version_and_the_same_one_nothing(store, me, finish):
    first = download(finish, "aaa")
    model = store.read(lambda s: models.get(s, me, first.id))
    assert (model.source, model.repo_id, model.revision) == ("hub", "o/n", "aaa")
    assert (model.id, model.path) == (first.id, "/hub/models--o--n/snapshots/aaa")
    assert (model.dtype, model.license) == ("float32", "mit")
    second = download(finish, "bbb", parameters=8)
    assert (second.result["model_id"], second.result["model_version"]) == (first.id, 2)
    again = download(finish, "aaa", bytes=56)
    assert (again.result["model_id"], again.result["model_version"]) == (first.id, 1)
    (model,) = store.read(lambda s: models.page(s, me)).items
    assert (model.version, model.versions, model.bytes) == (1, 2, 56)


@pytest.mark.parametrize(
    ("kind", "recipe", "source"),
    [
        ("model", "convert", "converted"),
        ("model", "gguf", "converted"),
        ("model", "merge", "merged"),
        ("bundle", "unpack", "bundle"),
    ],
)
def test_what_other_jobs_make(store, me, finish, trained, kind, recipe, source):
    base = trained(name="پایه")
    job = finish(
        kind, recipe, {"path": "/made", "model": FACTS}, name="از کار",
        options={"name": "نام", "path": "/from/x.gguf"},
        inputs={"parent_id": base.id, "parent_version": 1},
    )  # fmt: skip
    model = store.read(lambda s: models.get(s, me, job.result["model_id"]))
    assert (model.id, model.source, model.path) == (job.id, source, "/made")
    assert (model.name, model.parent_id) == ("نام", base.id)


@pytest.mark.parametrize(
    ("kind", "recipe", "result"),
    [
        ("model", "export", {"path": "/x", "files": []}),
        ("model", "push", {"url": "https://h"}),
        ("bundle", "pack", {"path": "/x", "model": FACTS}),
        ("bundle", "unpack", {"dataset_id": "d"}),
        ("download", "hub", {"path": "/x", "repo_type": "dataset"}),
    ],
)
def test_what_makes_no_model(store, me, finish, kind, recipe, result):
    assert "model_id" not in finish(kind, recipe, result).result
    assert store.read(lambda s: models.page(s, me)).items == []


def test_a_story_outlives_what_it_tells_of(store, me, finish, trained, dataset):
    base = download(finish, "aaa")
    given = {"dataset_id": dataset.id, "dataset_version": 1, "dataset_name": dataset.name}
    tuned = trained(name="تنظیم", model_id=base.id, model_version=1, model_name="o/n", **given)
    merged = finish(
        JobKind.MODEL, "merge", {"path": "/m", "model": FACTS}, name="ادغام",
        options={"adapter": "/a/adapter"}, inputs={"parent_id": tuned.id, "parent_version": 1},
    )  # fmt: skip
    story = store.read(lambda s: drawn(s, me, tuned.id))
    nodes = {node.id: node for node in story.nodes}
    assert story.focus == f"model:{tuned.id}:1"
    assert set(nodes) == {
        f"model:{tuned.id}:1", f"job:{tuned.id}", f"dataset:{dataset.id}:1",
        f"model:{base.id}:1", f"job:{base.id}", "hub:o/n@aaa",
        f"model:{merged.id}:1", f"job:{merged.id}", "file:adapter",
    }  # fmt: skip
    ties = {(edge.source, edge.target) for edge in story.edges}
    assert (f"dataset:{dataset.id}:1", f"job:{tuned.id}") in ties
    assert (f"model:{base.id}:1", f"job:{tuned.id}") in ties
    assert (f"model:{tuned.id}:1", f"job:{merged.id}") in ties
    assert all(nodes[a].layer < nodes[b].layer for a, b in ties)
    assert nodes[f"job:{tuned.id}"].link == f"job:{tuned.id}"
    assert not any(node.gone for node in story.nodes)

    def forget(session):
        models.delete(session, me, base.id)
        datasets.delete(session, me, dataset.id)
        jobs.delete(session, me, tuned.id)

    store.write(forget)
    story = store.read(lambda s: drawn(s, me, merged.id))
    gone = {node.id: node.title for node in story.nodes if node.gone}
    assert gone == {
        f"model:{base.id}:1": "o/n",
        f"dataset:{dataset.id}:1": "غزل‌ها",
        f"job:{tuned.id}": "تنظیم",
    }


def test_a_story_that_bites_its_tail_is_told(store, me, trained):
    one = trained()

    def tie(session):
        model = Model(id=new_id(), name="b", source="path", path="/b", created=now())
        other = models.insert(session, me, model.model_copy(update={"parent_id": one.id}))
        session.get_one(ModelVersionRow, (one.id, 1)).parent_id = other.id

    store.write(tie)
    story = store.read(lambda s: drawn(s, me, one.id))
    assert len(story.nodes) == 4


def test_a_deletion_that_was_cut_off_is_finished_by_the_next_server(store, me, tmp_path):
    data = tmp_path / "data"
    gone, kept = (data / "models" / name / "model" for name in ("gone", "kept"))
    for folder in (gone, kept):
        folder.mkdir(parents=True)
        (folder / "weights").write_text("x")
    model = Model(id=new_id(), name="k", source="merged", path=str(kept), created=now())
    store.write(lambda s: models.insert(s, me, model))
    killed = Removal(store, Settings(data_dir=data))
    # The row of one was forgotten and the server killed; the other's transaction failed.
    note = killed.announce([gone, kept])
    damaged = note.with_name("damaged.json")
    damaged.write_text("{")
    asyncio.run(Removal(store, Settings(data_dir=data)).start())
    assert not (data / "models" / "gone").exists()
    assert (kept / "weights").is_file()
    assert not note.exists()
    assert not damaged.exists()
