"""The small Hub of the tests, when it is written to: accounts, repositories, LFS, commits.

As the Hub documents it: `repos/create`, `validate-yaml`, `preupload`, the batch call of Git LFS
(https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md), `commit` as lines of JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
from urllib.parse import unquote, urlsplit

from hub_server import LFS_FROM, Hub, HubServer

_REPO = r"(?P<repo>[^/]+/[^/]+)"
_PREUPLOAD = re.compile(rf"/api/models/{_REPO}/preupload/main")
_COMMIT = re.compile(rf"/api/models/{_REPO}/commit/main")
_BATCH = re.compile(rf"/{_REPO}\.git/info/lfs/objects/batch")


class Writer(Hub):
    """The Hub, with verbs that write."""

    def do_GET(self):  # noqa: N802 — the library's name
        if self.hub.away_now:
            self.record(self.hub.requests)
            return self.refuse(503, "", "Service unavailable")
        return super().do_GET()

    def do_POST(self):  # noqa: N802 — the library's name
        path = unquote(urlsplit(self.path).path)
        body = self.whole_body()
        if path == "/api/validate-yaml":
            self.record(self.hub.requests)
            return self.json({"errors": [], "warnings": []})
        for pattern, verb in (
            (re.compile("/api/repos/create"), self.create),
            (_PREUPLOAD, self.preupload),
            (_BATCH, self.batch),
            (_COMMIT, self.commit),
        ):
            if match := pattern.fullmatch(path):
                self.record(self.hub.requests)
                if self.hub.refusals:
                    return self.refuse(*self.hub.refusals.pop(0))
                if self.hub.roles.get(self.token()) != "write":
                    status = 403 if self.token() else 401
                    return self.refuse(status, "", "You don't have the rights")
                return verb(match, body)
        self.record(self.hub.requests)
        return self.api(body)

    def do_PUT(self):  # noqa: N802 — the library's name
        self.record(self.hub.requests)
        oid = self.path.rpartition("/")[2]
        if self.hub.cuts > 0:
            self.hub.cuts -= 1
            self.rfile.read(min(1 << 16, int(self.headers["Content-Length"])))
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return None
        content = self.whole_body()
        if hashlib.sha256(content).hexdigest() != oid:
            return self.refuse(400, "", "another content")
        self.hub.objects[oid] = content
        self.answer(200)
        return None

    def whole_body(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def whoami(self):
        name = self.hub.users.get(self.token())
        if not name:
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        role = self.hub.roles.get(self.token(), "read")
        return self.json(
            {"type": "user", "name": name, "auth": {"accessToken": {"role": role}}, "orgs": []}
        )

    def create(self, _match, body):
        asked = json.loads(body)
        owner = asked.get("organization") or self.hub.users[self.token()]
        repo_id = f"{owner}/{asked['name']}"
        if owner != self.hub.users[self.token()]:
            return self.refuse(403, "", "not your namespace")
        if repo_id in self.hub.repositories:
            told = {"error": "You already created this repo", "url": f"{self.hub.url}/{repo_id}"}
            return self.answer(409, json.dumps(told).encode())
        private = asked.get("visibility") == "private" or asked.get("private")
        made = self.hub.add(repo_id, files={}, token=self.token() if private else "")
        made.commit = "1" * 40
        return self.json({"url": f"{self.hub.url}/{repo_id}", "id": "1", "name": repo_id})

    def preupload(self, match, body):
        repository = self.hub.repositories[match["repo"]]
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["size"] >= LFS_FROM else "regular",
                "shouldIgnore": one["path"] in self.hub.ignored,
                "oid": repository.etag(one["path"]) if one["path"] in repository.files else None,
            }
            for one in json.loads(body)["files"]
        ]
        return self.json({"files": files})

    def batch(self, _match, body):
        objects = []
        for one in json.loads(body)["objects"]:
            told = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.objects:
                told["actions"] = {"upload": {"href": f"{self.hub.url}/_lfs/{one['oid']}"}}
            objects.append(told)
        return self.json({"transfer": "basic", "objects": objects})

    def commit(self, match, body):
        repository = self.hub.repositories[match["repo"]]
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        head = next(line["value"] for line in lines if line["key"] == "header")
        if head.get("parentCommit") not in {None, repository.commit}:
            return self.refuse(412, "", "A commit has happened since")
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                repository.files[value["path"]] = self.hub.objects[value["oid"]]
        repository.hashes.clear()
        repository.commit = hashlib.sha1(body).hexdigest()
        self.hub.commits.append((match["repo"], head, [line["key"] for line in lines]))
        if self.hub.silent_commits > 0:  # done, and the answer is lost
            self.hub.silent_commits -= 1
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return None
        return self.json(
            {
                "success": True,
                "commitOid": repository.commit,
                "commitUrl": f"{self.hub.url}/{match['repo']}/commit/{repository.commit}",
            }
        )


class WritableHub(HubServer):
    """A `HubServer` that can be written to.

    `roles` by token; `objects` are LFS contents by sha256; `commits` what came; `cuts`,
    `silent_commits`, `refusals` and `ignored` are what goes wrong next; `away_now`: all is 503.
    """

    def __init__(self, line=None):
        super().__init__(line)
        self.roles: dict[str, str] = {}
        self.objects: dict[str, bytes] = {}
        self.commits: list[tuple[str, dict, list[str]]] = []
        self.cuts = 0
        self.silent_commits = 0
        self.refusals: list[tuple[int, str, str]] = []
        self.ignored: set[str] = set()
        self.away_now = False
        self._servers[0].RequestHandlerClass = Writer

    def account(self, token, name, role="write"):
        self.users[token] = name
        self.roles[token] = role

    def uploads(self):
        return [path for method, path, _ in self.requests if method == "PUT"]
