"""A small server that speaks the Hub's documented HTTP API over real files.

Repository information, trees, `resolve` with its metadata headers, ranges, redirects of big files
to another host, private and gated repositories and errors are as the Hub gives them (`test_hub.py`
shows that the Hub's own client is content); `Fault`s make it misbehave as networks, mirrors and
filters do. Xet is never offered. Runs in threads, or as a process of its own for benchmarks:

    python tests/hub/hub_server.py FOLDER --rate 20 --delay 0.02 --loss 0.01
"""

import argparse
import hashlib
import itertools
import json
import re
import socket
import socketserver
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))

from hub_bytes import Base, Fault, Line

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONVERTED = "refs/convert/parquet"
LFS_FROM = 1 << 16
_API = re.compile(
    r"/api/(models|datasets)/(?P<repo>[^/]+(?:/[^/]+)?)"
    r"(?:/(?P<what>revision|tree|paths-info|refs)"
    r"(?:/(?P<revision>refs/convert/parquet|[^/]+))?(?:/(?P<path>.*))?)?"
)
_FILE = re.compile(r"/(datasets/)?([^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)")


@dataclass
class Repository:
    """Files by name (bytes, or a path), and what goes wrong with them.

    `cuts`: how often a file's transfer is cut half-way; `corrupt`: files of right size and wrong
    content; `slow`: seconds before each 64 KiB; `answers`: a status instead of a file. `token`
    makes it private, `gated` says who may not; `elsewhere` sends big files to another host.
    """

    files: dict
    kind: str = "models"
    error: tuple[int, str] | None = None
    cuts: dict[str, int] = field(default_factory=dict)
    corrupt: set[str] = field(default_factory=set)
    slow: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)
    token: str = ""
    gated: bool = False
    elsewhere: bool = False
    terse: bool = False  # as some mirrors: no sizes and hashes beside the names
    commit: str = COMMIT
    converted: object = None  # another `Repository`: the Hub's own Parquet form of a dataset
    hashes: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)

    def fault(self, name, kind, times=1, **details):
        """Let a file misbehave `times` times."""
        self.faults.setdefault(name, []).append(Fault(kind, times, **details))

    def size(self, name):
        content = self.files[name]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def lfs(self, name):
        return self.size(name) >= LFS_FROM

    def etag(self, name):
        if name not in self.hashes:
            content = self.files[name]
            self.hashes[name] = etag(
                content if isinstance(content, bytes) else content.read_bytes()
            )
        return self.hashes[name]


def etag(content):
    if len(content) >= LFS_FROM:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


class HubServer:
    """Runs in threads of its own; `requests` are (method, path, headers) as they came.

    `away` are those to the other host, which serves bytes under signed addresses only; `sent`
    are the ranges of each file that were sent, as far as the system took them.
    """

    def __init__(self, line=None):
        self.repositories: dict[str, Repository] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.away: list[tuple[str, str, dict[str, str]]] = []
        self.sent: dict[str, list[tuple[int, int]]] = {}
        self.users: dict[str, str] = {}
        self.line = line or Line()
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.keys = itertools.count(1)
        self.signed: dict[str, tuple[Repository, str]] = {}
        self._servers = [_Server(self, Hub), _Server(self, Elsewhere)]
        self.port, self.away_port = (server.server_address[1] for server in self._servers)
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            ).start()

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

    def sent_bytes(self, name):
        with self.lock:
            return sum(end - begin for begin, end in self.sent.get(name, []))

    def close(self):
        self.over.set()
        for server in self._servers:
            server.end()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, hub, handler):
        self.hub = hub
        self.open = set()
        super().__init__(("127.0.0.1", 0), handler)

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def end(self):
        self.shutdown()
        self.server_close()
        for request in list(self.open):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)


class Hub(Base):
    """The Hub itself."""

    def do_HEAD(self):  # noqa: N802 — the library's name
        self.record(self.hub.requests)
        self.resolve()

    def do_GET(self):  # noqa: N802 — the library's name
        self.record(self.hub.requests)
        path = urlsplit(self.path).path
        if path == "/_sent":
            with self.hub.lock:
                return self.json(dict(self.hub.sent))
        if path == "/api/whoami-v2":
            return self.whoami()
        if path in {"/api/models", "/api/datasets"}:
            return self.json(self.listed(path.rpartition("/")[2]))
        if path.startswith("/api/"):
            return self.api()
        return self.resolve()

    def do_POST(self):  # noqa: N802 — the library's name
        self.record(self.hub.requests)
        length = int(self.headers.get("Content-Length", 0))
        self.api(self.rfile.read(length))

    def whoami(self):
        name = self.hub.users.get(self.token())
        if not name:
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        return self.json(
            {"type": "user", "name": name, "auth": {"accessToken": {"role": "read"}}, "orgs": []}
        )

    def found(self, kind, repo_id, revision, *, bytes_of=False):  # noqa: PLR0911 — one for each reason
        repository = self.hub.repositories.get(repo_id)
        if repository is None or repository.kind != kind:
            # As the Hub: who is not signed in does not learn whether it exists.
            status = 404 if self.token() else 401
            return self.refuse(status, "RepoNotFound", "Repository not found")
        if repository.error:
            return self.refuse(*repository.error)
        if repository.token and self.token() != repository.token:
            if not repository.gated:
                return self.refuse(401, "RepoNotFound", "Repository not found")
            if bytes_of:
                status = 403 if self.token() else 401
                return self.refuse(status, "GatedRepo", "Access to it is restricted")
        if repository.converted and revision in {CONVERTED, repository.converted.commit}:
            return repository.converted
        if revision not in {None, "main", repository.commit}:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repository

    def api(self, body=b""):
        parts = urlsplit(self.path)
        match = _API.fullmatch(unquote(parts.path))
        if match is None:
            return self.refuse(404, "", "Not found")
        what, query = match["what"], parse_qs(parts.query)
        repository = self.found(match[1], match["repo"], match["revision"])
        if repository is None:
            return None
        if what == "refs":
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.commit}
            return self.json({"branches": [main], "tags": [], "converts": []})
        if what == "tree":
            return self.json(self.tree(repository, match["path"] or "", query))
        if what == "paths-info":
            asked = parse_qs(body.decode()) if not body.startswith(b"{") else json.loads(body)
            names = [name for name in asked.get("paths", []) if name in repository.files]
            return self.json([self.entry(repository, name) for name in names])
        return self.json(
            self.info(repository, match["repo"], blobs="blobs" in query and not repository.terse)
        )

    def listed(self, kind):
        """A search by part of a name; what is private is left out."""
        query = parse_qs(urlsplit(self.path).query)
        word, most = query.get("search", [""])[0].lower(), int(query.get("limit", ["100"])[0])
        known = [
            (name, one)
            for name, one in self.hub.repositories.items()
            if one.kind == kind and word in name.lower() and (not one.token or one.gated)
        ]
        found = [self.info(one, name, blobs=False) for name, one in known[:most]]
        return [{k: v for k, v in one.items() if k != "siblings"} for one in found]

    def info(self, repository, repo_id, *, blobs):
        siblings = []
        for name in repository.files:
            sibling = {"rfilename": name}
            if blobs:
                sibling |= self.entry(repository, name)
                sibling["blobId"] = sibling.pop("oid")
                del sibling["path"], sibling["type"]
                if "lfs" in sibling:
                    sibling["lfs"]["sha256"] = sibling["lfs"].pop("oid")
            siblings.append(sibling)
        return {
            "_id": "1",
            "id": repo_id,
            "sha": repository.commit,
            "private": bool(repository.token) and not repository.gated,
            "gated": "manual" if repository.gated else False,
            "disabled": False,
            "downloads": 1,
            "likes": 0,
            "tags": [],
            "siblings": siblings,
        }

    def tree(self, repository, path, query):
        recursive = query.get("recursive", ["false"])[0].lower() in {"true", "1"}
        prefix = f"{path}/" if path else ""
        entries, folders = [], set()
        for name in repository.files:
            if not name.startswith(prefix):
                continue
            inner = name[len(prefix) :]
            parts = inner.split("/")
            folders |= {prefix + "/".join(parts[:i]) for i in range(1, len(parts))}
            if recursive or len(parts) == 1:
                entries.append(self.entry(repository, name))
        wanted = folders if recursive else {f for f in folders if "/" not in f[len(prefix) :]}
        return [
            {"type": "directory", "oid": "0" * 40, "size": 0, "path": f} for f in sorted(wanted)
        ] + entries

    def entry(self, repository, name):
        size, known = repository.size(name), repository.etag(name)
        entry = {"type": "file", "oid": known, "size": size, "path": name}
        if repository.lfs(name):
            entry["oid"] = hashlib.sha1(known.encode()).hexdigest()  # of the pointer
            entry["lfs"] = {"oid": known, "size": size, "pointerSize": 134}
        return entry

    def resolve(self):  # noqa: PLR0911 — one answer for each reason
        match = _FILE.fullmatch(unquote(urlsplit(self.path).path))
        if match is None:
            return self.refuse(404, "", "Not found")
        datasets, repo_id, revision, name = match.groups()
        kind = "datasets" if datasets else "models"
        repository = self.found(kind, repo_id, revision, bytes_of=True)
        if repository is None:
            return None
        if name in repository.answers:
            return self.refuse(repository.answers[name], "Broken")
        if name not in repository.files:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        size, known = repository.size(name), repository.etag(name)
        described = {
            "X-Repo-Commit": repository.commit,
            "ETag": f'"{known}"',
            "Accept-Ranges": "bytes",
        }
        if repository.lfs(name):
            described |= {"X-Linked-Etag": f'"{known}"', "X-Linked-Size": str(size)}
            if repository.elsewhere:
                key = str(next(self.hub.keys))
                self.hub.signed[key] = (repository, name)
                location = f"http://localhost:{self.hub.away_port}/repos/{key}?Signature=s{key}"
                described["ETag"] = '"of the redirect"'
                return self.answer(302, b"Found", {**described, "Location": location})
        if self.command == "HEAD":
            return self.answer(200, b"", described, length=size)
        return self.transfer(repository, name, described)


class Elsewhere(Base):
    """The content delivery network: other host, own etags, no tokens."""

    def do_GET(self):  # noqa: N802 — the library's name
        self.record(self.hub.away)
        key = urlsplit(self.path).path.rsplit("/", 1)[-1]
        if "Authorization" in self.headers:
            return self.answer(400, b"only one way of signing in is allowed")
        if key not in self.hub.signed:
            return self.answer(403, b"expired")
        repository, name = self.hub.signed[key]
        own = hashlib.md5(repository.etag(name).encode()).hexdigest()
        return self.transfer(repository, name, {"ETag": f'"{own}"', "Accept-Ranges": "bytes"})


def main():
    """Serve the files of a folder as the model `bench/model` until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rate", type=float, default=0.0, help="MB/s of each connection")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds of a round trip")
    parser.add_argument("--loss", type=float, default=0.0, help="share of packets")
    parser.add_argument("--elsewhere", action="store_true", help="big files from another host")
    asked = parser.parse_args()
    server = HubServer(Line(asked.rate * 1e6, asked.delay, asked.loss))
    files = {
        path.relative_to(asked.folder).as_posix(): path
        for path in sorted(asked.folder.rglob("*"))
        if path.is_file()
    }
    repository = server.add("bench/model", files=files, elsewhere=asked.elsewhere)
    for name in files:
        repository.etag(name)
    print(server.url, flush=True)
    sys.stdin.read()  # until whoever started it is gone
    server.close()


if __name__ == "__main__":
    main()
