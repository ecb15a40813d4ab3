"""The extension app: configuration, signs of life, and a database that is away."""

import json
from dataclasses import fields

import pytest

from jupyter_persian_ai.app import DATA_DIR_VARIABLE, PersianAIApp, default_data_dir
from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import jobs


def test_every_setting_is_a_traitlet():
    traits = PersianAIApp.class_traits(config=True)
    for setting in fields(Settings):
        assert traits[setting.name].help == setting.metadata["help"]


def test_traitlets_become_settings(tmp_path):
    app = PersianAIApp(data_dir=str(tmp_path), concurrent_jobs=3, engine_idle_seconds=5.5)
    chosen = app.chosen()
    assert chosen == Settings(data_dir=tmp_path, concurrent_jobs=3, engine_idle_seconds=5.5)


def test_where_things_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    assert default_data_dir() == tmp_path / "persian_ai"
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "named"))
    assert PersianAIApp().chosen().data_dir == tmp_path / "named"


def test_secrets_are_scrubbed_from_logs(extension, jp_serverapp):
    keys = jp_serverapp.web_app.settings["extra_log_scrub_param_keys"]
    assert {"hf_token", "secret"} <= set(keys)


def test_the_data_root_is_for_its_owner(service, data_dir):
    assert data_dir.stat().st_mode & 0o077 == 0


class TestSignsOfLife:
    @pytest.fixture
    def submitted(self, service, monkeypatch, jp_asyncio_loop):
        """A job that waits."""
        monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)

        async def submit():
            user = await service.users.id_of("local")
            job, _ = await service.store.awrite(
                lambda s: jobs.submit(
                    s, user, kind=JobKind.TRAINING, recipe="pretrain", name="x", options={},
                    inputs={}, idempotency_key=None, root_id=service.supervisor.root_id,
                )
            )  # fmt: skip
            return user, job.id

        return jp_asyncio_loop.run_until_complete(submit())

    async def test_a_job_keeps_the_server_alive(self, extension, jp_serverapp, submitted, service):
        settings = jp_serverapp.web_app.settings
        await extension._beat()
        assert extension.current_activity()
        first = settings["jupyter_persian_ai_last_activity"]
        assert jp_serverapp.web_app.last_activity() >= first
        user, job = submitted
        await service.store.awrite(lambda s: jobs.request_stop(s, user, job))
        await extension._beat()
        assert not extension.current_activity()
        assert settings["jupyter_persian_ai_last_activity"] == first

    async def test_but_not_for_ever(self, extension, submitted, monkeypatch):
        await extension._beat()
        monkeypatch.setattr(extension, "_working_since", -1e9)
        assert not extension.current_activity()

    async def test_without_jobs_it_may_go(self, extension, service):
        await extension._beat()
        assert not extension.current_activity()


class TestDatabaseAway:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        url = "postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=1"
        jp_server_config.PersianAIApp.database_url = url
        return jp_server_config

    async def test_the_server_starts_and_says_busy(self, extension, jp_serverapp, jp_fetch):
        await extension._start_jupyter_server_extension(jp_serverapp)
        answer = await jp_fetch("persian-ai/api/datasets", raise_error=False)
        assert answer.code == 503
        assert json.loads(answer.body)["error"]["code"] == "busy"
        assert int(answer.headers["Retry-After"]) > 0
        assert not extension._opening.done()


async def test_closing_leaves_nothing_open(extension, service, jp_fetch):
    await extension.stop_extension()
    answer = await jp_fetch("persian-ai/api/me", raise_error=False)
    assert answer.code == 503
    assert not service.supervisor.supervising
