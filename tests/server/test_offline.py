"""The network is really taken away: what is local goes on, what is not says so in words."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_persian_ai.server.routes import ROUTES

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("away_from_the_network.py")
ALONE = ("unshare", "--user", "--map-root-user", "--net")
OFFLINE = {"status": 503, "code": "hub_offline"}
PUSHES = any(route.path.endswith("/push/plan") for route in ROUTES)
FAILED = {"state": "failed", "code": "hub_offline"}


def possible():
    if shutil.which(ALONE[0]) is None:
        return False
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    if not possible():
        pytest.skip("this machine lends no network namespace (unshare --user --net)")
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    environment.pop("HF_HUB_OFFLINE", None)
    folder = tmp_path_factory.mktemp("alone")
    done = subprocess.run(
        [*ALONE, sys.executable, str(SCRIPT), str(folder)],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_what_is_local_goes_on(said):
    assert said["reachable"] is False
    assert said["local"]["training"] == {"state": "completed", "code": None}
    assert said["local"]["chat"] == "event: done"
    assert said["local"]["rows"] > 0
    assert said["local"]["catalogue"] > 50


def test_what_is_not_says_so(said):
    gone = said["gone"]
    assert gone["search"] == OFFLINE
    assert gone["push"] == OFFLINE or not PUSHES
    assert gone["download"] == gone["dataset"] == FAILED
    assert (gone["token"]["set"], gone["token"]["valid"]) == (True, None)
    assert gone["token"]["problem"]["code"] == "hub_offline"


def test_offline_mode_says_so_before_anything_is_begun(said):
    offline = said["offline"]
    assert offline["search"] == OFFLINE
    assert offline["push"] == OFFLINE or not PUSHES
    assert offline["download"] == offline["dataset"] == OFFLINE
    assert "offline mode" in offline["token"]["problem"]["message"]
