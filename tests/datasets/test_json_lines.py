"""Large .jsonl files: read in blocks and by several processes, to the same rows and problems."""

import json
import os
import random
import signal
import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets import crew
from jupyter_persian_ai.datasets.importing import import_file

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="several processes on Linux alone")
FILES = ("rows.jsonl", "rows.index", "rows.flags", "problems.jsonl")

TEXTS = st.text(alphabet='آب ی\u200c"\\/\n\t\x00\x1f\ud800é😀a1', max_size=6) | st.text(max_size=4)
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**25, 1.0, 1e300, float("nan"), [], {}, ["a"]]),
)
ROWS = st.dictionaries(st.sampled_from(["text", "label", "x"]), VALUES, max_size=3)


@st.composite
def json_line(draw):
    line = json.dumps(draw(ROWS), ensure_ascii=draw(st.booleans()))
    spoil = draw(st.sampled_from(["", "", "", " ", "\r", "x", "\t{}"]))
    line = draw(st.sampled_from([line, line, line, line[:-1], f"[{line}]", '"ab"', "", " ", "7"]))
    return (line + spoil).encode("utf-8", "replace").decode()


def imported(path, out, **payload):
    """Everything that an import says and writes, or the error that it ends with."""
    try:
        answer = import_file({"path": str(path), "out_dir": str(out), **payload})
    except errors.PersianAIError as error:
        return type(error), error.details
    written = {name: (out / name).read_bytes() for name in FILES}
    return answer["report"] | {"encoding": ""}, answer["sha256"], written


@given(st.lists(json_line(), max_size=8), st.sampled_from(["text", "text_label", None]))
def test_blocks_and_lines_agree(tmp_path_factory, lines, shape):
    folder = tmp_path_factory.mktemp("d")
    path, wide = folder / "a.jsonl", folder / "b.jsonl"
    content = "\n".join(['{"text": "یک", "label": "b"}', *lines])
    path.write_bytes(content.encode())
    wide.write_bytes(content.encode("utf-16"))  # is read line by line
    asked = {"name": "a.jsonl", "shape": shape}
    assert imported(path, folder / "1", **asked) == imported(wide, folder / "2", **asked)


@pytest.fixture
def small(monkeypatch):
    """Ranges and heads of a few kilobytes, so that a small file needs many."""
    monkeypatch.setattr(crew, "RANGE", 4096)
    monkeypatch.setattr(crew, "WORTH_BYTES", 0)
    monkeypatch.setattr("jupyter_persian_ai.datasets.source.HEAD", 8192)
    monkeypatch.setattr("jupyter_persian_ai.datasets.json_lines.HEAD", 8192)


def messy(count, seed=1):
    """Lines of many lengths, some of them faulty, some ended by a return too."""
    drawn = random.Random(seed)
    for number in range(count):
        text = "سلام دنیا " * drawn.choice([1, 3, 9, 40, 900])
        row = json.dumps({"text": f"{number} {text}", "label": str(number % 3)}, ensure_ascii=False)
        kind = drawn.randrange(20)
        yield {0: "nope", 1: "", 2: '{"text": 3}', 3: f"{row}\r"}.get(kind, row)


@LINUX
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("processes", [2, 3])
def test_processes_agree(tmp_path, small, processes, end):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(messy(1500)) + end, encoding="utf-8", newline="")
    one = imported(path, tmp_path / "1", processes=1)
    assert imported(path, tmp_path / "2", processes=processes) == one
    report = one[0]
    assert report["stats"]["rows"] + report["skipped"] > 1300
    analyses = [json.loads((tmp_path / name / "analysis.json").read_text()) for name in "12"]
    assert analyses[0] == analyses[1]


#: id, what is put into the middle of a good file.
LATE = [
    ("NUL", b"\x00"),
    ("damaged UTF-8", b"\n\xff\n"),
    ("windows-1256", ('\n{"text": "%s"}' % ("سلام دنيا و درود بر شما " * 30)).encode("cp1256")),
    ("a long line", b'\n{"text": "' + b"a" * 70_000 + b'"}\n'),
    ("lone returns", b'\n{"text": "a"}\r{"text": "b"}\r\r{"text": "c"}\n'),
]  # fmt: skip


@LINUX
@pytest.mark.parametrize("inside", [case[1] for case in LATE], ids=[case[0] for case in LATE])
def test_late_faults_are_the_same(tmp_path, small, inside):
    good = "\n".join(messy(700)).encode()
    path = tmp_path / "a.jsonl"
    path.write_bytes(good + inside + b"\n" + good)
    limit = {"max_line_bytes": 60_000}
    one = imported(path, tmp_path / "1", processes=1, **limit)
    assert imported(path, tmp_path / "2", processes=2, **limit) == one


@LINUX
def test_a_process_that_dies_is_done_without(tmp_path, small, monkeypatch):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(messy(800)), encoding="utf-8")
    one = imported(path, tmp_path / "1", processes=1)
    work, parent = crew.Crew._done, os.getpid()

    def dying(self, reader, survey, data, end):
        if os.getpid() != parent and end > 40_000:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(self, reader, survey, data, end)

    monkeypatch.setattr(crew.Crew, "_done", dying)
    assert imported(path, tmp_path / "2", processes=2) == one


class Stopped(Exception):
    pass


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=LINUX)])
def test_progress_and_stop(tmp_path, small, processes):
    # Other tests of this process may have left theirs.
    before = set(psutil.Process().children())
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(messy(800)), encoding="utf-8")
    size, seen = path.stat().st_size, []
    asked = {"path": str(path), "out_dir": str(tmp_path / "out"), "processes": processes}
    import_file(asked, lambda *said: seen.append(said))
    assert [one[0] for one in seen] == sorted(one[0] for one in seen)
    assert seen[-1][:2] == (size, size)
    assert seen[-1][2] > 600

    def stop(done, total, rows):
        if done > total / 2:
            raise Stopped

    with pytest.raises(Stopped):
        import_file(asked | {"out_dir": str(tmp_path / "no")}, stop)
    assert not list((tmp_path / "no").iterdir())
    assert set(psutil.Process().children()) <= before
