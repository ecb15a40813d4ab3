"""The catalogue's file, questions to it, what is installed, and the live search."""

import importlib.util
import json
import socket
from importlib.resources import files
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from jupyter_persian_ai.errors import HubOffline, HubThrottled, NotFound
from jupyter_persian_ai.hub import asking, catalogue
from jupyter_persian_ai.hub import search as hub_search
from jupyter_persian_ai.hub.installed import cache_name, snapshot, user_cache
from jupyter_persian_ai.hub.search import Question
from jupyter_persian_ai.hub.way import Way, way_of
from jupyter_persian_ai.persian.direction import direction

HERE = Path(__file__).parent
INVENTED = ("persiannlp/parsbert-base-deduped-fa", "HooshvareLab/wikipedia-fa-20210320")


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fake = load("search_server")


class TestTheFile:
    def entries(self):
        return catalogue.catalogue().entries

    def test_it_has_every_field_and_no_other(self):
        raw = json.loads(
            files("jupyter_persian_ai.hub").joinpath("catalogue.json").read_text("utf-8")
        )
        fields = set(type(self.entries()[0]).model_fields)
        assert raw["entries"]
        for entry in raw["entries"]:
            assert set(entry) == fields, entry["id"]

    def test_ids_are_unique_and_licences_are_explained(self):
        ids = [entry.id for entry in self.entries()]
        assert len(ids) == len(set(ids))
        repos = [(entry.type, entry.repo_id.lower()) for entry in self.entries() if entry.repo_id]
        assert len(repos) == len(set(repos))
        assert {entry.license for entry in self.entries()} <= set(catalogue.licences())

    def test_what_looks_invented_is_not_in_it(self):
        text = files("jupyter_persian_ai.hub").joinpath("catalogue.json").read_text("utf-8")
        for repo_id in INVENTED:
            assert repo_id.lower() not in text.lower()

    def test_repositories_have_names_that_can_be_downloaded(self):
        for entry in self.entries():
            assert entry.repo_id == "" or entry.repo_id.count("/") == 1
            assert entry.repo_id or not entry.open

    def test_both_languages_speak(self):
        for entry in self.entries():
            for note in (entry.good_for, entry.note):
                assert direction(note.fa) == "rtl", entry.id
                assert direction(note.en) == "ltr", entry.id
                assert not set(note.fa) & set("يك"), entry.id
                assert note.fa[-1] in ".؟"
                assert note.en[-1] in ".?"

    def test_a_licence_that_forbids_trade_says_so_everywhere(self):
        for entry in self.entries():
            licence = catalogue.licences()[entry.license]
            if licence.commercial != "yes":
                assert entry.commercial == licence.commercial, entry.id
            if "-nc-" in entry.license:
                assert entry.commercial == "no", entry.id

    def test_token_counts_say_where_they_are_from(self):
        for entry in self.entries():
            assert bool(entry.tokens_per_word) == bool(entry.tokens_basis), entry.id


class TestQuestions:
    def names(self, **asked):
        return [entry.name for entry in catalogue.found(**asked)]

    def test_words_are_folded(self):
        assert self.names(q="خلاصه‌نويسي") == ["PN Summary"]
        assert self.names(q="توكا برت") == ["TookaBERT Base", "TookaBERT Large"]
        tasks = [entry.task for entry in catalogue.found(q="گفتار به متن")]
        assert tasks == sorted(tasks)  # speech to text, then what has the same words otherwise
        assert tasks[0] == "automatic-speech-recognition"
        assert self.names(q="خلاصه نویسی")[0] == "PN Summary"  # a phrase before its parts
        assert self.names(q="gemma ۲۷۰") == self.names(q="GEMMA 270") != []

    def test_a_name_comes_before_a_mention(self):
        assert self.names(q="parsbert")[0] == "ParsBERT"
        assert self.names(q="llama", type="model")[0].startswith("Llama")

    def test_filters_narrow(self):
        for entry in catalogue.found(type="model", commercial="yes", gated=False):
            assert entry.type == "model"
            assert entry.commercial == "yes"
            assert entry.gated is False
        assert {e.license for e in catalogue.found(license="gemma")} == {"gemma"}
        assert catalogue.found(task="text-to-speech", type="dataset") == []
        assert catalogue.found(q="nothing has this word") == []

    def test_what_is_not_known_is_sorted_last(self):
        sizes = [entry.parameters or entry.bytes for entry in catalogue.found(sort="size")]
        known = [size for size in sizes if size is not None]
        assert known == sorted(known)
        assert sizes[: len(known)] == known
        tokens = [entry.tokens_per_word for entry in catalogue.found(sort="tokens")]
        assert tokens[0] == 1.68

    def test_memory_follows_the_rule(self):
        assert catalogue.memory_needed(None) is None
        assert catalogue.memory_needed(10**9) == 2_400_000_000 + 512 * 2**20


class TestInstalled:
    def put(self, cache, names, repo_type="model", repo_id="a/b", revision="r1"):
        base = cache / cache_name(repo_type, repo_id)
        (base / "blobs").mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names):
            blob = base / "blobs" / f"{revision}{number}"
            blob.write_bytes(b"x")
            link = base / "snapshots" / revision / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(blob)
        return base / "snapshots" / revision

    def test_a_whole_model_is_found(self, tmp_path):
        folder = self.put(tmp_path, ["config.json", "model.safetensors"])
        assert snapshot(tmp_path, "model", "a/b") == folder
        assert snapshot(tmp_path, "model", "a/c") is None
        assert snapshot(tmp_path, "dataset", "a/b") is None

    @pytest.mark.parametrize(
        "names",
        [
            ["model.safetensors"],
            ["config.json"],
            ["config.json", "pytorch_model.bin"],
            ["config.json", "model-00001-of-00002.safetensors"],
        ],
    )
    def test_what_cannot_be_loaded_is_not_installed(self, tmp_path, names):
        self.put(tmp_path, names)
        assert snapshot(tmp_path, "model", "a/b") is None

    def test_every_part_of_a_split_model(self, tmp_path):
        parts = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
        folder = self.put(tmp_path, ["config.json", *parts])
        assert snapshot(tmp_path, "model", "a/b") == folder
        (folder / parts[1]).resolve().unlink()
        assert snapshot(tmp_path, "model", "a/b") is None

    def test_a_dataset(self, tmp_path):
        folder = self.put(tmp_path, ["data/train.csv"], "dataset")
        assert snapshot(tmp_path, "dataset", "a/b") == folder

    def test_the_users_own_cache_is_where_the_library_has_it(self, tmp_path):
        assert user_cache({"HF_HUB_CACHE": str(tmp_path)}) == tmp_path
        assert user_cache({"HF_HOME": str(tmp_path)}) == tmp_path / "hub"
        assert user_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/huggingface/hub")
        assert user_cache({}) == Path.home() / ".cache/huggingface/hub"


@pytest.fixture
def hub(monkeypatch):
    server = fake.SearchServer()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    yield server
    server.close()


class search:  # noqa: N801 - as the module, on the way that the environment shows
    @staticmethod
    def search(question):
        return hub_search.search(way_of({}), question)

    @staticmethod
    def repository(*asked):
        return hub_search.repository(way_of({}), *asked)


class TestTheHub:
    def test_hits_say_what_the_hub_says(self, hub):
        hub.models = [
            fake.model(
                "a/persian-lm", {}, gated="manual",
                safetensors={"total": 270, "parameters": {}},
            ),
            fake.model("a/english", {}, tags=["en"]),
        ]  # fmt: skip
        found = search.search(Question("model", "persian"))
        assert [hit.repo_id for hit in found.items] == ["a/persian-lm"]
        hit = found.items[0]
        assert (hit.license, hit.gated, hit.parameters) == ("apache-2.0", True, 270)
        assert (hit.task, hit.library, hit.safetensors) == ("text-generation", "transformers", True)
        assert not found.more

    def test_only_persian_or_all(self, hub):
        hub.models = [fake.model("a/x", {}), fake.model("a/y", {}, tags=["en"])]
        assert len(search.search(Question("model")).items) == 1
        assert len(search.search(Question("model", persian=False)).items) == 2
        hub.datasets = [fake.model("a/z", {}, tags=["language:fa"])]
        assert [hit.repo_id for hit in search.search(Question("dataset")).items] == ["a/z"]

    def test_more_than_were_asked_for(self, hub):
        hub.models = [fake.model(f"a/{n}", {}) for n in range(5)]
        found = search.search(Question("model", limit=3))
        assert len(found.items) == 3
        assert found.more

    def test_the_library_reads_the_same_from_this_server(self, hub):
        hub.models = [fake.model("a/b", {"model.safetensors": 5})]
        api = HfApi(endpoint=hub.url, token=False)
        assert [info.id for info in api.list_models(search="b", filter="fa", limit=5)] == ["a/b"]
        assert api.model_info("a/b", files_metadata=True).siblings[0].size == 5

    def test_no_token_is_sent(self, hub):
        search.search(Question("model"))
        assert not any("authorization" in map(str.lower, h) for _, _, h in hub.requests)

    def test_files_are_chosen_as_a_download_chooses(self, hub):
        files = {"config.json": 3, "model.safetensors": 100, "pytorch_model.bin": 200,
                 "onnx/model.onnx": 50, "modeling.py": 1}  # fmt: skip
        hub.models = [fake.model("a/b", files)]
        repo = search.repository("a/b", "model", "main")
        chosen = {file.name for file in repo.files if file.chosen}
        assert chosen == {"config.json", "model.safetensors"}
        assert (repo.chosen_bytes, repo.bytes_total, repo.files_total) == (103, 354, 5)
        assert {f.name for f in repo.files if f.unsafe} == {"pytorch_model.bin", "modeling.py"}
        assert repo.unsafe_files == 2
        assert repo.refused is None
        assert repo.revision == fake.COMMIT

    def test_only_pickles_are_refused_with_the_reason(self, hub):
        hub.models = [fake.model("a/b", {"config.json": 3, "pytorch_model.bin": 200})]
        repo = search.repository("a/b", "model", "main")
        assert repo.chosen_bytes == 0
        assert "pytorch_model.bin" in repo.refused.en
        assert "pytorch_model.bin" in repo.refused.fa

    def test_a_very_long_list_is_cut_and_counted(self, hub):
        files = {f"data/{n:05}.csv": 1 for n in range(2000)}
        hub.datasets = [fake.model("a/b", files)]
        repo = search.repository("a/b", "dataset", "main")
        assert (len(repo.files), repo.files_total, repo.chosen_bytes) == (500, 2000, 2000)

    def test_what_is_not_there(self, hub):
        with pytest.raises(NotFound):
            search.repository("a/none", "model", "main")

    def test_asked_too_often(self, hub):
        hub.fault = 429
        with pytest.raises(HubThrottled) as caught:
            search.search(Question("model"))
        assert caught.value.retry_after == 17
        assert "17" in caught.value.body.message_fa
        assert len(hub.requests) == 1  # it is not asked again at once

    @pytest.mark.parametrize("fault", [500, 503, 404, "garbage", "shape", "endless", "cut"])
    def test_what_is_no_hub_is_offline_with_a_reason(self, hub, fault):
        hub.fault = fault
        with pytest.raises(HubOffline) as caught:
            search.search(Question("model"))
        assert hub.url in caught.value.body.message
        assert hub.url in caught.value.body.message_fa

    def test_a_hub_that_hangs_is_given_up(self, hub, monkeypatch):
        monkeypatch.setattr(asking, "_PIECE_SECONDS", 0.2)
        hub.fault = "slow"
        with pytest.raises(HubOffline, match="did not answer"):
            search.search(Question("model"))

    def test_nobody_listens(self, monkeypatch):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(HubOffline, match="no connection"):
            search.search(Question("model"))

    def test_offline_by_wish(self, hub, monkeypatch):
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(HubOffline, match="offline mode"):
            search.search(Question("model"))
        assert hub.requests == []

    def test_addresses_are_asked_in_order(self, hub, monkeypatch):
        hub.models = [fake.model("a/b", {"model.safetensors": 5})]
        way = Way(("http://127.0.0.1:9", hub.url))
        found = hub_search.search(way, Question("model"))
        assert [hit.repo_id for hit in found.items] == ["a/b"]
        assert found.endpoint == hub.url
        assert hub_search.repository(way, "a/b", "model", "main").endpoint == hub.url
        with pytest.raises(NotFound):  # which says more than that the other does not answer
            hub_search.repository(way, "a/none", "model", "main")

    def test_one_that_is_silent_is_asked_last_for_a_while(self, hub):
        hub.models = [fake.model("a/b", {"model.safetensors": 5})]
        other = fake.SearchServer()
        try:
            way = Way((other.url, hub.url))
            other.fault = 503
            hub_search.search(way, Question("model"))
            hub_search.search(way, Question("model"))
            assert (len(other.requests), len(hub.requests)) == (1, 2)
            hub.fault, other.fault = 503, None  # and in its turn it is asked again
            hub_search.search(way, Question("model"))
            assert len(other.requests) == 2
        finally:
            other.close()

    def test_the_token_goes_where_it_may(self, hub):
        hub.models = [fake.model("a/b", {"model.safetensors": 5})]
        other = fake.SearchServer()
        try:
            way = Way((other.url, hub.url), (hub.url,), token="hf_canary-of-mine")
            other.fault = 503
            hub_search.search(way, Question("model"))
        finally:
            other.close()
        assert "hf_canary" not in str(other.requests)
        assert "hf_canary-of-mine" in str(hub.requests)
        assert "hf_canary" not in repr(way)
