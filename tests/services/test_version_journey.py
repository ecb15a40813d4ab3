"""A model is trained, trained on as a version of itself, promoted, and deleted; real workers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_persian_ai.errors import ModelInUse, NotFound
from jupyter_persian_ai.protocol.data import DatasetAsk
from jupyter_persian_ai.protocol.jobs import JobState, TrainingAsk
from jupyter_persian_ai.services.service import Service
from jupyter_persian_ai.settings import Settings


@pytest.fixture
def options(tiny_options):
    """A pretraining of a handful of steps."""
    return tiny_options | {"max_steps": 4, "eval_every": 4, "checkpoint_every": 4}


def has_weights(folder):
    return Path(folder, "model.safetensors").is_file()


async def finished(service, me, ask):
    job, _ = await service.training.submit(me, ask, None)
    while not job.state.ended:
        await asyncio.sleep(0.2)
        job = await service.training_jobs.get(me, job.id)
    assert job.state is JobState.COMPLETED, job.error
    return job


def test_a_model_is_trained_on_as_a_version(tmp_path, verses, options, end_workers):
    data_dir = tmp_path / "data"

    async def journey():
        text = tmp_path / "verses.txt"
        text.write_text("\n".join(verses), "utf-8")
        service = await Service.open(Settings(data_dir=data_dir))
        try:
            me = await service.users.id_of("sara", "سارا")
            dataset = await service.datasets.add_path(me, DatasetAsk(path=str(text)))
            ask = TrainingAsk(recipe="pretrain", dataset_id=dataset.id, options=options)
            with pytest.raises(NotFound):
                await service.training.submit(
                    me, ask.model_copy(update={"version_of": "nobody"}), None
                )
            first = await finished(service, me, ask)
            on = {"model_id": first.id, "version_of": first.id}
            plain = {name: value for name, value in options.items() if name != "shape"}
            more = ask.model_copy(update=on | {"options": plain})

            queued, _ = await service.training.submit(me, more, None)
            assert queued.inputs["model_version"] == 1
            with pytest.raises(ModelInUse):
                await service.models.delete(me, first.id)
            while not queued.state.ended:
                await asyncio.sleep(0.2)
                queued = await service.training_jobs.get(me, queued.id)
            assert queued.result["model_id"] == first.id

            promoted = await service.model_versions.promote(me, first.id, 2)
            assert (promoted.version, promoted.parent_id) == (2, first.id)
            told = await service.lineage.of(me, first.id)
            assert [node.kind for node in told.nodes] == [
                "dataset", "job", "model", "job", "model",
            ]  # fmt: skip
            frees = (await service.model_users.of(me, first.id)).frees_bytes
            await service.model_versions.delete(me, first.id, 1)
            rest = (await service.model_users.of(me, first.id)).frees_bytes
            assert 0 < rest < frees
            assert not has_weights(first.result["model_path"])

            await service.training_jobs.delete(me, queued.id)
            current = await service.models.get(me, first.id)
            assert has_weights(current.path), "a model outlives its job"
            await service.models.delete(me, first.id)
            assert not (data_dir / "jobs" / queued.id).exists()
            assert not list((data_dir / "leaving").iterdir())
        finally:
            await service.close()
            end_workers(data_dir)

    asyncio.run(journey())
