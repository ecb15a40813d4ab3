"""What deleting models frees, and what it leaves alone."""

from __future__ import annotations

import os

import pytest

from jupyter_persian_ai.services.model_files import freed, remove

KIB = 1024


def write(path, kib):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(kib * KIB))
    return path


@pytest.fixture
def root(tmp_path):
    """The data root."""
    place = tmp_path / "data"
    place.mkdir()
    return place


@pytest.fixture
def cache(root):
    """A repository of two snapshots that share one blob of three."""
    whole = root / "hub" / "models--o--n"
    blobs = {name: write(whole / "blobs" / name, kib) for name, kib in
             (("shared", 64), ("old", 128), ("new", 256))}  # fmt: skip
    for commit, names in (("aaa", ("shared", "old")), ("bbb", ("shared", "new"))):
        for name in names:
            place = whole / "snapshots" / commit / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(f"../../blobs/{name}")
    (whole / "refs").mkdir()
    (whole / "refs" / "main").write_text("bbb")
    (whole / "refs" / "v1").write_text("aaa")
    return whole, blobs


def test_a_snapshot_goes_with_what_only_it_needs(root, cache):
    whole, blobs = cache
    old, new = whole / "snapshots" / "aaa", whole / "snapshots" / "bbb"
    assert freed([old], root) == 128 * KIB
    assert freed([new], root) == 256 * KIB
    refs = sum(path.stat().st_size for path in (whole / "refs").iterdir())
    assert (64 + 128 + 256) * KIB <= freed([old, new], root) <= (64 + 128 + 256) * KIB + refs
    remove([old], root)
    assert not old.exists()
    assert {path.name for path in blobs.values() if path.exists()} == {"shared", "new"}
    assert [path.name for path in (whole / "refs").iterdir()] == ["main"]
    assert (new / "shared").read_bytes()
    remove([new], root)
    assert not whole.exists()


def test_a_link_out_of_the_cache_takes_nothing_with_it(root, cache, tmp_path):
    whole, _ = cache
    precious = write(tmp_path / "precious", 4)
    (whole / "snapshots" / "aaa" / "evil").symlink_to(precious)
    sibling = write(root / "hub" / "models--x--y" / "blobs" / "theirs", 4)
    (whole / "snapshots" / "aaa" / "worse").symlink_to(sibling)
    before = freed([whole / "snapshots" / "aaa"], root)
    assert before < 132 * KIB
    remove([whole / "snapshots" / "aaa"], root)
    assert precious.is_file()
    assert sibling.is_file()


def test_hard_links_count_once_and_only_when_all_go(root):
    one = write(root / "models" / "a" / "model.safetensors", 100)
    two = root / "models" / "b" / "model.safetensors"
    two.parent.mkdir()
    os.link(one, two)
    elsewhere = write(root / "models" / "c" / "weights", 50)
    os.link(elsewhere, root / "kept")
    a, b, c = (root / "models" / name for name in "abc")
    assert freed([a], root) == 0
    assert freed([a, b], root) == 100 * KIB
    assert freed([c], root) == 0


def test_only_what_is_ours_goes(root, tmp_path):
    theirs = write(tmp_path / "theirs" / "model.safetensors", 8).parent
    (root / "link").symlink_to(theirs)
    for folder in (theirs, root / "link", root, tmp_path):
        assert freed([folder], root) == 0
        remove([folder], root)
    assert (theirs / "model.safetensors").is_file()
    assert root.is_dir()


def test_a_jobs_folder_goes_with_the_last_thing_in_it(root):
    folder = write(root / "jobs" / "j" / "1" / "model" / "w", 1).parent
    other = write(root / "jobs" / "k" / "1" / "model" / "w", 1).parent
    log = write(root / "jobs" / "k" / "worker.log", 1)
    remove([folder, other], root)
    assert not (root / "jobs" / "j").exists()
    assert log.is_file()
    assert (root / "jobs").is_dir()
    assert not other.exists()
