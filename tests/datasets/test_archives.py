"""Archives: members become one dataset; what is hostile or damaged is refused, or left out."""

import contextlib
import gzip
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets.importing import import_file, inspect
from jupyter_persian_ai.datasets.peeking import peek
from jupyter_persian_ai.protocol.versions import Peek

GOOD = '{"text": "سلام دنیا و درود"}\n'.encode()


def zipped(members, *, method=zipfile.ZIP_DEFLATED):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return held.getvalue()


def tarred(members, mode="w:gz", **options):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode, **options) as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def entry(name, kind, **values):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in values.items():
        setattr(info, key, value)
    return info


def zip_with(name, *, flag=0, method=None, attributes=None):
    """A zip with a good member and one that is changed in the directory and in its header."""
    info = zipfile.ZipInfo(name)
    if attributes is not None:
        info.create_system = 3
        info.external_attr = attributes << 16
    content = bytearray(zipped([("good.jsonl", GOOD), (info, GOOD)]))
    central = content.rfind(b"PK\x01\x02")
    local = int.from_bytes(content[central + 42 : central + 46], "little")
    if flag:
        content[central + 8] |= flag
        content[local + 6] |= flag
    if method is not None:
        content[central + 10 : central + 12] = struct.pack("<H", method)
        content[local + 8 : local + 10] = struct.pack("<H", method)
    return bytes(content)


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return {"path": str(path), "out_dir": str(tmp_path / "out")}

    return write


#: id, file name, bytes.
WHOLE = [
    ("zip", "a.zip", zipped([("a.jsonl", GOOD), ("in/b.csv", "متن\nیک دو سه\n")])),
    ("stored zip", "a.zip", zipped([("a.jsonl", GOOD * 2)], method=zipfile.ZIP_STORED)),
    ("tar.gz", "a.tar.gz", tarred([("./a.jsonl", GOOD), ("./b/c.txt", b"one two three\n")])),
    ("tgz", "a.tgz", tarred([("a.jsonl", GOOD * 2)])),
    ("tar", "a.tar", tarred([("a.jsonl", GOOD), ("b.jsonl", GOOD)], "w")),
    ("old tar", "a.tar", tarred([("a.jsonl", GOOD * 2)], "w", format=tarfile.GNU_FORMAT)),
    (
        "long names",
        "a.tar.gz",
        tarred([("x/" * 120 + "a.jsonl", GOOD), ("ن" * 90 + ".jsonl", GOOD)]),
    ),
    ("gz", "a.jsonl.gz", gzip.compress(GOOD * 2)),
    ("gz of two", "a.jsonl.gz", gzip.compress(GOOD) + gzip.compress(GOOD)),
    ("gz without suffix", "data", gzip.compress(GOOD * 2)),
    ("zip without suffix", "data", zipped([("a.jsonl", GOOD * 2)])),
    (
        "directories and hidden files",
        "a.zip",
        zipped([("d/", b""), ("__MACOSX/._a", b"x"), (".x/a.txt", b"x"), ("a.jsonl", GOOD * 2)]),
    ),
    ("empty member", "a.zip", zipped([("e.jsonl", b""), ("a.jsonl", GOOD * 2)])),
    ("UTF-16 member", "a.zip", zipped([("a.csv", "متن\nیک دو\nسه چهار\n".encode("utf-16"))])),
]


@pytest.mark.parametrize(("name", "content"), [c[1:] for c in WHOLE], ids=[c[0] for c in WHOLE])
def test_read(put, name, content):
    asked = put(name, content)
    report = import_file(asked)["report"]
    assert (report["stats"]["rows"], report["problems"]) == (2, [])
    seen = Peek.model_validate(peek(asked))
    assert seen.rows[0] == report["preview"][0]
    assert seen.format == report["format"]


def test_problems_name_the_member_and_its_line(put):
    content = zipped([("a.jsonl", GOOD + b"nope\n"), ("b.jsonl", GOOD + b"\n[1]\n")])
    report = import_file(put("a.zip", content))["report"]
    assert [(one["file"], one["line"], one["code"]) for one in report["problems"]] == [
        ("a.jsonl", 2, "bad_json"),
        ("b.jsonl", 3, "not_an_object"),
    ]


def test_members_are_chosen(put):
    asked = put("a.zip", zipped([("a.jsonl", GOOD), ("b.jsonl", GOOD * 3)]))
    assert [one.name for one in Peek.model_validate(peek(asked)).members] == ["a.jsonl", "b.jsonl"]
    assert import_file(asked | {"members": ["b.jsonl"]})["report"]["stats"]["rows"] == 3
    with pytest.raises(errors.DatasetMissing):
        import_file(asked | {"members": ["absent"]})


def test_a_member_of_another_kind_is_left_out(put):
    asked = put("a.zip", zipped([("a.jsonl", GOOD), ("b.csv", "x,y\n1,2\n")]))
    report = import_file(asked)["report"]
    assert [(one["file"], one["code"]) for one in report["problems"]] == [("b.csv", "other_fields")]


#: id, file name, bytes, the problem of the second member.
LEFT_OUT = [
    ("slip", "a.zip", zipped([("good.jsonl", GOOD), ("../../evil.jsonl", GOOD)]), "member_path"),
    ("absolute", "a.zip", zipped([("good.jsonl", GOOD), ("/etc/evil.txt", GOOD)]), "member_path"),
    ("drive", "a.zip", zipped([("good.jsonl", GOOD), ("C:\\evil.txt", GOOD)]), "member_path"),
    ("back slip", "a.zip", zipped([("good.jsonl", GOOD), ("..\\evil.txt", GOOD)]), "member_path"),
    ("image", "a.zip", zipped([("good.jsonl", GOOD), ("a.png", b"\x89PNG")]), "member_type"),
    ("licence", "a.zip", zipped([("good.jsonl", GOOD), ("LICENSE.txt", b"MIT")]), "member_type"),
    ("zip in zip", "a.zip", zipped([("good.jsonl", GOOD), ("b.zip", b"PK")]), "member_nested"),
    ("7z in zip", "a.zip", zipped([("good.jsonl", GOOD), ("b.7z", b"7z")]), "member_nested"),
    ("encrypted", "a.zip", zip_with("b.jsonl", flag=1), "member_encrypted"),
    ("lzma", "a.zip", zip_with("b.jsonl", method=14), "member_method"),
    ("unknown method", "a.zip", zip_with("b.jsonl", method=99), "member_method"),
    ("link in zip", "a.zip", zip_with("b.jsonl", attributes=0o120777), "member_link"),
    ("device in zip", "a.zip", zip_with("b.jsonl", attributes=0o020666), "member_special"),
    (
        "slip in tar",
        "a.tar.gz",
        tarred([("good.jsonl", GOOD), ("../evil.jsonl", GOOD)]),
        "member_path",
    ),
    (
        "absolute in tar",
        "a.tar",
        tarred([("good.jsonl", GOOD), ("/etc/evil.jsonl", GOOD)], "w"),
        "member_path",
    ),
    (
        "symbolic link",
        "a.tar.gz",
        tarred(
            [("good.jsonl", GOOD), (entry("b.jsonl", tarfile.SYMTYPE, linkname="/etc/passwd"), b"")]
        ),
        "member_link",
    ),
    (
        "hard link",
        "a.tar.gz",
        tarred(
            [("good.jsonl", GOOD), (entry("b.jsonl", tarfile.LNKTYPE, linkname="good.jsonl"), b"")]
        ),
        "member_link",
    ),
    (
        "device",
        "a.tar.gz",
        tarred(
            [("good.jsonl", GOOD), (entry("b.jsonl", tarfile.CHRTYPE, devmajor=1, devminor=5), b"")]
        ),
        "member_special",
    ),
    (
        "pipe",
        "a.tar.gz",
        tarred([("good.jsonl", GOOD), (entry("b.jsonl", tarfile.FIFOTYPE), b"")]),
        "member_special",
    ),
    ("twice", "a.tar", tarred([("good.jsonl", GOOD), ("good.jsonl", GOOD)], "w"), "member_twice"),
]


@pytest.mark.parametrize(
    ("name", "content", "code"), [c[1:] for c in LEFT_OUT], ids=[c[0] for c in LEFT_OUT]
)
def test_left_out_by_name(put, tmp_path, name, content, code):
    before = sorted(tmp_path.parent.rglob("*evil*"))
    report = import_file(put(name, content))["report"]
    assert report["stats"]["rows"] == 1
    (problem,) = report["problems"]
    assert (problem["code"], problem["line"]) == (code, 0)
    assert problem["file"]
    assert sorted(tmp_path.parent.rglob("*evil*")) == before


def flat_bomb():
    """100 MB of one letter, deflated a thousandfold."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"a" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(100)) + packer.flush()


def zip_bomb():
    held = io.BytesIO()
    with (
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.txt", "w") as f,
    ):
        for _ in range(40):
            f.write(b"a" * (1 << 20))
    return held.getvalue()


def overlapping():
    """A directory that names the same bytes again and again, under other names."""
    whole = zipped([("a.txt", b"ab c\n" * 400_000)])
    start, end = whole.rfind(b"PK\x01\x02"), whole.rfind(b"PK\x05\x06")
    one = whole[start:end]
    many = b"".join(one.replace(b"a.txt", b"%05d" % number) for number in range(3000))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3000, 3000, len(many), start, 0)
    return whole[:start] + many + tail


def lying_size():
    """A member that declares fewer bytes than it holds."""
    content = bytearray(zipped([("a.jsonl", GOOD * 100)]))
    central = content.rfind(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<L", 10)
    return bytes(content)


def huge_header():
    """A tar whose extended header says that it is 4 GB long."""
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 4 << 30
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)


def going_back():
    """A tar whose member has a negative size, so that the next header is the same again."""
    info = tarfile.TarInfo("a.png")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(512) * 0 + bytes(header) + bytes(header) + bytes(1024)


def many_entries(count):
    """The directory of a zip of `count` empty members, as small as can be."""
    one = (
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 6, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    )
    said = min(count, 0xFFFF)
    return one * count + struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, len(one) * count, 0, 0
    )


#: id, file name, what makes the bytes, the error.
REFUSED = [
    ("bomb in gz", "a.txt.gz", flat_bomb, errors.DatasetLimit),
    ("bomb in zip", "a.zip", zip_bomb, errors.DatasetLimit),
    (
        "bomb in tar.gz",
        "a.tar.gz",
        lambda: gzip.compress(tarred([("a.txt", b"a" * (40 << 20))], "w")),
        errors.DatasetLimit,
    ),
    ("bomb of zips laid over each other", "a.zip", overlapping, errors.DatasetLimit),
    ("a million entries in zip", "a.zip", lambda: many_entries(1_000_000), errors.DatasetLimit),
    (
        "entries beyond the count",
        "a.zip",
        lambda: many_entries(200_000)[:-12] + many_entries(3)[-12:],
        errors.DatasetProblem,
    ),
    (
        "many entries in tar",
        "a.tar.gz",
        lambda: gzip.compress(tarfile.TarInfo("a.png").tobuf() * 10_050 + bytes(1024)),
        errors.DatasetLimit,
    ),
    ("header of 4 GB in tar", "a.tar", huge_header, errors.DatasetLimit),
    ("tar that goes back", "a.tar", going_back, errors.DatasetProblem),
    ("cut gz", "a.jsonl.gz", lambda: gzip.compress(GOOD * 5000)[:-30], errors.DatasetDamaged),
    (
        "flipped gz",
        "a.jsonl.gz",
        lambda: gzip.compress(GOOD * 9)[:-8] + bytes(8),
        errors.DatasetDamaged,
    ),
    ("text named gz", "a.jsonl.gz", lambda: GOOD, errors.DatasetDamaged),
    ("empty gz", "a.jsonl.gz", lambda: b"", errors.DatasetEmpty),
    ("gz of nothing", "a.jsonl.gz", lambda: gzip.compress(b""), errors.DatasetEmpty),
    ("cut zip", "a.zip", lambda: zipped([("a.jsonl", GOOD * 99)])[:-30], errors.DatasetDamaged),
    ("text named zip", "a.zip", lambda: GOOD, errors.DatasetDamaged),
    ("empty zip", "a.zip", lambda: zipped([]), errors.DatasetEmpty),
    ("empty file named zip", "a.zip", lambda: b"", errors.DatasetDamaged),
    (
        "zip with a wrong sum",
        "a.zip",
        lambda: zipped([("a.jsonl", GOOD)], method=0).replace("سلام".encode(), "سیام".encode()),
        errors.DatasetDamaged,
    ),
    ("zip of images", "a.zip", lambda: zipped([("a.png", b"x")]), errors.DatasetFormat),
    ("lying size", "a.zip", lying_size, errors.DatasetProblem),
    (
        "cut tar",
        "a.tar",
        lambda: tarred([("a.jsonl", GOOD * 99)], "w")[:900],
        errors.DatasetDamaged,
    ),
    ("text named tar", "a.tar", lambda: GOOD * 99, errors.DatasetDamaged),
    ("gz named tar.gz", "a.tar.gz", lambda: gzip.compress(GOOD * 99), errors.DatasetDamaged),
    ("rar", "a.rar", lambda: b"Rar!", errors.DatasetDamaged),
    ("binary member", "a.zip", lambda: zipped([("a.txt", b"ab\x00c")]), errors.DatasetBinary),
    (
        "damaged UTF-8 in a member",
        "a.zip",
        lambda: zipped([("a.txt", b"ab\nc\xff\n")]),
        errors.DatasetEncoding,
    ),
]


@pytest.mark.parametrize(
    ("name", "make", "error"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(put, tmp_path, name, make, error):
    asked = put(name, make())
    with pytest.raises(error) as caught:
        import_file(asked)
    assert type(caught.value) is not errors.DatasetProblem
    json.dumps(caught.value.details)
    body = caught.value.body
    assert name in body.message
    assert len(body.message) < 600
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    with contextlib.suppress(errors.DatasetProblem):
        peek(asked)  # looks at the beginning only, and may find it good


MEMORY = """
import pathlib, re, sys
from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets.importing import inspect
before = int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])
try:
    inspect({'path': sys.argv[1]})
except errors.DatasetLimit:
    print(int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to measure")
@pytest.mark.parametrize(
    "make", [flat_bomb, lambda: many_entries(1_000_000)], ids=["bomb", "entries"]
)
def test_bombs_take_little_memory(put, make):
    asked = put("a.txt.gz" if make is flat_bomb else "a.zip", make())
    said = subprocess.run(
        [sys.executable, "-c", MEMORY, asked["path"]], check=True, capture_output=True, text=True
    )
    assert int(said.stdout) * 1024 < 200 * 2**20


def test_unpacking_has_a_limit(put):
    asked = put("a.jsonl.gz", gzip.compress(GOOD * 5000))
    with pytest.raises(errors.DatasetLimit):
        inspect(asked | {"max_unpacked_bytes": 100_000})


def test_several_files_are_one_dataset(put):
    one, two = put("a.jsonl", GOOD + b"nope\n"), put("b.csv", "متن\nیک دو\n".encode())
    files = [{"path": asked["path"]} for asked in (one, two)]
    report = import_file({"files": files, "out_dir": one["out_dir"]})["report"]
    assert report["stats"]["rows"] == 2
    assert [(problem["file"], problem["line"]) for problem in report["problems"]] == [
        ("a.jsonl", 2)
    ]
