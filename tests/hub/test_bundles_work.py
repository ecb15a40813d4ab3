"""Jobs of bundles as a worker runs them: what goes along, stopping, and what may not come in."""

import json
import os
import shutil
import signal

import psutil
import pytest

from jupyter_persian_ai.bundling import packing, unpacking
from jupyter_persian_ai.errors import BundleNotPackable, DiskFull, ModelUnsafe
from jupyter_persian_ai.hub.bundles import pack
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext, WorkStopped

JOB = "0123456789abcdef0123"


class Work:
    """A job with its folder; `stop_after` so many reports it is to stop."""

    def __init__(self, root, recipe, inputs):
        self.root = root
        self.recipe = recipe
        self.inputs = inputs
        self.reports = []
        self.stop_after = 10**9
        self.attempt = 0
        self.on_report = None

    def run(self):
        self.attempt += 1
        self.reports.clear()
        folder = self.root / "job" / str(self.attempt)
        folder.mkdir(parents=True)
        spec = JobSpec(
            job_id=JOB,
            attempt=self.attempt,
            kind="bundle",
            recipe=self.recipe,
            name="مدل",
            inputs=self.inputs,
            job_dir=str(self.root / "job"),
        )
        module = packing if self.recipe == "pack" else unpacking
        return module.run(WorkerContext(spec, folder, self._emit, self._should_stop))

    def _emit(self, type, data):
        if type is EventType.PROGRESS:
            self.reports.append(data)
            if self.on_report:
                self.on_report(data)

    def _should_stop(self):
        return len(self.reports) >= self.stop_after


@pytest.fixture
def packs(tmp_path):
    """`packs(folder)` is the job that packs it into `out`."""

    def of(folder, **changes):
        (tmp_path / "out").mkdir(exist_ok=True)
        inputs = {
            "subject": "model",
            "source_dir": str(folder),
            "out_dir": str(tmp_path / "out"),
            "chosen_folder": True,
            "name": "مدل",
            "license": "apache-2.0",
            "root": "bundle-v1",
            "part_bytes": 0,
            "disk_reserve_bytes": 0,
        }
        return Work(tmp_path / "packing", "pack", inputs | changes)

    return of


@pytest.fixture
def unpacks(tmp_path):
    """`unpacks(packed)` is the job that takes the bundle in."""

    def of(packed):
        inputs = {
            "path": packed["path"],
            "bundle_id": packed["id"],
            "subject": "model",
            "models_dir": str(tmp_path / "models"),
            "memory_bytes": 2**31,
            "silent_seconds": 120,
            "max_line_bytes": 2**20,
            "disk_reserve_bytes": 0,
        }
        return Work(tmp_path / "unpacking", "unpack", inputs)

    return of


def test_what_a_loader_needs_goes_along(model):
    for name in ("notes.py", "pytorch_model.bin", "training_args.bin", ".gitattributes", "x.onnx"):
        (model / name).write_text("never")
    (model / "LICENSE").write_text("mit")
    (model / "onnx").mkdir()
    (model / "onnx" / "model.json").write_text("{}")
    assert [name for name, _ in packing.files("model", model)] == [
        "LICENSE",
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_a_snapshot_of_the_hubs_cache_is_packed_whole(model, tmp_path):
    blobs = tmp_path / "models--a--b" / "blobs"
    snapshot = tmp_path / "models--a--b" / "snapshots" / "0123"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for path in model.iterdir():
        path.rename(blobs / path.name)
        (snapshot / path.name).symlink_to(blobs / path.name)
    found = packing.files("model", snapshot)
    assert len(found) == 5
    assert all(path.parent == blobs and not path.is_symlink() for _, path in found)
    (snapshot / "out.json").symlink_to("/etc/passwd")
    with pytest.raises(ModelUnsafe):
        packing.files("model", snapshot)


def test_a_name_that_cannot_be_carried(model):
    (model / "a*b.json").write_text("{}")
    with pytest.raises(BundleNotPackable) as failure:
        packing.files("model", model)
    assert failure.value.details["name"] == "a*b.json"


def test_without_room_nothing_is_written(model, packs, tmp_path):
    with pytest.raises(DiskFull):
        packs(model, disk_reserve_bytes=2**60).run()
    assert not list((tmp_path / "out").iterdir())


def test_there_and_back(model, packs, unpacks, tmp_path, parameters):
    job = packs(model)
    packed = job.run()
    assert job.reports[-1]["done"] == job.reports[-1]["total"] > 0
    done = unpacks(packed).run()
    place = tmp_path / "models" / JOB
    assert done["path"] == str(place)
    assert done["model"]["parameters"] == parameters
    assert done["bundle"] == packed["id"]
    assert sorted(path.name for path in place.iterdir()) == sorted(
        path.name for path in model.iterdir()
    )
    assert [path.name for path in (tmp_path / "models").iterdir()] == [JOB]


def test_a_stop_is_heard_and_gone_on_with(model, packs, unpacks, tmp_path):
    job = packs(model)
    job.stop_after = 2
    with pytest.raises(WorkStopped):
        job.run()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [
        f"bundle-v1-{JOB[:6]}.tar{pack.PARTIAL}"
    ]
    job.stop_after = 10**9
    coming = unpacks(job.run())
    coming.stop_after = 0
    with pytest.raises(WorkStopped):
        coming.run()
    assert not (tmp_path / "models" / JOB).exists()
    coming.stop_after = 10**9
    coming.run()
    # Ended once more before anybody heard of it: what is in place is not unpacked again.
    shutil.rmtree(tmp_path / "out")
    assert coming.run()["model_id"] == JOB


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_child_that_is_killed_is_started_again(model, packs, unpacks):
    (model / "notes.txt").write_bytes(bytes(60_000_000))  # so that there is something to do
    job, killed = unpacks(packs(model).run()), []

    def kill(report):
        for child in psutil.Process().children():
            if not killed:
                killed.append(child.pid)
                child.send_signal(signal.SIGKILL)

    job.on_report = kill
    assert job.run()["model_id"] == JOB
    assert killed


def test_what_may_not_be_loaded_is_not_put_in_place(model, packs, unpacks, tmp_path):
    config = json.loads((model / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "evil.Model"}
    (model / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnsafe):
        unpacks(packs(model).run()).run()
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f".{JOB}.unpacking"]
