"""Files that are wrong, odd or hostile: each is imported rightly or refused by name.

They are read in this process, for speed, by the very function that runs confined; what the
confinement adds is tested in `test_confined.py`.
"""

import codecs
import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets.importing import import_file, inspect

SALAM = "سلام، حالِ شما چه‌طور است؟"
PROSE = (
    "این یک متن فارسی است که با برنامه‌ای کهنه نوشته شده است. می‌رود و می‌آید و چیزی نمی‌گوید.\n" * 5
)
ARABIC_YEH = PROSE.replace("ی", "ي")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x04\x00"


def lines(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


NOISE = random.Random(7).randbytes(4000).replace(b"\x00", b"\x01")

#: id, file name, bytes, error class, and what its details must hold.
REFUSED = [
    ("empty", "a.txt", b"", errors.DatasetEmpty, {"rows": 0}),
    ("only a mark", "a.txt", codecs.BOM_UTF8, errors.DatasetEmpty, {}),
    ("only blank lines", "a.txt", b"\n\n \t\n", errors.DatasetEmpty, {}),
    (
        "half-spaces only",
        "a.jsonl",
        lines({"text": "\u200c\u200c"}),
        errors.DatasetEmpty,
        {"rows": 1},
    ),
    ("empty list", "a.json", b"[]", errors.DatasetEmpty, {}),
    ("blank jsonl", "a.jsonl", b"\n\n", errors.DatasetEmpty, {}),
    ("header alone", "a.csv", b"text\n", errors.DatasetEmpty, {"rows": 0}),
    ("empty cells", "a.csv", b"prompt,answer\na,\nb, \n", errors.DatasetEmpty, {"rows": 2}),
    ("NUL in text", "a.txt", b"abc\x00def", errors.DatasetBinary, {"offset": 3}),
    ("NUL late", "a.txt", b"a" * 3_000_000 + b"\x00", errors.DatasetBinary, {"offset": 3_000_000}),
    ("NUL in UTF-16", "a.txt", "ab\x00c".encode("utf-16"), errors.DatasetBinary, {}),
    ("image", "a.txt", PNG, errors.DatasetBinary, {"offset": 8}),
    ("image named csv", "a.csv", PNG, errors.DatasetBinary, {}),
    ("UTF-16 without a mark", "a.txt", "ab سلام".encode("utf-16-le"), errors.DatasetBinary, {}),
    ("zip", "a.jsonl", b"PK\x03\x04\x14\x00\x00\x00", errors.DatasetBinary, {"offset": 5}),
    ("pickle", "a.txt", b"\x80\x04\x95\x0b\x00\x00\x00", errors.DatasetBinary, {"offset": 4}),
    (
        "damaged UTF-8",
        "a.txt",
        f"{SALAM}\n{SALAM}\n".encode() + b"ab\xff" + SALAM.encode(),
        errors.DatasetEncoding,
        {"line": 3, "offset": 2 * len(f"{SALAM}\n".encode()) + 2, "encoding": "utf-8"},
    ),
    (
        "damaged far from the start",
        "a.txt",
        f"{SALAM}\n".encode() * 60_000 + b"\xfe\n",
        errors.DatasetEncoding,
        {"line": 60_001, "offset": 60_000 * len(f"{SALAM}\n".encode())},
    ),
    ("cut in a character", "a.txt", SALAM.encode()[:-1], errors.DatasetEncoding, {"line": 1}),
    ("overlong", "a.txt", b"abc\xc0\xaf", errors.DatasetEncoding, {"line": 1, "offset": 3}),
    ("encoded surrogate", "a.txt", b"\xed\xa0\x80", errors.DatasetEncoding, {"line": 1}),
    (
        "French latin-1",
        "a.txt",
        ("Où l'été était là, à l'époque où l'on goûtait déjà. " * 9).encode("latin-1"),
        errors.DatasetEncoding,
        {"line": 1, "offset": 1},
    ),
    ("Russian", "a.txt", ("Привет, как дела? " * 30).encode("cp1251"), errors.DatasetEncoding, {}),
    ("noise", "a.txt", NOISE, errors.DatasetEncoding, {"line": 1}),
    ("half of UTF-16", "a.txt", "سلام".encode("utf-16") + b"\x06", errors.DatasetEncoding, {}),
    ("no JSON at all", "a.jsonl", b"{oops\n{oops\n", errors.DatasetFormat, {"line": 1}),
    ("jsonl of numbers", "a.jsonl", b"1\n2\n", errors.DatasetFormat, {"line": 1}),
    (
        "list without end",
        "a.json",
        b'[{"text": "a"}, {"text": "b"}',
        errors.DatasetFormat,
        {"line": 1},
    ),
    ("text behind the list", "a.json", b'[{"text": "a"}]\n\nx', errors.DatasetFormat, {}),
    ("two commas", "a.json", b'[{"text": "a"},\n\n,]', errors.DatasetFormat, {"line": 3}),
    ("comma at the end", "a.json", b'[{"text": "a"},\n]', errors.DatasetFormat, {"line": 2}),
    ("json of a string", "a.json", b'"text"', errors.DatasetFormat, {"line": 1}),
    ("pretty single object", "a.json", b'{\n"text": "a"\n}', errors.DatasetFormat, {"line": 1}),
    ("deep list", "a.json", b"[" * 100_000, errors.DatasetFormat, {}),
    ("deep line", "a.jsonl", b"[" * 100_000, errors.DatasetFormat, {"line": 1}),
    ("twin columns", "a.csv", b"text,text\na,b\n", errors.DatasetFormat, {"line": 1}),
    ("open quote in header", "a.csv", b'"text\na\nb\n', errors.DatasetFormat, {"line": 1}),
    ("other fields", "a.csv", b"x,y\n1,2\n", errors.DatasetFields, {"found": "x, y"}),
    (
        "fields of another task",
        "a.jsonl",
        lines({"premise": "a", "hypothesis": "b", "score": "c"}),
        errors.DatasetFields,
        {"found": "premise, hypothesis, score"},
    ),
    ("prompt alone", "a.jsonl", lines({"prompt": "a", "id": "b"}), errors.DatasetFields, {}),
    (
        "text is a number",
        "a.jsonl",
        lines({"text": 1}, {"text": 2}),
        errors.DatasetFields,
        {"line": 1},
    ),
    ("text is null", "a.jsonl", lines({"text": None}), errors.DatasetFields, {"needed": "text"}),
    ("text is a list", "a.jsonl", lines({"text": ["a"]}), errors.DatasetFields, {"line": 1}),
    ("lone surrogate", "a.jsonl", b'{"text": "a\\ud800b"}', errors.DatasetFormat, {"line": 1}),
    ("escaped NUL", "a.jsonl", b'{"text": "a\\u0000b"}', errors.DatasetFormat, {"line": 1}),
    ("endless digits", "a.jsonl", b'{"text": ' + b"9" * 5000 + b"}", errors.DatasetFormat, {}),
]


@pytest.mark.parametrize(
    ("name", "content", "error", "details"),
    [case[1:] for case in REFUSED],
    ids=[c[0] for c in REFUSED],
)
def test_refused(tmp_path, name, content, error, details):
    path = tmp_path / name
    path.write_bytes(content)
    out = tmp_path / "out"
    with pytest.raises(error) as caught:
        import_file({"path": str(path), "out_dir": str(out)})
    assert type(caught.value) is error
    assert caught.value.details | details == caught.value.details
    body = caught.value.body
    assert "{" not in body.message.replace(name, "") + body.message_fa
    json.dumps(caught.value.details)  # it has to cross a pipe
    assert not out.exists() or not list(out.iterdir())


LIMITS = [
    ("long line", "a.txt", b"a" * 5000, {"line": 1}),
    ("long line late", "a.txt", b"a\n" * 10 + b"b" * 5000, {"line": 11}),
    ("long line of two-byte letters", "a.txt", ("س" * 2500).encode(), {"line": 1}),
    ("long JSON line", "a.jsonl", b'{"text": "a"}\n{"text": "' + b"b" * 5000 + b'"}', {"line": 2}),
    ("long element", "a.json", b'[{"text": "a"},\n{"text": "' + b"b" * 5000 + b'"}]', {"line": 2}),
    ("lost quote", "a.csv", b'text\n"a\n' + b"b\n" * 5000, {"line": 2}),
]


@pytest.mark.parametrize(
    ("name", "content", "details"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS]
)
def test_over_the_limit_of_a_line(tmp_path, name, content, details):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(errors.DatasetLimit) as caught:
        inspect({"path": str(path), "max_line_bytes": 4096})
    assert caught.value.details | details == caught.value.details


def test_too_many_rows(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a\nb\nc\n")
    with pytest.raises(errors.DatasetLimit):
        inspect({"path": str(path), "max_rows": 2})
    assert inspect({"path": str(path), "max_rows": 3})["report"]["stats"]["rows"] == 3


#: id, file name, bytes, the rows, and (line, code) of each row that was left out.
KEPT = [
    ("mark", "a.txt", codecs.BOM_UTF8 + SALAM.encode(), [{"text": SALAM}], []),
    ("UTF-16", "a.txt", SALAM.encode("utf-16"), [{"text": SALAM}], []),
    ("UTF-16 BE", "a.txt", codecs.BOM_UTF16_BE + SALAM.encode("utf-16-be"), [{"text": SALAM}], []),
    ("UTF-32", "a.txt", SALAM.encode("utf-32"), [{"text": SALAM}], []),
    ("UTF-16 table", "a.csv", f"متن\n{SALAM}\n".encode("utf-16"), [{"text": SALAM}], []),
    ("lines", "a.txt", b"one\ntwo", [{"text": "one"}, {"text": "two"}], []),
    (
        "poems",
        "a.txt",
        b"one\n  two\n\n \nthree\n",
        [{"text": "one\n  two"}, {"text": "three"}],
        [],
    ),
    (
        "DOS ends",
        "a.txt",
        b"one\r\ntwo\r\n\r\nthree\r\n",
        [{"text": "one\ntwo"}, {"text": "three"}],
        [],
    ),
    ("no suffix, objects", "data", lines({"text": "a"}), [{"text": "a"}], []),
    ("no suffix, list", "data", b' [{"text": "a"}]', [{"text": "a"}], []),
    (
        "jsonl named json",
        "a.json",
        lines({"text": "a"}, {"text": "b"}),
        [{"text": "a"}, {"text": "b"}],
        [],
    ),
    ("strings", "a.jsonl", b'"a"\n"b"', [{"text": "a"}, {"text": "b"}], []),
    ("any single field", "a.jsonl", lines({"غزل": "a"}), [{"text": "a"}], []),
    (
        "bad lines between good ones",
        "a.jsonl",
        b'{"text": "a"}\nnope\n\n{"text": 3}\n[1]\n{"txt": "b"}\n{"text": " "}\n{"text": "z"}',
        [{"text": "a"}, {"text": "z"}],
        [
            (2, "bad_json"),
            (4, "not_text"),
            (5, "not_an_object"),
            (6, "missing_field"),
            (7, "empty"),
        ],
    ),
    (
        "list over many lines",
        "a.json",
        b'[\n  {"text": "a, [b] {c} \\"d\\""},\n  7,\n  {\n  "text": "\xd8\xb3"}\n]\n',
        [{"text": 'a, [b] {c} "d"'}, {"text": "س"}],
        [(3, "not_an_object")],
    ),
    (
        "crooked brackets",
        "a.json",
        b'[{"text": "a"}, [1}, {"text": "b"}]',
        [{"text": "a"}, {"text": "b"}],
        [(1, "bad_json")],
    ),
    (
        "ragged",
        "a.csv",
        b"prompt,answer\na,b\nc\nd,e,f\n\ng,h\n",
        [{"prompt": "a", "answer": "b"}, {"prompt": "g", "answer": "h"}],
        [(3, "ragged"), (4, "ragged")],
    ),
    (
        "quoted lines",
        "a.csv",
        b'text\n"one\r\ntwo, ""x"""\nthree',
        [{"text": 'one\r\ntwo, "x"'}, {"text": "three"}],
        [],
    ),
    ("commas in one column", "a.csv", "متن\nیک، دو, سه\n".encode(), [{"text": "یک، دو, سه"}], []),
    (
        "tabs named csv",
        "a.csv",
        b"prompt\tanswer\na, b\tc\n",
        [{"prompt": "a, b", "answer": "c"}],
        [],
    ),
    ("semicolons", "a.csv", b"prompt;answer\na,b;c\n", [{"prompt": "a,b", "answer": "c"}], []),
    ("tsv", "a.tsv", b"prompt\tanswer\na\tb\n", [{"prompt": "a", "answer": "b"}], []),
    (
        "stray quote",
        "a.csv",
        b'prompt,answer\n"a"b,c\nd,e\n',
        [{"prompt": "d", "answer": "e"}],
        [(2, "bad_csv")],
    ),
    ("formula", "a.csv", b"text\n=cmd|' /C calc'!A0\n", [{"text": "=cmd|' /C calc'!A0"}], []),
    (
        "bidi controls are kept",
        "a.jsonl",
        lines({"text": "\u202eabc\u202c\u2067د\u2069"}),
        [{"text": "\u202eabc\u202c\u2067د\u2069"}],
        [],
    ),
    (
        "line separators in text",
        "a.jsonl",
        lines({"text": "a\u2028b\x0bc\x85d"}),
        [{"text": "a\u2028b\x0bc\x85d"}],
        [],
    ),
    ("separators are no lines", "a.txt", "a\u2028b\x0cc".encode(), [{"text": "a\u2028b\x0cc"}], []),
    ("same key twice", "a.jsonl", b'{"text": "a", "text": "b"}', [{"text": "b"}], []),
    ("not a number", "a.jsonl", b'{"text": "a", "score": NaN}', [{"text": "a"}], []),
    ("Arabic letters stay", "a.txt", "كتاب علي ١٢٣".encode(), [{"text": "كتاب علي ١٢٣"}], []),
    (
        "pair before text",
        "a.jsonl",
        lines({"text": "t", "question": "q", "answer": "a"}),
        [{"prompt": "q", "answer": "a"}],
        [],
    ),
    (
        "instruction and input",
        "a.jsonl",
        lines(
            {"instruction": "i", "input": "x", "output": "o"},
            {"instruction": "i", "input": "", "output": "o"},
            {"instruction": "i", "output": "o"},
        ),
        [
            {"prompt": "i\nx", "answer": "o"},
            {"prompt": "i", "answer": "o"},
            {"prompt": "i", "answer": "o"},
        ],
        [],
    ),
    (
        "Persian names",
        "a.csv",
        "سوال,پاسخ\nچه؟,هیچ\n".encode(),
        [{"prompt": "چه؟", "answer": "هیچ"}],
        [],
    ),
    (
        "Persian names, spelt otherwise",
        "a.csv",
        "سؤال,جواب\na,b\n".encode(),
        [{"prompt": "a", "answer": "b"}],
        [],
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "rows", "skipped"),
    [case[1:] for case in KEPT],
    ids=[case[0] for case in KEPT],
)
def test_kept(tmp_path, name, content, rows, skipped):
    path = tmp_path / name
    path.write_bytes(content)
    report = import_file({"path": str(path), "out_dir": str(tmp_path / "out")})["report"]
    written = (tmp_path / "out" / "rows.jsonl").read_bytes()
    assert [json.loads(line) for line in written.split(b"\n")[:-1]] == rows
    assert [(problem["line"], problem["code"]) for problem in report["problems"]] == skipped
    assert report["skipped"] == len(skipped)
    assert report["stats"]["rows"] == len(rows)


def test_windows_1256_is_guessed_and_said(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes(ARABIC_YEH.encode("cp1256"))
    report = inspect({"path": str(path)})["report"]
    assert (report["encoding"], report["encoding_guessed"]) == ("windows-1256", True)
    assert report["preview"][0]["text"] == ARABIC_YEH.splitlines()[0]
    assert report["stats"]["half_spaces"] == ARABIC_YEH.count("\u200c")


def test_a_named_encoding_is_obeyed_and_checked(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes(ARABIC_YEH.encode("cp1256"))
    report = inspect({"path": str(path), "encoding": "windows-1256"})["report"]
    assert (report["encoding"], report["encoding_guessed"]) == ("windows-1256", False)
    with pytest.raises(errors.DatasetEncoding):
        inspect({"path": str(path), "encoding": "utf-8"})


@pytest.mark.parametrize(
    "encoding", ["zip", "rot13", "unicode_escape", "../x", "a\x00b", "utf-7", "x" * 9999]
)
def test_only_charsets_may_be_named(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_text("a")
    with pytest.raises(errors.InvalidField) as caught:
        inspect({"path": str(path), "encoding": encoding})
    assert len(caught.value.body.message) < 200


def test_no_file(tmp_path):
    for path in (tmp_path / "absent.txt", tmp_path, tmp_path / "a\x00b", tmp_path / ("x" * 5000)):
        with pytest.raises(errors.DatasetMissing):
            inspect({"path": str(path)})


def test_links_and_special_files(tmp_path):
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.txt"))
    for name in ("zero.txt", "loop.txt", "pipe.txt", "s.txt"):
        with pytest.raises(errors.DatasetMissing):
            inspect({"path": str(tmp_path / name)})
    (tmp_path / "real.txt").write_text("a")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert inspect({"path": str(tmp_path / "link.txt")})["report"]["stats"]["rows"] == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a")
    path.chmod(0)
    with pytest.raises(errors.DatasetMissing):
        inspect({"path": str(path)})


def test_many_problems_are_counted_and_few_shown(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' + "nope\n" * 5000)
    report = inspect({"path": str(path)})["report"]
    assert report["skipped"] == 5000
    assert len(report["problems"]) == 100


def test_long_rows_are_shown_short(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("س" * 100_000)
    answer = inspect({"path": str(path)})
    assert answer["report"]["stats"]["longest"] == 100_000
    assert len(answer["report"]["preview"][0]["text"]) <= 1001


def test_a_block_without_end_is_cut_at_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("خط نخست\n\n" + "یک خط\n" * 50_000)
    report = inspect({"path": str(path)})["report"]
    assert report["stats"]["rows"] > 3
    assert report["stats"]["longest"] <= 1 << 16


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to measure")
@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "txt"])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix):
    text = f"{SALAM} " * 8
    row = json.dumps({"text": text}, ensure_ascii=False)
    start, each, end = {
        "json": ("[", f"{row},\n", f"{row}]"),
        "jsonl": ("", f"{row}\n", ""),
        "csv": ("text\n", f"{text}\n", ""),
        "txt": ("", f"{text}\n", ""),
    }[suffix]
    # The high-water mark of a process; `ru_maxrss` would count that of its parent before it.
    code = (
        "import pathlib, re, sys\n"
        "from jupyter_persian_ai.datasets.importing import inspect\n"
        "inspect({'path': sys.argv[1]})\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    peaks = []
    for copies in (10_000, 50_000):  # 4 MB and 20 MB
        path = tmp_path / f"{copies}.{suffix}"
        path.write_text(start + each * copies + end)
        said = subprocess.run(
            [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
        )
        peaks.append(int(said.stdout) * 1024)
    assert peaks[1] - peaks[0] < 8 * 2**20
