"""What is kept of a file that was cut off, and who may go on with it."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from jupyter_persian_ai.hub.transfer import owner, partial
from jupyter_persian_ai.hub.transfer.partial import BLOCK, Busy, Lost, acquire, sweep

ETAG = "ab" * 32
SIZE = 10 * BLOCK + 5


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "blobs").mkdir()
    return tmp_path / "blobs"


def folders(blobs):
    return sorted(path for path in blobs.iterdir() if path.name.endswith(partial.SUFFIX))


def begun(blobs, *blocks, size=SIZE):
    """A partial with some blocks of ones, left by this process."""
    kept = acquire(blobs, ETAG, size)
    for block in blocks:
        kept.write(block * BLOCK, b"\x01" * BLOCK)
        kept.mark(block * BLOCK, (block + 1) * BLOCK)
    return kept


def rename(folder, **changes):
    """As if another owner had left it."""
    who = owner.parse(folder.name.removeprefix(f"{ETAG}.").removesuffix(partial.SUFFIX))
    fields = {name: getattr(who, name) for name in owner.Owner.__slots__} | changes
    return folder.rename(folder.with_name(f"{ETAG}.{owner.Owner(**fields).name}{partial.SUFFIX}"))


def silence(folder, seconds):
    past = time.time() - seconds
    os.utime(folder / "map", (past, past))


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_only_whole_blocks_count(blobs):
    kept = acquire(blobs, ETAG, SIZE)
    kept.write(0, b"x" * SIZE)
    kept.mark(0, 3 * BLOCK - 1)
    assert kept.missing() == [(2 * BLOCK, SIZE)]
    kept.mark(5 * BLOCK, SIZE)
    assert kept.missing() == [(2 * BLOCK, 5 * BLOCK)]
    kept.mark(2 * BLOCK, 5 * BLOCK)
    assert kept.missing() == []
    assert kept.written() == SIZE
    kept.complete(blobs / ETAG)
    assert (blobs / ETAG).read_bytes() == b"x" * SIZE
    assert folders(blobs) == []


def test_an_empty_file(blobs):
    kept = acquire(blobs, ETAG, 0)
    assert kept.missing() == []
    kept.complete(blobs / ETAG)
    assert (blobs / ETAG).read_bytes() == b""


def test_one_owner_at_a_time(blobs):
    kept = begun(blobs, 0, 1)
    with pytest.raises(Busy):
        acquire(blobs, ETAG, SIZE)
    assert len(folders(blobs)) == 1
    kept.release()
    again = acquire(blobs, ETAG, SIZE)
    assert again.missing() == [(2 * BLOCK, SIZE)]
    assert len(folders(blobs)) == 1
    assert again.read(0, 2 * BLOCK) == b"\x01" * 2 * BLOCK


def test_the_dead_leave_it_to_the_living(blobs):
    begun(blobs, 0, 4).close()
    rename(folders(blobs)[0], pid=dead_pid())
    inode = (folders(blobs)[0] / "data").stat().st_ino
    kept = acquire(blobs, ETAG, SIZE)
    assert kept.missing() == [(BLOCK, 4 * BLOCK), (5 * BLOCK, SIZE)]
    assert (folders(blobs)[0] / "data").stat().st_ino == inode


def test_an_id_that_another_process_has_now(blobs):
    begun(blobs, 0).close()
    rename(folders(blobs)[0], started=1_000_000)
    assert acquire(blobs, ETAG, SIZE).missing() == [(BLOCK, SIZE)]


def test_the_fullest_leftover_wins_and_the_others_go(blobs):
    for blocks in ((0,), (1, 2, 3), (4, 5)):
        begun(blobs, *blocks).close()
        rename(folders(blobs)[-1], pid=0)
        silence(folders(blobs)[-1], 0)
        # So that the next acquires nothing of it.
        folders(blobs)[-1].rename(blobs / f"aside-{len(blocks)}")
    for number, aside in enumerate(sorted(blobs.glob("aside-*"))):
        name = owner.Owner("0" * 12, "0" * 12, 0, 0, f"{number:08x}").name
        aside.rename(blobs / f"{ETAG}.{name}{partial.SUFFIX}")
    assert len(folders(blobs)) == 3
    assert acquire(blobs, ETAG, SIZE).missing() == [(0, BLOCK), (4 * BLOCK, SIZE)]
    assert len(folders(blobs)) == 1


def test_of_another_machine_a_silent_one_is_copied(blobs):
    awake = begun(blobs, 0, 7)
    folder = rename(folders(blobs)[0], machine="f" * 12)
    with pytest.raises(Busy):
        acquire(blobs, ETAG, SIZE)
    silence(folder, partial.SILENT_SECONDS + 1)
    mine = acquire(blobs, ETAG, SIZE)
    assert mine.missing() == [(BLOCK, 7 * BLOCK), (8 * BLOCK, SIZE)]
    # The other wakes up and goes on writing: not into ours.
    awake.write(0, b"\xff" * BLOCK)
    assert mine.read(0, BLOCK) == b"\x01" * BLOCK
    with pytest.raises(Lost):
        awake.beat()
    with pytest.raises(Lost):
        awake.complete(blobs / ETAG)
    assert not (blobs / ETAG).exists()


def test_after_a_power_cut_only_what_was_synced_counts(blobs):
    kept = begun(blobs, 0, 1, 2)
    kept.sync()
    kept.write(5 * BLOCK, b"\x01" * BLOCK)
    kept.mark(5 * BLOCK, 6 * BLOCK)
    kept.release()
    about = json.loads((folders(blobs)[0] / "about.json").read_text())
    again = acquire(blobs, ETAG, SIZE)
    assert again.missing() == [(3 * BLOCK, 5 * BLOCK), (6 * BLOCK, SIZE)]
    again.release()
    (folders(blobs)[0] / "about.json").write_text(json.dumps(about | {"boot": "another"}))
    assert acquire(blobs, ETAG, SIZE).missing() == [(3 * BLOCK, SIZE)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "about.json").write_text("{"),
        lambda folder: (folder / "about.json").write_text("[]"),
        lambda folder: (folder / "about.json").unlink(),
        lambda folder: (folder / "map").write_bytes(b"\x01" * 3),
        lambda folder: (folder / "map").write_bytes(b"\x07" * 11),
        lambda folder: (folder / "map").unlink(),
        lambda folder: (folder / "data").write_bytes(b"short"),
        lambda folder: (folder / "data").unlink(),
    ],
)
def test_a_leftover_that_makes_no_sense_is_begun_anew(blobs, damage):
    begun(blobs, 0, 1).release()
    damage(folders(blobs)[0])
    kept = acquire(blobs, ETAG, SIZE)
    assert kept.missing() == [(0, SIZE)]
    assert len(folders(blobs)) == 1


def test_of_a_file_of_another_size(blobs):
    begun(blobs, 0, 1).release()
    assert acquire(blobs, ETAG, SIZE + BLOCK).missing() == [(0, SIZE + BLOCK)]


def test_its_owner_notices_when_it_is_removed(blobs):
    kept = begun(blobs, 0)
    partial.remove(folders(blobs)[0])
    with pytest.raises(Lost):
        kept.beat()


def test_sweeping_spares_the_living_and_the_young(blobs):
    begun(blobs, 0)
    assert sweep(blobs) == 0
    old = rename(folders(blobs)[0], pid=dead_pid())
    assert sweep(blobs, older_than=time.time() - 3600) == 0
    assert sweep(blobs, etags={"cd" * 32}) == 0
    silence(old, 7200)
    assert sweep(blobs, older_than=time.time() - 3600) == 1
    assert folders(blobs) == []


def test_this_process_lives():
    assert not owner.this_process().surely_dead
    assert owner.released().surely_dead
    assert owner.parse(owner.this_process().name).pid == psutil.Process().pid
    assert owner.parse("something else") is None
