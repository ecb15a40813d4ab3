"""Bundles that were damaged, and disks that fail: what is wrong is always named."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_persian_ai.errors import (
    BundleDamaged,
    BundleDiskFault,
    BundleFileLimit,
    BundleMissing,
    BundlePartMissing,
    BundleProblem,
    BundleSourceChanged,
)
from jupyter_persian_ai.hub.bundles import disks, layout, look, pack, unpack

_SPEC = importlib.util.spec_from_file_location(
    "bundle_making", Path(__file__).with_name("bundle_making.py")
)
making = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(making)
MB, ROOT, SIZES = making.MB, making.ROOT, making.SIZES
Stop, stopping, silent = making.Stop, making.stopping, making.silent
same, names = making.same, making.names
folder, order, journal = making.folder, making.order, making.journal
small_pieces = making.small_pieces


def test_a_file_that_changes_is_noticed(order, journal, folder, tmp_path):
    mine = shutil.copytree(folder, tmp_path / "mine")
    asked = order(MB, sources=[(name, mine / name) for name in SIZES])

    def change(done, total, name):
        if done > 2 * MB:
            (mine / "model-00001.safetensors").write_bytes(b"x" * 2_500_000)

    with pytest.raises(BundleSourceChanged) as failure:
        pack.pack(asked, journal, change)
    assert failure.value.details["file"] == "model-00001.safetensors"
    pack.pack(asked, journal, silent)
    unpack.unpack({"path": str(asked.out), "staging": str(tmp_path / "in")})
    assert (tmp_path / "in/model-00001.safetensors").read_bytes() == b"x" * 2_500_000


def test_a_disk_that_gives_back_other_bytes_is_named(order, journal, tmp_path):
    asked = order(MB)

    def lie(done, total, name):
        if done == total // 2:
            with (asked.out / f"{ROOT}.tar.002").open("r+b") as part:
                part.write(b"lie")

    with pytest.raises(BundleDiskFault) as failure:
        pack.pack(asked, journal, lie)
    assert failure.value.details["part"] == f"{ROOT}.tar.002"
    assert not (asked.out / f"{ROOT}.tar.000").exists()
    pack.pack(asked, journal, silent)
    unpack.unpack({"path": str(asked.out), "staging": str(tmp_path / "in")})


LIMITED = """
import resource, signal, sys
from pathlib import Path
from jupyter_persian_ai.errors import PersianAIError
from jupyter_persian_ai.hub.bundles import pack
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
source, out, journal, part_bytes = sys.argv[1:]
order = pack.Order("model", "n", "", "model-v1-abc123",
                   [(p.name, p) for p in sorted(Path(source).iterdir())], Path(out),
                   int(part_bytes), "1", {})
try:
    pack.pack(order, Path(journal), lambda *_: None)
    print("packed")
except PersianAIError as error:
    print(error.code)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of a process")
def test_a_disk_without_large_files_takes_parts(folder, tmp_path):
    """As FAT32, which has a limit of 4 GiB; here it is 2 MB."""
    for part_bytes, said in ((0, BundleFileLimit.code), (1_900_000, "packed")):
        out = tmp_path / f"out{part_bytes}"
        out.mkdir()
        command = [sys.executable, "-c", LIMITED, str(folder), str(out)]
        command += [str(tmp_path / f"{part_bytes}.json"), str(part_bytes)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        assert run.stdout.strip() == said, run.stderr
    unpack.unpack({"path": str(tmp_path / "out1900000"), "staging": str(tmp_path / "in")})
    assert same(folder, tmp_path / "in")


def test_a_stick_with_fat32_says_so_before(tmp_path, monkeypatch):
    stick = tmp_path / "stick"
    (stick / "folder").mkdir(parents=True)

    def mounts(all):
        mounted = ((tmp_path, "ext4"), (stick, "vfat"), (tmp_path / "st", "ext4"))
        return [SimpleNamespace(mountpoint=str(place), fstype=kind) for place, kind in mounted]

    monkeypatch.setattr(disks.psutil, "disk_partitions", mounts)
    assert disks.largest_file(stick / "folder") == 2**32 - 1
    assert disks.largest_file(stick) == 2**32 - 1
    assert disks.largest_file(tmp_path) is None


@pytest.fixture
def parts(order, journal):
    """A bundle of six parts, the first of them the list of contents."""
    asked = order(MB)
    pack.pack(asked, journal, silent)
    return [asked.out / name for name in names(asked.out)]


@pytest.fixture
def fails(tmp_path):
    """`fails(path)` gives the error of unpacking, which puts nothing in place."""

    def of(path, kind=BundleProblem):
        with pytest.raises(kind) as failure:
            unpack.unpack({"path": str(path), "staging": str(tmp_path / "staging/in")})
        left = tmp_path / "staging"
        assert not left.exists() or names(left) == ["in"]
        return failure.value

    return of


def flip(path, place):
    with path.open("r+b") as handle:
        handle.seek(place)
        old = handle.read(1)[0]
        handle.seek(place)
        handle.write(bytes([old ^ 0x40]))


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_one_bit_of_any_part(parts, fails, number, place):
    size = parts[number].stat().st_size
    flip(parts[number], size - 1 if place < 0 else int(size * place))
    error = fails(parts[0], BundleDamaged)
    assert error.details["part"] == parts[number].name


def test_a_bad_part_alone_is_read_again(parts, fails, folder, tmp_path):
    """Once it has come anew, those before it are not read once more."""
    good = parts[3].read_bytes()
    flip(parts[3], 1000)
    fails(parts[0], BundleDamaged)
    parts[3].write_bytes(good)
    seen = []
    payload = {"path": str(parts[0]), "staging": str(tmp_path / "staging/in")}
    unpack.unpack(payload, lambda done, total, name: seen.append(name))
    assert set(seen) == {part.name for part in parts[3:]}
    assert same(folder, tmp_path / "staging/in")


def test_a_part_that_was_bad_and_half_taken_is_taken_again(
    parts, fails, folder, tmp_path, small_pieces
):
    """It was noted in the middle of a part that is then found to be bad."""
    good = parts[3].read_bytes()
    flip(parts[3], 1000)
    flip(parts[3], len(good) - 5)
    for _ in range(2):
        assert fails(parts[0], BundleDamaged).details["part"] == parts[3].name
    payload = {"path": str(parts[0]), "staging": str(tmp_path / "staging/in")}
    parts[3].write_bytes(good)
    with pytest.raises(Stop):
        unpack.unpack(payload, stopping(7))
    flip(parts[3], 700_000)  # what was taken of it before was right
    assert fails(parts[0], BundleDamaged).details["part"] == parts[3].name
    parts[3].write_bytes(good)
    unpack.unpack(payload)
    assert same(folder, tmp_path / "staging/in")


def test_parts_that_were_swapped_say_so(parts, fails):
    other = parts[1].with_name("other")
    parts[1].rename(other)
    parts[2].rename(parts[1])
    other.rename(parts[2])
    error = fails(parts[0], BundleDamaged)
    assert error.details["part"] == parts[1].name
    assert parts[2].name in error.body.message
    assert parts[2].name in error.body.message_fa


def test_a_part_of_another_bundle(parts, fails, order, tmp_path, folder):
    mine = shutil.copytree(folder, tmp_path / "mine")
    (mine / "model-00001.safetensors").write_bytes(b"y" * 2_500_000)
    out = tmp_path / "elsewhere"
    out.mkdir()
    asked = order(MB, out=out, sources=[(name, mine / name) for name in SIZES])
    pack.pack(asked, tmp_path / "other.json", silent)
    shutil.copy(out / parts[2].name, parts[2])
    assert fails(parts[0], BundleDamaged).details["part"] == parts[2].name


def test_missing_parts_are_all_named(parts, fails):
    parts[2].unlink()
    parts[4].unlink()
    error = fails(parts[0], BundlePartMissing)
    assert error.details["parts"] == f"{parts[2].name}, {parts[4].name}"
    told = look.look({"path": str(parts[0].parent)})
    assert not told["complete"]
    assert [part["name"] for part in told["parts"] if not part["present"]] == [
        parts[2].name,
        parts[4].name,
    ]


def test_without_the_list_of_contents_it_is_asked_for(parts, fails):
    parts[0].unlink()
    for path in (parts[3], parts[0].parent):
        assert fails(path, BundlePartMissing).details["parts"] == parts[0].name


@pytest.mark.parametrize("change", [-1, 1, -MB])
@pytest.mark.parametrize("number", [0, 2, 5])
def test_a_part_that_is_cut_or_has_grown(parts, fails, number, change):
    size = parts[number].stat().st_size
    os.truncate(parts[number], max(0, size + change))
    error = fails(parts[0])
    assert parts[number].name in error.body.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_what_is_no_plain_file_is_no_part(parts, fails, tmp_path):
    moved = tmp_path / "moved"
    parts[2].rename(moved)
    parts[2].symlink_to(moved)
    assert parts[2].name in fails(parts[0]).body.message
    parts[2].unlink()
    os.mkfifo(parts[2])
    assert parts[2].name in fails(parts[0]).body.message
    parts[2].unlink()
    parts[2].mkdir()
    assert parts[2].name in fails(parts[0]).body.message
    first = parts[0].rename(tmp_path / "first")
    parts[0].symlink_to(first)
    fails(parts[0])


def test_one_bit_anywhere_of_one_file(order, journal, fails, folder, tmp_path):
    """In the list, the headers, the contents, the padding and the end."""
    made = pack.pack(order(), journal, silent)
    path = tmp_path / "out0" / f"{ROOT}.tar"
    size = path.stat().st_size
    good = path.read_bytes()
    lead = size - layout.total(list(SIZES.items()))
    places = [*range(0, lead, 97), lead, lead + 100, lead + 600, size - 1, size - 1500]
    places += [lead + int(size / 23 * step) for step in range(1, 22)]
    for place in places:
        flip(path, place)
        error = fails(path)
        assert path.name in error.body.message, (place, error.body.message)
        flip(path, place)
    assert path.read_bytes() == good
    unpack.unpack({"path": made["path"], "staging": str(tmp_path / "staging/in")})
    assert same(folder, tmp_path / "staging/in")


def test_a_bad_stretch_that_was_noted_is_read_again(
    order, journal, fails, folder, tmp_path, small_pieces
):
    """An uncut bundle is noted before its files are complete; what was bad must not stay."""
    pack.pack(order(), journal, silent)
    path = tmp_path / "out0" / f"{ROOT}.tar"
    lead = path.stat().st_size - layout.total(list(SIZES.items()))
    flip(path, lead + 2000)
    fails(path, BundleDamaged)
    flip(path, lead + 2000)
    unpack.unpack({"path": str(path), "staging": str(tmp_path / "staging/in")})
    assert same(folder, tmp_path / "staging/in")


def test_paths_with_no_bundle(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"no tar")
    (tmp_path / "b.txt").write_text("no part")
    with tarfile.open(tmp_path / "c.tar", "w") as archive:
        archive.add(tmp_path / "b.txt", "b.txt")
    (tmp_path / "empty.tar").touch()
    (tmp_path / "nothing").mkdir()
    for name in ("a.tar", "b.txt", "c.tar", "empty.tar", "nothing", "absent", "absent.tar", ""):
        with pytest.raises(BundleMissing):
            look.look({"path": str(tmp_path / name)})


def test_several_in_one_folder_are_to_be_named(order, journal, tmp_path):
    asked = order(MB)
    pack.pack(asked, journal, silent)
    pack.pack(order(0, out=asked.out, root="another"), tmp_path / "other.json", silent)
    with pytest.raises(BundleMissing) as failure:
        look.look({"path": str(asked.out)})
    assert "another.tar" in failure.value.body.message
    assert look.look({"path": str(asked.out / "another.tar")})["complete"]
