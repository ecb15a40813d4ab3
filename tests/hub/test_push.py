"""The worker that sends a model to the Hub: what was planned, whole, once, and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest

from jupyter_persian_ai.errors import (
    HubOffline,
    HubProblem,
    PushPlanChanged,
    PushRefused,
)
from jupyter_persian_ai.hub import push
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext, WorkStopped

#: The Hub's own library sends files by a name that its HTTP client calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

TOKEN = "hf_canaryOfThePushWorker0123456789"
CARD = "---\nlanguage:\n- fa\n---\n# مدل\n"
BIG = 3 << 20


def load(name):
    """A module beside this one."""
    found = sys.modules.get(name)
    if found is not None:
        return found
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub():
    sys.path.insert(0, str(Path(__file__).parent))
    writes = load("hub_writes")
    sys.path.pop(0)
    server = writes.WritableHub()
    server.account(TOKEN, "sara")
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "model"
    place.mkdir()
    (place / "config.json").write_text('{"model_type": "llama"}')
    (place / "README.md").write_text("the folder's own card")
    (place / "notes.txt").write_text("nobody planned to send this")
    (place / "model.safetensors").write_bytes(bytes(range(256)) * (BIG // 256))
    return place


def planned(name, content):
    return {
        "name": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "change": "new",
    }


class Work:
    """One push as a worker runs it."""

    def __init__(self, hub, folder, tmp_path, monkeypatch):
        self.events = []
        self.stop_when = lambda: False
        self.settings = tmp_path / "way.json"
        self.settings.write_text("{}")
        self.monkeypatch = monkeypatch
        self.folder = tmp_path / "attempt"
        self.folder.mkdir()
        names = ("config.json", "model.safetensors")
        self.inputs = {
            "model_path": str(folder),
            "endpoint": hub.url,
            "repo_id": "sara/nazm",
            "private": True,
            "exists": False,
            "head": "",
            "files": [
                planned("README.md", CARD.encode()),
                *(planned(name, (folder / name).read_bytes()) for name in names),
            ],
            "card": CARD,
            "message": "نسخهٔ نخست",
            "hub_settings": str(self.settings),
        }

    def __call__(self, token=TOKEN, **changes):
        self.monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"token": token}) + "\n"))
        spec = JobSpec(
            job_id="job1",
            attempt=1,
            kind=JobKind.MODEL,
            recipe="push",
            name="sara/nazm",
            inputs=self.inputs | changes,
            job_dir=str(self.folder.parent),
        )
        return push.run(
            WorkerContext(
                spec=spec,
                attempt_dir=self.folder,
                emit=lambda *event: self.events.append(event),
                should_stop=self.stop_when,
            )
        )

    @property
    def progress(self):
        return [data for kind, data in self.events if kind is EventType.PROGRESS]


@pytest.fixture
def work(hub, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(push._Pushing, "wait", lambda self, seconds: self._look())
    return Work(hub, folder, tmp_path, monkeypatch)


def test_what_was_planned_is_there_and_nothing_else(hub, folder, work):
    result = work()
    repository = hub.repositories["sara/nazm"]
    assert set(repository.files) == {"README.md", "config.json", "model.safetensors"}
    assert repository.files["README.md"] == CARD.encode()
    assert repository.files["model.safetensors"] == (folder / "model.safetensors").read_bytes()
    assert repository.token == TOKEN, "it was to be private"
    assert result == {
        "url": f"{hub.url}/sara/nazm",
        "revision": repository.commit,
        "files": ["README.md", "config.json", "model.safetensors"],
        "bytes": sum(file["bytes"] for file in work.inputs["files"]),
    }
    assert [head["summary"] for _, head, _ in hub.commits] == ["نسخهٔ نخست"]
    assert work.progress[-1]["done"] == work.progress[-1]["total"] == result["bytes"]


def test_the_token_is_in_no_event_and_no_file(work, tmp_path):
    work()
    assert TOKEN not in repr(work.events)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def test_only_what_changed_is_sent(hub, work):
    work()
    head = hub.repositories["sara/nazm"].commit
    card = CARD + "\nتازه\n"
    files = [
        planned("README.md", card.encode()) | {"change": "changed"},
        *({**file, "change": "same"} for file in work.inputs["files"][1:]),
    ]
    hub.requests.clear()
    result = work(exists=True, head=head, card=card, files=files)
    assert result["files"] == ["README.md"]
    assert hub.uploads() == []
    assert hub.commits[-1][2] == ["header", "file"]
    assert hub.commits[-1][1]["parentCommit"] == head
    # All of it is there: nothing to do, and no commit without content.
    count = len(hub.commits)
    same = [{**file, "change": "same"} for file in files]
    again = work(exists=True, head=result["revision"], card=card, files=same)
    assert again["files"] == []
    assert len(hub.commits) == count


def test_a_line_that_is_cut_is_gone_on_with(hub, work):
    hub.cuts = 2
    work()
    assert "model.safetensors" in hub.repositories["sara/nazm"].files
    assert len(hub.commits) == 1


def test_what_has_arrived_is_not_sent_again(hub, work):
    """Stopped after the large file, before the commit: another attempt only commits."""
    hub.add("sara/nazm", files={}, token=TOKEN).commit = "1" * 40

    def stop_at_commit(*_):
        raise WorkStopped

    work.monkeypatch.setattr(push.Sent, "commit", _sending_then(stop_at_commit))
    with pytest.raises(WorkStopped):
        work(exists=True, head="1" * 40)
    assert hub.commits == []
    assert len(hub.uploads()) == 1
    work.monkeypatch.undo()
    work(exists=True, head="1" * 40)
    assert len(hub.uploads()) == 1, "the Hub had it"
    assert len(hub.commits) == 1


def _sending_then(after):
    """`Sent.commit` that sends the large files and then does something else."""

    def commit(self, contents, message, head):
        self._api.preupload_lfs_files(
            self._repo_id, [self._operations[name] for name in contents], free_memory=False
        )
        after()

    return commit


def test_a_stop_in_the_middle_of_a_file(hub, work):
    work.stop_when = lambda: any(one["detail"] == "model.safetensors" for one in work.progress)
    work.monkeypatch.setattr(push, "_EMIT_SECONDS", 0.0)
    with pytest.raises(WorkStopped):
        work()
    assert hub.commits == []


def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub, work):
    hub.silent_commits = 1
    result = work()
    assert len(hub.commits) == 1
    assert result["revision"] == hub.repositories["sara/nazm"].commit


def test_a_file_that_was_changed_since_the_plan_is_not_sent(hub, folder, work):
    (folder / "config.json").write_text('{"model_type": "other"}')
    with pytest.raises(PushPlanChanged, match=r"config\.json"):
        work()
    (folder / "config.json").unlink()
    with pytest.raises(PushPlanChanged, match=r"config\.json"):
        work()
    assert hub.repositories == {}
    assert hub.uploads() == []


def test_a_file_that_leads_out_of_the_folder_is_not_sent(hub, folder, work, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes((folder / "config.json").read_bytes())
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(secret)
    with pytest.raises(Exception, match="leads out"):
        work()
    assert hub.uploads() == []


def test_somebody_else_committed(hub, work):
    hub.add("sara/nazm", files={"x": b"1"}, token=TOKEN).commit = "2" * 40
    with pytest.raises(PushPlanChanged):
        work(exists=True, head="1" * 40)
    assert hub.commits == []
    assert set(hub.repositories["sara/nazm"].files) == {"x"}


def test_somebody_else_took_the_name(hub, work):
    """Planned as new; by now there is a repository with something in it."""
    hub.add("sara/nazm", files={"x": b"1"}, token=TOKEN).commit = "2" * 40
    with pytest.raises(PushPlanChanged):
        work()
    assert set(hub.repositories["sara/nazm"].files) == {"x"}


@pytest.mark.parametrize("role", ["read", ""])
def test_a_token_that_may_not_write(hub, work, role):
    hub.roles[TOKEN] = role
    with pytest.raises(PushRefused) as caught:
        work()
    assert caught.value.body.hint_fa
    assert hub.uploads() == []


def test_a_name_that_is_anothers(hub, work):
    with pytest.raises(PushRefused):
        work(repo_id="omid/nazm")


def test_what_the_repository_would_leave_out_is_noticed(hub, work):
    hub.ignored = {"config.json"}
    with pytest.raises(HubProblem, match="does not hold"):
        work()


def test_a_hub_that_is_overrun_is_asked_again(hub, work):
    hub.refusals = [(503, "", "later"), (429, "", "slower")]
    work()
    assert len(hub.commits) == 1


def test_offline_is_said_at_once(hub, work):
    work.settings.write_text(json.dumps({"offline": True}))
    with pytest.raises(HubOffline):
        work()
    assert hub.requests == []


def test_nobody_answers(hub, work):
    hub.close()
    with pytest.raises(HubOffline):
        work()
