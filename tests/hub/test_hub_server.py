"""The small Hub of the tests against the Hub's own client: what passes here is faithful."""

import importlib.util
from pathlib import Path

import pytest
from huggingface_hub import (
    HfApi,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    snapshot_download,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

BIG = bytes(range(256)) * 1024


@pytest.fixture(scope="module")
def hub_server():
    spec = importlib.util.spec_from_file_location(
        "hub_server", Path(__file__).with_name("hub_server.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub(hub_server, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    server = hub_server.HubServer()
    yield server
    server.close()


@pytest.fixture
def api(hub):
    return HfApi(endpoint=hub.url, token=False)


FILES = {"config.json": b"{}", "model.safetensors": BIG, "sub/deep/notes.md": b"# x\n", "e": b""}


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_snapshot(hub, hub_server, tmp_path, elsewhere):
    hub.add("owner/name", files=FILES, elsewhere=elsewhere)
    folder = Path(
        snapshot_download("owner/name", endpoint=hub.url, cache_dir=tmp_path, token=False)
    )
    assert folder.name == hub_server.COMMIT
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    assert found["model.safetensors"].resolve().name == hub_server.etag(BIG)
    assert bool(hub.away) is elsewhere


def test_metadata(hub, hub_server):
    hub.add("owner/name", files=FILES, elsewhere=True)
    url = hf_hub_url("owner/name", "model.safetensors", endpoint=hub.url)
    metadata = get_hf_file_metadata(url, token=False)
    assert metadata.etag == hub_server.etag(BIG)
    assert metadata.size == len(BIG)
    assert metadata.commit_hash == hub_server.COMMIT
    assert metadata.xet_file_data is None
    assert f":{hub.away_port}/" in metadata.location


def test_information_and_trees(hub, hub_server, api):
    hub.add("owner/name", files=FILES)
    plain = {s.rfilename: s for s in api.model_info("owner/name").siblings}
    assert set(plain) == set(FILES)
    assert plain["model.safetensors"].size is None
    told = {s.rfilename: s for s in api.model_info("owner/name", files_metadata=True).siblings}
    assert told["model.safetensors"].lfs.sha256 == hub_server.etag(BIG)
    assert told["config.json"].blob_id == hub_server.etag(b"{}")
    assert told["config.json"].lfs is None
    files = [e.path for e in api.list_repo_tree("owner/name", recursive=True) if hasattr(e, "size")]
    assert set(files) == set(FILES)
    top = {e.path for e in api.list_repo_tree("owner/name")}
    assert top == {"config.json", "model.safetensors", "sub", "e"}
    assert [e.path for e in api.get_paths_info("owner/name", ["e"])] == ["e"]
    assert api.list_repo_refs("owner/name").branches[0].target_commit == hub_server.COMMIT


def test_a_dataset(hub, tmp_path, api):
    hub.add("owner/data", kind="datasets", files={"train.jsonl": b"{}\n"})
    assert api.dataset_info("owner/data").siblings[0].rfilename == "train.jsonl"
    path = hf_hub_download(
        "owner/data",
        "train.jsonl",
        repo_type="dataset",
        endpoint=hub.url,
        cache_dir=tmp_path,
        token=False,
    )
    assert Path(path).read_bytes() == b"{}\n"


def test_what_is_refused(hub, tmp_path):
    hub.add("owner/name", files=FILES)
    hub.add("owner/private", files=FILES, token="hf_right")
    hub.add("owner/gated", files=FILES, token="hf_right", gated=True)

    def fetch(repo_id, name="config.json", token=False, **options):
        return hf_hub_download(
            repo_id, name, endpoint=hub.url, cache_dir=tmp_path, token=token, **options
        )

    with pytest.raises(EntryNotFoundError):
        fetch("owner/name", "absent")
    with pytest.raises(RevisionNotFoundError):
        fetch("owner/name", revision="v9")
    for repo_id in ("owner/nothing", "owner/private"):
        with pytest.raises(RepositoryNotFoundError):
            fetch(repo_id)
    for token in (False, "hf_wrong"):
        with pytest.raises(GatedRepoError):
            fetch("owner/gated", token=token)
    assert HfApi(endpoint=hub.url, token=False).model_info("owner/gated").gated == "manual"
    for repo_id in ("owner/private", "owner/gated"):
        assert Path(fetch(repo_id, token="hf_right")).read_bytes() == b"{}"


def test_whose_token_it_is(hub, api):
    hub.users["hf_right"] = "sara"
    assert api.whoami(token="hf_right")["name"] == "sara"
    with pytest.raises(HfHubHTTPError):
        api.whoami(token="hf_wrong")
