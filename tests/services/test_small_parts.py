"""The parts of services that stand alone."""

import asyncio
import io
import zipfile

import pytest
from pydantic import BaseModel, Field

from jupyter_persian_ai.errors import InvalidField, InvalidRequest, TooLarge
from jupyter_persian_ai.server.multipart import FIELD_BYTES, Upload
from jupyter_persian_ai.services.archive import unblocked, zip_pieces
from jupyter_persian_ai.services.chat import title_of
from jupyter_persian_ai.services.checking import checked
from jupyter_persian_ai.services.jobs import _remove
from jupyter_persian_ai.services.machine import Machine, gpu_of
from jupyter_persian_ai.services.model_files import remove
from jupyter_persian_ai.services.requests import RequestFigures, percentile


class Inner(BaseModel):
    rate: float = Field(gt=0)


class Outer(BaseModel):
    name: str
    inner: Inner


class TestChecking:
    def test_every_problem_is_named(self):
        with pytest.raises(InvalidField) as refused:
            checked(Outer, {"inner": {"rate": -1}}, within="options")
        fields = [problem["field"] for problem in refused.value.details["problems"]]
        assert fields == ["options.name", "options.inner.rate"]
        assert "options.name" in refused.value.body.message_fa

    @pytest.mark.parametrize("data", [None, [], "x", 3])
    def test_no_object(self, data):
        with pytest.raises(InvalidRequest):
            checked(Outer, data)


class TestArchive:
    def test_it_is_a_zip_of_the_folder(self, tmp_path):
        folder = tmp_path / "model"
        (folder / "sub").mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "empty").touch()
        big = bytes(range(256)) * 12_000
        (folder / "sub" / "وزن‌ها.safetensors").write_bytes(big)
        (folder / "link").symlink_to("/etc/passwd")

        async def collect():
            return [piece async for piece in unblocked(zip_pieces(folder, "مدل"))]

        pieces = asyncio.run(collect())
        assert max(map(len, pieces)) < 2 * 2**20
        with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == [
                "مدل/config.json",
                "مدل/empty",
                "مدل/sub/وزن‌ها.safetensors",
            ]
            assert archive.read("مدل/sub/وزن‌ها.safetensors") == big

    def test_a_snapshot_of_the_hub_is_whole(self, tmp_path):
        folder = tmp_path / "models--a--b" / "snapshots" / "rev"
        folder.mkdir(parents=True)
        blobs = tmp_path / "models--a--b" / "blobs"
        blobs.mkdir()
        (blobs / "123").write_text("{}")
        (tmp_path / "other").write_text("secret")
        (folder / "config.json").symlink_to("../../blobs/123")
        (folder / "evil").symlink_to("../../../other")
        content = b"".join(zip_pieces(folder, "m"))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.namelist() == ["m/config.json"]
            assert archive.read("m/config.json") == b"{}"
        remove([folder], tmp_path / "elsewhere")
        assert folder.is_dir()
        remove([folder], tmp_path)
        assert not (tmp_path / "models--a--b").exists()


class TestUpload:
    def body(self, *parts):
        return b"".join(b"--bb\r\n" + part + b"\r\n" for part in parts) + b"--bb--\r\n"

    def part(self, name, value, file_name=None):
        tail = f'; filename="{file_name}"' if file_name else ""
        head = f'Content-Disposition: form-data; name="{name}"{tail}\r\n\r\n'
        return head.encode() + value

    @pytest.mark.parametrize("size", [1, 3, 7, 64, 100_000])
    def test_in_pieces_of_any_size(self, tmp_path, size):
        content = "سلام\r\n--b is no end\r\n".encode() * 20
        body = self.body(
            self.part("name", "شعر".encode()), self.part("file", content, "پوشه\\شعر.txt")
        )
        upload = Upload("multipart/form-data; boundary=bb", tmp_path / "out")
        for start in range(0, len(body), size):
            upload.write(body[start : start + size])
        upload.close()
        assert upload.file_name == "شعر.txt"
        assert upload.fields == {"name": "شعر"}
        assert (tmp_path / "out").read_bytes() == content

    def test_fields_have_a_limit(self, tmp_path):
        upload = Upload("multipart/form-data; boundary=bb", tmp_path / "out")
        with pytest.raises(TooLarge):
            upload.write(self.body(self.part("name", b"x" * (FIELD_BYTES + 1))))

    def test_two_files(self, tmp_path):
        upload = Upload("multipart/form-data; boundary=bb", tmp_path / "out")
        with pytest.raises(InvalidRequest):
            upload.write(self.body(self.part("file", b"1", "a"), self.part("file", b"2", "b")))
        upload.discard_handle()


class TestRequests:
    def test_percentiles(self):
        values = list(range(1, 101))
        assert percentile(values, 0.5) == 50
        assert percentile(values, 0.99) == 99
        assert percentile([7], 0.99) == 7
        assert percentile([], 0.5) == 0

    def test_figures(self):
        figures = RequestFigures()
        for milliseconds in range(1, 101):
            figures.begin()
            figures.end("GET", "me", 200, milliseconds / 1000)
        figures.begin()
        figures.end("POST", "datasets", 422, 0.5)
        figures.begin()
        seen = figures.figures()
        assert (seen.requests, seen.errors, seen.in_flight) == (101, 1, 1)
        busiest = seen.routes[0]
        assert (busiest.route, busiest.count, busiest.p50_ms) == ("me", 100, 50)
        assert busiest.p99_ms == 99
        text = figures.prometheus().decode()
        assert 'persian_ai_request_seconds_count{method="GET",route="me"} 100.0' in text
        assert "persian_ai_requests_in_flight 1.0" in text


class TestTitles:
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("سلام", "سلام"),
            ("  می‌شود\n\nبگویی؟ ", "می‌شود بگویی؟"),
            ("واژه " * 40, "واژه " * 11 + "واژه…"),
            ("ا" * 100, "ا" * 60 + "…"),
            (" \n ", "…"),
        ],
    )
    def test_the_beginning_of_the_text(self, text, title):
        assert title_of(text) == title


class TestMachine:
    def test_a_reading(self, tmp_path):
        (tmp_path / "file").write_bytes(b"x" * 1000)
        system = Machine(tmp_path).read(workers=1, engines=2)
        assert 0 < system.memory_used < system.memory_total
        assert 0 < system.disk_used <= system.disk_total
        assert system.data_bytes == 1000
        assert (system.workers, system.engines) == (1, 2)

    @pytest.mark.parametrize(
        ("line", "used", "busy"),
        [
            ("NVIDIA H100 80GB HBM3, 1024, 81559, 37", 1024 * 2**20, 37),
            ("Tesla, with a comma, 0, 16384, [N/A]", 0, None),
        ],
    )
    def test_a_card(self, line, used, busy):
        card = gpu_of(line)
        assert (card.memory_used, card.utilisation) == (used, busy)

    @pytest.mark.parametrize("line", ["", "No devices were found", "a, b, c, d"])
    def test_no_card(self, line):
        assert gpu_of(line) is None


def test_a_jobs_folder_goes_and_its_model_stays(tmp_path):
    job = tmp_path / "job"
    for name in ("1/checkpoints/step-1", "2/model", "2/checkpoints"):
        (job / name).mkdir(parents=True)
    (job / "2" / "model" / "weights").touch()
    (job / "2" / "spool.jsonl").touch()
    _remove(job, [job / "2" / "model"])
    assert [p.relative_to(job).as_posix() for p in sorted(job.rglob("*"))] == [
        "2",
        "2/model",
        "2/model/weights",
    ]
    _remove(job, [])
    assert not job.exists()
