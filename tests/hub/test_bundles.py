"""Bundles: read by other tools, cut and joined, gone on with after every end."""

import hashlib
import importlib.util
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from jupyter_persian_ai.hub.bundles import layout, look, pack, unpack

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


# --- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part_bytes", [0, MB, 100 * MB])
def test_there_and_back(order, journal, folder, tmp_path, part_bytes):
    asked = order(part_bytes)
    made = pack.pack(asked, journal, silent)
    assert names(asked.out) == [part["name"] for part in made["parts"]]
    assert len(made["parts"]) == (6 if part_bytes == MB else 1)
    for part in made["parts"]:
        content = (asked.out / part["name"]).read_bytes()
        assert len(content) == part["bytes"]
        assert hashlib.sha256(content).hexdigest() == part["sha256"]
    told = look.look({"path": str(asked.out)})
    assert told["complete"]
    assert (told["id"], told["bytes"]) == (made["id"], made["bytes"])
    assert {file["name"]: file["bytes"] for file in told["files"]} == SIZES
    unpack.unpack({"path": str(asked.out), "staging": str(tmp_path / "in"), "id": told["id"]})
    assert same(folder, tmp_path / "in")


@pytest.mark.skipif(
    not (shutil.which("tar") and shutil.which("sha256sum")), reason="needs tar and sha256sum"
)
@pytest.mark.parametrize("part_bytes", [0, MB])
def test_ordinary_tools_read_it(order, journal, folder, tmp_path, part_bytes):
    asked = order(part_bytes)
    pack.pack(asked, journal, silent)
    there = tmp_path / "there"
    there.mkdir()
    line = f"cat {asked.out}/{ROOT}.tar* | tar xf - && cd {ROOT} && sha256sum -c SHA256SUMS"
    subprocess.run(["sh", "-ec", line], cwd=there, check=True, stdout=subprocess.DEVNULL)
    for name in SIZES:
        assert (there / ROOT / name).read_bytes() == (folder / name).read_bytes()


def test_python_reads_it(order, journal, folder):
    asked = order()
    made = pack.pack(asked, journal, silent)
    with tarfile.open(made["path"]) as archive:
        members = archive.getmembers()
        assert [member.name for member in members][2:] == [f"{ROOT}/{name}" for name in SIZES]
        assert all(member.isreg() and member.mode == 0o644 for member in members)
        assert all(member.uid == member.gid == 0 for member in members)


def test_a_header_of_a_huge_file_is_read_by_others():
    for size in (0, 511, 8**11 - 1, 8**11, 3 * 2**40):
        block = layout.header(ROOT, "model.safetensors", size, 1_800_000_000)
        told = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        assert (told.name, told.size, told.mtime) == (
            f"{ROOT}/model.safetensors",
            size,
            1_800_000_000,
        )


def test_the_same_files_have_the_same_id(order, journal, tmp_path):
    one = pack.pack(order(), journal, silent)
    reversed_ = order(MB, sources=order().sources[::-1], name="another")
    assert pack.pack(reversed_, tmp_path / "other.json", silent)["id"] == one["id"]


def test_parts_joined_again_are_a_bundle_too(order, journal, folder, tmp_path):
    asked = order(MB)
    pack.pack(asked, journal, silent)
    joined = tmp_path / "joined.tar"
    joined.write_bytes(b"".join((asked.out / name).read_bytes() for name in names(asked.out)))
    unpack.unpack({"path": str(joined), "staging": str(tmp_path / "in")})
    assert same(folder, tmp_path / "in")


def test_any_part_and_any_name_lead_to_it(order, journal, tmp_path):
    asked = order(MB)
    made = pack.pack(asked, journal, silent)
    for name in names(asked.out):
        assert look.look({"path": str(asked.out / name)})["id"] == made["id"]
    for name in names(asked.out):  # a stick's owner may call them otherwise
        (asked.out / name).rename(asked.out / name.replace(ROOT, "مدل من"))
    assert look.look({"path": str(asked.out)})["complete"]


def test_names_of_parts_fit_any_disk(order, journal):
    asked = order(MB)
    made = pack.pack(asked, journal, silent)
    for part in made["parts"]:
        assert part["name"].isascii()
        assert not set(part["name"]) & set('\\/:*?"<>| ')
        assert len(part["name"]) < 100


# --- going on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part_bytes", [0, MB])
def test_packing_ended_anywhere_goes_on(order, journal, folder, tmp_path, small_pieces, part_bytes):
    asked, written = order(part_bytes), 0
    steps = stopping(10**9)
    pack.pack(order(part_bytes, out=tmp_path), tmp_path / "whole.json", steps)
    tries = 0
    while True:
        tries += 1
        times = {path: path.stat().st_mtime_ns for path in asked.out.glob("*.0*[0-9]")}
        tick = stopping(16)
        with pytest.raises(Stop):
            pack.pack(asked, journal, tick)
        assert all(path.stat().st_mtime_ns == time for path, time in times.items())
        assert not (asked.out / made_first(part_bytes)).exists()
        if tick.places[0] > layout.total(list(SIZES.items())):
            break  # it is being read back, which begins anew each time
        assert tries < 40
        written += len(tick.places)
    assert tries > 3
    # What was noted is not written twice: at most what lies between two notes, in each try.
    assert written <= len(steps.places) + 4 * tries
    made = pack.pack(asked, journal, silent)
    assert not pack.leftovers(asked.out, ROOT)
    unpack.unpack({"path": made["path"], "staging": str(tmp_path / "in")})
    assert same(folder, tmp_path / "in")


def made_first(part_bytes):
    return f"{ROOT}.tar.000" if part_bytes else f"{ROOT}.tar"


@pytest.mark.parametrize("part_bytes", [0, MB])
def test_unpacking_ended_anywhere_goes_on(
    order, journal, folder, tmp_path, small_pieces, part_bytes
):
    made = pack.pack(order(part_bytes), journal, silent)
    payload = {"path": made["path"], "staging": str(tmp_path / "in")}
    places = []
    for _ in range(20):
        tick = stopping(14)
        try:
            unpack.unpack(payload, tick)
        except Stop:
            places.append(tick.places[0])
            continue
        break
    else:
        raise AssertionError(f"it never ends: {places}")
    assert places == sorted(places)
    assert places[-1] > places[0]
    assert same(folder, tmp_path / "in")


@pytest.mark.parametrize("at", [1, 7, 20, 33, 46, 59, 72])
def test_a_try_of_before_that_has_lost_something_begins_anew(
    order, journal, folder, tmp_path, small_pieces, at
):
    asked = order(MB)
    with pytest.raises(Stop):
        pack.pack(asked, journal, stopping(at))
    for path in list(asked.out.iterdir())[:1]:
        path.unlink()
    made = pack.pack(asked, journal, silent)
    unpack.unpack({"path": made["path"], "staging": str(tmp_path / "in")})
    assert same(folder, tmp_path / "in")


KILLED = """
import json, sys, time
from pathlib import Path
from jupyter_persian_ai.hub.bundles import pack, reading, unpack, writing
for module in (pack, reading, writing):
    module.PIECE = 50_000
    if hasattr(module, "NOTED_BYTES"):
        module.NOTED_BYTES = 100_000
source, out, journal, staging, part_bytes = sys.argv[1:]
tick = lambda done, total, name: (print(done, flush=True), time.sleep(0.001))
order = pack.Order("model", "n", "", "model-v1-abc123",
                   [(p.name, p) for p in sorted(Path(source).iterdir())], Path(out),
                   int(part_bytes), "1", {})
made = pack.pack(order, Path(journal), tick)
unpack.unpack({"path": made["path"], "staging": staging}, tick)
print("done", flush=True)
"""


@pytest.mark.parametrize("part_bytes", [0, MB])
def test_kill_9_at_many_places(folder, tmp_path, part_bytes):
    """Killed after ever more steps, packing and unpacking come to the right end."""
    out, staged = tmp_path / "out", tmp_path / "in"
    out.mkdir()
    command = [sys.executable, "-c", KILLED, str(folder), str(out), str(tmp_path / "j.json")]
    for steps in (5, 37, 10**9):
        child = subprocess.Popen(
            [*command, str(staged), str(part_bytes)], stdout=subprocess.PIPE, text=True
        )
        lines = []
        for line in child.stdout:
            lines.append(line)
            if len(lines) >= steps:
                child.send_signal(signal.SIGKILL)
                break
        child.stdout.close()
        child.wait()
    assert lines[-1] == "done\n"
    assert same(folder, staged)
    assert not pack.leftovers(out, ROOT)
