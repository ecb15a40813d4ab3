"""A small server that speaks the Hub's documented HTTP API over files in memory.

Repository information, `resolve` with its metadata headers, ranges and errors are as the Hub
gives them; `faults` make it misbehave as networks and servers do.
"""

import asyncio
import hashlib
import json
import threading
from dataclasses import dataclass, field

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LFS_FROM = 1 << 16


@dataclass
class Repository:
    """Files by name, and what goes wrong with them.

    `cuts`: how often a file's transfer is cut half-way; `corrupt`: files of right size and wrong
    content; `slow`: seconds before each 64 KiB; `answers`: a status instead of a file.
    """

    files: dict[str, bytes]
    kind: str = "models"
    error: tuple[int, str] | None = None
    cuts: dict[str, int] = field(default_factory=dict)
    corrupt: set[str] = field(default_factory=set)
    slow: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)


class HubServer:
    """Runs in a thread of its own; `requests` are (method, path, headers) as they came."""

    def __init__(self):
        self.repositories: dict[str, Repository] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def add(self, repo_id, **repository):
        self.repositories[repo_id] = Repository(**repository)
        return self.repositories[repo_id]

    def gets(self, name):
        return [
            headers for method, path, headers in self.requests
            if method == "GET" and path.endswith(f"/{name}")
        ]  # fmt: skip

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        sockets = bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        application = Application(
            [
                (r"/api/(models|datasets)/(.+)/revision/([^/]+)", Info, {"hub": self}),
                (r"/(datasets/)?(.+)/resolve/([^/]+)/(.+)", Resolve, {"hub": self}),
            ],
            log_function=lambda handler: None,
        )
        server = HTTPServer(application)
        server.add_sockets(sockets)
        self._loop.call_soon(ready.set)
        try:
            self._loop.run_forever()
        finally:
            server.stop()
            self._loop.run_until_complete(server.close_all_connections())
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.close()


class Base(RequestHandler):
    def initialize(self, hub):
        self.hub = hub

    def prepare(self):
        request = self.request
        self.hub.requests.append((request.method, request.path, dict(request.headers)))

    def found(self, kind, repo_id, revision):
        repository = self.hub.repositories.get(repo_id)
        if repository is None or repository.kind != kind:
            return self.refuse(404, "RepoNotFound")
        if repository.error:
            return self.refuse(*repository.error)
        if revision not in {"main", COMMIT}:
            return self.refuse(404, "RevisionNotFound")
        return repository

    def refuse(self, status, code):
        self.set_status(status)
        self.set_header("X-Error-Code", code)
        self.set_header("X-Error-Message", code)
        self.finish(json.dumps({"error": code}))


class Info(Base):
    def get(self, kind, repo_id, revision):
        repository = self.found(kind, repo_id, revision)
        if repository is None:
            return
        siblings = []
        for name, content in repository.files.items():
            sibling = {"rfilename": name, "size": len(content), "blobId": etag(content)}
            if len(content) >= LFS_FROM:
                sha256 = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            siblings.append(sibling)
        self.write(
            {"_id": "1", "id": repo_id, "sha": COMMIT, "private": False, "siblings": siblings}
        )


def etag(content):
    if len(content) >= LFS_FROM:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


class Resolve(Base):
    def head(self, datasets, repo_id, revision, name):
        self.described(datasets, repo_id, revision, name)

    async def get(self, datasets, repo_id, revision, name):
        repository = self.described(datasets, repo_id, revision, name)
        if repository is None:
            return
        content = repository.files[name]
        start = 0
        wanted = self.request.headers.get("Range")
        if wanted:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            self.set_status(206)
            end = len(content) - 1
            self.set_header("Content-Range", f"bytes {start}-{end}/{len(content)}")
        body = bytes(len(content)) if name in repository.corrupt else content
        self.set_header("Content-Length", str(len(body) - start))
        cut = repository.cuts.get(name, 0)
        stop = len(body)
        if cut:
            repository.cuts[name] = cut - 1
            stop = start + (len(body) - start) // 2
        try:
            for place in range(start, stop, 1 << 16):
                if repository.slow:
                    await asyncio.sleep(repository.slow)
                self.write(body[place : min(place + (1 << 16), stop)])
                await self.flush()
        except StreamClosedError:
            return
        if cut:
            self.request.connection.stream.close()

    def described(self, datasets, repo_id, revision, name):
        repository = self.found("datasets" if datasets else "models", repo_id, revision)
        if repository is None:
            return None
        if name in repository.answers:
            return self.refuse(repository.answers[name], "Broken")
        if name not in repository.files:
            return self.refuse(404, "EntryNotFound")
        content = repository.files[name]
        self.set_header("X-Repo-Commit", COMMIT)
        self.set_header("ETag", f'"{etag(content)}"')
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Content-Length", str(len(content)))
        return repository
