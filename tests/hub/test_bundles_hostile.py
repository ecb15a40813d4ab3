"""Bundles that someone made to harm: refused by name, quickly, and with nothing written outside."""

import hashlib
import json
import os
import random
import resource
import shutil
import time
from datetime import UTC, datetime

import pytest

from jupyter_persian_ai.errors import BundleNewer, BundleProblem, BundleUnsafe
from jupyter_persian_ai.hub.bundles import layout, look, unpack
from jupyter_persian_ai.hub.bundles.manifest import (
    MANIFEST,
    SUMS,
    File,
    Manifest,
    Part,
    check_names,
)

HASH = "a" * 64
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def manifest(**changes):
    """One that nothing has checked, with a digest that fits it."""
    told = {
        "format": "jupyter-persian-ai bundle",
        "format_version": 1,
        "subject": "model",
        "name": "n",
        "root": "model-v1",
        "license": "",
        "made": MADE,
        "by_version": "1",
        "about": {},
        "files": [File(name="config.json", bytes=2, sha256=HASH)],
        "part_bytes": 0,
        "parts": [],
        "id": HASH,
        "digest": HASH,
    }
    return Manifest.model_construct(**(told | changes))


def file(name, size=2):
    return File.model_construct(name=name, bytes=size, sha256=HASH)


def written(path, told, content=None, *, raw=None):
    """A bundle of one file, as far as its manifest allows to make one."""
    text = raw if raw is not None else told.settled().text()
    beginning = layout.header(told.root, MANIFEST, len(text), told.seconds) + layout.padded(text)
    beginning += layout.header(told.root, SUMS, len(told.sums), told.seconds)
    beginning += layout.padded(told.sums)
    if content is None:
        content = bytes(4096)
    path.write_bytes(beginning + content)
    return path


@pytest.fixture
def refused(tmp_path):
    """`refused(told)` gives the error; nothing is made but perhaps an empty staging folder."""

    def of(told, **more):
        folder = tmp_path / "stick"
        folder.mkdir(exist_ok=True)
        path = written(folder / "model-v1.tar", told, **more)
        began = time.process_time()
        with pytest.raises(BundleProblem) as failure:
            look.look({"path": str(path)})
        with pytest.raises(BundleProblem):
            unpack.unpack({"path": str(path), "staging": str(tmp_path / "in/staging")})
        assert time.process_time() - began < 2
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["stick"]
        assert failure.value.body.message_fa
        return failure.value

    return of


NAMES = [
    "../config.json",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:config.json",
    "C:\\x",
    "\\\\host\\share",
    "config.json\x00.txt",
    "config.json ",
    "config.json.",
    " config.json",
    ".bashrc",
    ".unpacked",
    "~",
    "-rf",
    "CON",
    "nul.json",
    "com1",
    "LPT9.safetensors",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x1bb",
    "a\u202egnp.exe",
    "a\u200bb",
    "a:b",
    "a*b",
    "a?b",
    'a"b',
    "a<b",
    "a|b",
    "%2e%2e%2fconfig.json",
    "file:///etc/passwd",
    "$HOME",
    "`id`",
    "e\u0301.json",
    "\ufeffa",
    "a" * 101,
    "ن" * 51,
    MANIFEST,
    SUMS,
    SUMS.lower(),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_no_plain_names(refused, name):
    assert isinstance(refused(manifest(files=[file(name)])), BundleUnsafe)


@pytest.mark.parametrize(
    ("one", "other"), [("a.json", "a.json"), ("a.json", "A.JSON"), ("ﬁ.json", "fi.json")]
)
def test_names_that_are_one_to_some_disks(refused, one, other):
    assert isinstance(refused(manifest(files=[file(one), file(other)])), BundleUnsafe)


@pytest.mark.parametrize(
    "name",
    ["pytorch_model.bin", "a.pt", "a.PKL", "a.npy", "a.joblib", "a.keras", "modeling.py", "a.so"],
)
def test_what_can_hold_code(refused, name):
    assert name in refused(manifest(files=[file("config.json"), file(name)])).body.message


def test_a_dataset_is_its_rows_alone(refused):
    for names in (["config.json"], ["rows.jsonl", "x.json"], ["x/rows.jsonl"]):
        refused(manifest(subject="dataset", files=[file(name) for name in names]))


@pytest.mark.parametrize(
    "change",
    [
        {"files": []},
        {"files": [file("a.json", -1)]},
        {"files": [file("a.json", 2**60)]},
        {"files": [file("a.json", 1.5)]},
        {"files": [file("a.json", "2")]},
        {"subject": "pickle"},
        {"root": "../up"},
        {"root": "a" * 61},
        {"name": "n" * 121},
        {"name": 7},
        {"license": "l" * 401},
        {"about": {str(number): "" for number in range(21)}},
        {"about": {"shape": ["text"]}},
        {"part_bytes": -1},
        {"part_bytes": 10, "parts": [Part(bytes=1, sha256=HASH)]},
        {"parts": [Part(bytes=4096, sha256=HASH)]},
        {"part_bytes": 1024, "parts": [Part.model_construct(bytes=0, sha256=HASH)] * 3},
        {"format": "something else"},
        {"made": datetime(9999, 1, 1, tzinfo=UTC)},
        {"made": datetime(1, 1, 2, tzinfo=UTC)},
    ],
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_lists_that_say_what_cannot_be(refused, change):
    told = manifest(**change)
    refused(manifest(), raw=told.settled().text())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format": "jupyter-persian-ai bundle"}',
        b'{"format": "jupyter-persian-ai bundle", "files": {"name": "x"}}',
        b'{"format": "jupyter-persian-ai bundle", "files": ["x", null, 1]}',
        b'{"format": "jupyter-persian-ai bundle", "files": [{"name": null}]}',
        b'{"format": "jupyter-persian-ai bundle", "format_version": "2"}',
        b"9" * 5000,
        b'{"format": "jupyter-persian-ai bundle", "name": "\\ud800"}',
        b'{"format": "jupyter-persian-ai bundle", "files": [{"name": "\\ud800"}]}',
    ],
)
def test_lists_that_are_no_lists(refused, raw):
    refused(manifest(), raw=raw)


def test_a_later_format_says_so(refused):
    error = refused(manifest(format_version=2))
    assert isinstance(error, BundleNewer)
    assert error.details == {"version": 2, "known": 1}


def test_a_list_that_was_changed_by_hand(refused):
    told = manifest().settled()
    for key, value in {"license": "mit", "name": "other", "id": "b" * 64}.items():
        said = json.loads(told.text()) | {key: value}
        raw = json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
        refused(told, raw=raw)
    refused(told, raw=told.text().replace(b'"name": "n"', b'"name": "x", "name": "n"'))
    refused(told, raw=told.text() + b" ")


def test_a_million_files_are_refused_at_once(refused):
    entry = '{"name": "f%d.json", "bytes": 0, "sha256": "' + HASH + '"}'
    files = ",".join(entry % number for number in range(60_000))
    raw = b'{"format": "jupyter-persian-ai bundle", "files": [' + files.encode() + b"]}"
    assert len(raw) < 8 * 2**20
    assert "60000" in refused(manifest(), raw=raw).body.message
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "bytes" in refused(manifest(), raw=b" " * (9 * 2**20)).body.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100 * 1024


def test_a_list_of_a_terabyte_is_not_read(tmp_path):
    path = tmp_path / "model-v1.tar"
    path.write_bytes(layout.header("model-v1", MANIFEST, 2**33 - 1, 0))
    os.truncate(path, 2**33)  # sparse
    with pytest.raises(BundleUnsafe):
        look.look({"path": str(path)})


@pytest.mark.parametrize("size", [b"-0000000005", b"0o000000017", b"00_00000017", b"           "])
def test_a_size_that_is_no_number(tmp_path, size):
    block = layout.header("model-v1", MANIFEST, 100, 0)
    (tmp_path / "model-v1.tar").write_bytes(block[:124] + size + block[135:] + bytes(4096))
    with pytest.raises(BundleProblem):
        look.look({"path": str(tmp_path)})


def test_text_that_is_no_text(refused):
    told = manifest().settled()
    refused(told, raw=told.text().replace(b'"name": "n"', b'"name": "\\ud800"'))


def test_a_folder_with_very_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(look, "_MAX_ENTRIES", 100)
    for number in range(101):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(BundleProblem, match="more than 100"):
        look.look({"path": str(tmp_path)})


def test_a_content_far_larger_than_the_disk(tmp_path):
    """Sizes cannot lie: a part has as many bytes as it says. A sparse one may have no room."""
    told = manifest(files=[File(name="config.json", bytes=2**43, sha256=HASH)]).settled()
    path = tmp_path / "model-v1.tar"
    path.write_bytes(layout.lead(told))
    try:
        os.truncate(path, len(layout.lead(told)) + layout.total([("config.json", 2**43)]))
    except OSError:
        pytest.skip("no such large sparse files here")
    with pytest.raises(Exception, match="disk is too full"):
        unpack.unpack({"path": str(path), "staging": str(tmp_path / "in")})


def test_headers_that_say_otherwise(tmp_path):
    """A link, a folder, another name, size or owner where a file's header must be."""
    told = manifest(files=[File(name="config.json", bytes=2, sha256=HASH)]).settled()
    lead = layout.lead(told)
    good = layout.header(told.root, "config.json", 2, told.seconds)
    changes = {
        156: b"2",
        0: b"../../x",
        124: b"77777777777",
        257: b"xstar",
        345: b"/etc",
        108: b"7",
    }
    for place, change in changes.items():
        block = good[:place] + change + good[place + len(change) :]
        path = tmp_path / "model-v1.tar"
        path.write_bytes(lead + block + layout.padded(b"{}") + layout.END)
        with pytest.raises(BundleProblem):
            unpack.unpack({"path": str(path), "staging": str(tmp_path / "in")})
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in", "model-v1.tar"]


def test_a_link_in_the_staging_folder_is_not_followed(tmp_path):
    """Whatever an earlier try left there, or somebody else put there."""
    told = manifest(files=[File(name="config.json", bytes=2, sha256=HASH)]).settled()
    path = tmp_path / "model-v1.tar"
    path.write_bytes(
        layout.lead(told)
        + layout.header(told.root, "config.json", 2, told.seconds)
        + layout.padded(b"{}")
        + layout.END
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "in/config.json").symlink_to(tmp_path / "mine")
    with pytest.raises(BundleProblem):
        unpack.unpack({"path": str(path), "staging": str(tmp_path / "in")})
    assert (tmp_path / "mine").read_text() == "mine"


def test_plain_names_are_taken():
    check_names(
        [
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
            "chat_template.jinja",
            "README.md",
            "LICENSE",
            "خوانش.md",
            "a (1)+[x]=y@z,w.txt",
            "console.json",
            "a" * 100,
        ]
    )


def test_nothing_but_named_errors_of_whatever_bytes(tmp_path):
    """Changed, cut and grown by lot: never taken, never another exception, nothing outside."""
    content = (b"{}" * 300, b"x" * 5000)
    told = manifest(
        files=[
            File(name=name, bytes=len(one), sha256=hashlib.sha256(one).hexdigest())
            for name, one in zip(("config.json", "a.safetensors"), content, strict=True)
        ]
    ).settled()
    good = layout.lead(told)
    for name, one in zip(("config.json", "a.safetensors"), content, strict=True):
        good += layout.header(told.root, name, len(one), told.seconds) + layout.padded(one)
    good += layout.END
    path, draw = tmp_path / "model-v1.tar", random.Random(1405)
    payload = {"path": str(path), "staging": str(tmp_path / "in")}
    path.write_bytes(good)
    unpack.unpack(payload)
    for _ in range(300):
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        bad, place = bytearray(good), draw.randrange(len(good))
        match draw.randrange(3):
            case 0:
                bad[place] ^= 1 << draw.randrange(8)
            case 1:
                del bad[place : place + draw.randrange(1, 600)]
            case 2:
                bad[place:place] = draw.randbytes(draw.randrange(1, 600))
        path.write_bytes(bad)
        with pytest.raises(BundleProblem):
            unpack.unpack(payload)
        assert {entry.name for entry in tmp_path.iterdir()} <= {"in", "model-v1.tar"}
