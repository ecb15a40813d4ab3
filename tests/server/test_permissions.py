"""Jupyter's authorizer is asked, and waited for; and nobody sees another user's things."""

import json
import re
from typing import ClassVar

import pytest
from jupyter_server.auth import Authorizer, IdentityProvider, User
from tornado.httpclient import HTTPClientError

from jupyter_persian_ai.protocol.base import Note, now
from jupyter_persian_ai.protocol.chat import ConversationAsk
from jupyter_persian_ai.protocol.data import Dataset, DatasetReport, DatasetStats, Model
from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.server.routes import ROUTES
from jupyter_persian_ai.store import chat, datasets, jobs, models, notifications

VERBS = [(verb, route.path) for route in ROUTES if route.path != "events" for verb in route.verbs]
PEOPLE = {"token-of-sara": "sara", "token-of-omid": "omid"}


class DenyAll(Authorizer):
    """An asynchronous authorizer: whoever forgets to await it lets everyone in."""

    asked: ClassVar[list[tuple[str, str]]] = []

    async def is_authorized(self, handler, user, action, resource):
        self.asked.append((action, resource))
        return False


class TwoPeople(IdentityProvider):
    """Names a person for each token, as JupyterHub does."""

    def get_user(self, handler):
        name = PEOPLE.get(handler.request.headers.get("Authorization", "").removeprefix("token "))
        return User(username=name) if name else None

    def is_token_authenticated(self, handler):
        return True


def concrete(path):
    return re.sub(r"\{file\}", "bokeh.min.js", re.sub(r"\{\w+_id\}", "0" * 20, path))


class TestDenied:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config.ServerApp.authorizer_class = DenyAll
        return jp_server_config

    async def test_every_route(self, ask):
        DenyAll.asked.clear()
        for verb, path in VERBS:
            answer = await ask(verb.upper(), concrete(path))
            assert answer.status == 403, (verb, path)
            assert answer.json["error"]["code"] == "forbidden"
        resources = {resource for _, resource in DenyAll.asked}
        assert {r.resource for r in ROUTES if r.path != "events"} <= resources
        assert ("execute", "persian_ai_chat") in DenyAll.asked
        assert all(resource.startswith("persian_ai_") for resource in resources)

    async def test_an_upload_leaves_nothing(self, ask, data_dir):
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        body = head + b"\r\nhi\r\n--x--"
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await ask("POST", "datasets", raw=body, headers=kind)
        assert answer.status == 403
        assert not list((data_dir / "incoming").iterdir())

    async def test_the_socket(self, jp_ws_fetch, service):
        with pytest.raises(HTTPClientError) as refused:
            await jp_ws_fetch("persian-ai/api/events")
        assert refused.value.code == 403
        assert ("execute", "persian_ai_events") in DenyAll.asked


def test_every_resource_is_ours():
    assert all(route.resource.startswith("persian_ai_") for route in ROUTES)


class TestTwoUsers:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config.ServerApp.identity_provider_class = TwoPeople
        return jp_server_config

    @pytest.fixture
    def things(self, service, jp_asyncio_loop, tmp_path):
        """One of everything, all Sara's: names of path parameters to ids."""

        async def make():
            file = tmp_path / "arrived"
            file.write_text("x")
            user = await service.users.id_of("sara")

            def write(session):
                stats = DatasetStats(rows=1, characters=4, words=1)
                report = DatasetReport(
                    name="a", format="txt", encoding="utf-8", shape="text", fields=[], stats=stats
                )
                datasets.insert(
                    session,
                    user,
                    Dataset(
                        id="d" * 20, name="a", shape="text", source="path", sha256="0" * 64,
                        bytes=4, report=report, created=now(),
                    ),
                    path=str(tmp_path),
                )  # fmt: skip
                models.insert(
                    session,
                    user,
                    Model(id="e" * 20, name="m", source="path", path="/m", created=now()),
                )
                job, _ = jobs.submit(
                    session, user, kind=JobKind.TRAINING, recipe="pretrain", name="j",
                    options={}, inputs={}, idempotency_key=None, root_id="elsewhere",
                )  # fmt: skip
                load, _ = jobs.submit(
                    session, user, kind=JobKind.DOWNLOAD, recipe="hub", name="j",
                    options={}, inputs={}, idempotency_key=None, root_id="elsewhere",
                )  # fmt: skip
                read, _ = jobs.submit(
                    session, user, kind=JobKind.DATASET, recipe="import", name="j",
                    options={}, inputs={}, idempotency_key=None, root_id="elsewhere",
                )  # fmt: skip
                packed, _ = jobs.submit(
                    session, user, kind=JobKind.BUNDLE, recipe="pack", name="j",
                    options={}, inputs={}, idempotency_key=None, root_id="elsewhere",
                )  # fmt: skip
                part = tmp_path / "part"
                part.write_text("x")
                talk = chat.create(session, user, ConversationAsk(model_id="e" * 20))
                note = notifications.notify(
                    session, user, "job_failed", Note(en="a", fa="b"), Note(en="a", fa="b")
                )
                return {
                    "training/jobs/{job_id}": job.id,
                    "downloads/{job_id}": load.id,
                    "datasets/jobs/{job_id}": read.id,
                    "datasets/uploads/{upload_id}": service.uploads.add(user, file, "a").id,
                    "bundles/{job_id}": packed.id,
                    "bundles/uploads/{upload_id}": service.bundle_uploads.add(
                        user, "", "a.tar", part
                    ).id,
                    "{dataset_id}": "d" * 20,
                    "{model_id}": "e" * 20,
                    "{conversation_id}": talk.id,
                    "{notification_id}": note.id,
                }

            return await service.store.awrite(write)

        return jp_asyncio_loop.run_until_complete(make())

    def fill(self, path, things):
        for pattern, known in things.items():
            if pattern in path:
                mine = path.replace(pattern, re.sub(r"\{\w+\}", known, pattern))
                return mine.replace("{number}", "1").replace("{name}", "lengths")
        return None

    async def test_another_users_id_is_not_there(self, ask, things):
        seen = 0
        bodies = {"patch": {"name": "x"}, "post": {"text": "x"}}
        steps, parts = {"steps": [{"kind": "clean"}]}, {"parts": {"a": 0.5, "b": 0.5}}
        asked = {"keep": {}, "versions": steps, "versions/preview": steps, "split": parts,
                 "leakage": {"other_id": "d" * 20}}  # fmt: skip
        of_models = {"versions": {"model_id": "e" * 20}, "promote": {"version": 1},
                     "push": {"repo_id": "a/b"}, "push/plan": {"repo_id": "a/b"}}  # fmt: skip
        for verb, path in VERBS:
            if (mine := self.fill(path, things)) is None:
                continue
            body = {"title": "x"} if verb == "patch" and "chat" in path else bodies.get(verb)
            if verb == "post":
                wanted = of_models if "{model_id}" in path else asked
                body = wanted.get(path.partition("_id}/")[2], body)
            head = {"Authorization": "token token-of-omid"}
            between = {"from": "1", "to": "1"} if path.endswith("/diff") else {}
            answer = await ask(verb.upper(), mine, body, headers=head, **between)
            assert answer.status == 404, (verb, path, answer.text)
            assert answer.json["error"]["code"] == "not_found"
            seen += 1
        assert seen > 25

    async def test_lists_of_another_user_are_empty(self, ask, things):
        head = {"Authorization": "token token-of-omid"}
        for path in ("datasets", "models", "training/jobs", "downloads", "chat/conversations",
                     "notifications", "monitoring/activity", "datasets/jobs"):  # fmt: skip
            assert (await ask("GET", path, headers=head)).json["items"] == []
            mine = await ask("GET", path, headers={"Authorization": "token token-of-sara"})
            assert len(mine.json["items"]) >= 1

    async def test_another_users_topics(self, jp_ws_fetch, things):
        socket = await jp_ws_fetch(
            "persian-ai/api/events", headers={"Authorization": "token token-of-omid"}
        )
        assert json.loads(await socket.read_message())["seq"] == 0
        job = f"job:{things['training/jobs/{job_id}']}"
        await socket.write_message(json.dumps({"subscribe": [job], "since": 0}))
        answer = json.loads(await socket.read_message())
        assert answer["type"] == "error"
        assert answer["error"]["code"] == "not_found"
        socket.close()

    async def test_who_am_i(self, ask):
        answer = await ask("GET", "me", headers={"Authorization": "token token-of-omid"})
        assert answer.json["name"] == "omid"
        assert "jobs:write" in answer.json["permissions"]
