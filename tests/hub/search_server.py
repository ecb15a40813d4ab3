"""A small server that answers searches and repository information as the Hub's API does.

`hub_server` serves files; this one serves what is asked before anything is fetched. `fault` makes
it misbehave: a status, or `slow`, `garbage`, `endless`, `cut`.
"""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def model(repo_id, files, **facts):
    """A model as `expand` and `blobs` show it."""
    return {
        "_id": "1", "id": repo_id, "sha": COMMIT, "private": False, "gated": False,
        "downloads": 10, "likes": 2, "tags": ["safetensors", "fa", "license:apache-2.0"],
        "pipeline_tag": "text-generation", "library_name": "transformers",
        "lastModified": "2026-10-01T12:00:00.000Z",
        "siblings": [{"rfilename": name, "size": size} for name, size in files.items()],
    } | facts  # fmt: skip


class SearchServer:
    """Runs in threads; `requests` are (path, query, headers) as they came."""

    def __init__(self):
        self.models = []
        self.datasets = []
        self.fault = None
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, handler):
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        self.requests.append((parts.path, query, dict(handler.headers)))
        if self.fault is not None and self._misbehave(handler):
            return
        _, _, kind, *rest = parts.path.split("/")
        known = self.models if kind == "models" else self.datasets
        if rest:
            name = "/".join(rest).split("/revision/")[0]
            found = [one for one in known if one["id"] == name]
            body = found[0] if found else None
        else:
            word = query.get("search", [""])[0].lower()
            wanted = query.get("filter", [])
            body = [
                {key: value for key, value in one.items() if key != "siblings"}
                for one in known
                if word in one["id"].lower() and set(wanted) <= {*one["tags"]}
            ][: int(query["limit"][0])]
        if body is None:
            # As the Hub answers who sends no token: it may be private.
            send(handler, 401, {"error": "x"}, {"X-Error-Code": "RepoNotFound"})
        else:
            send(handler, 200, body)

    def _misbehave(self, handler):
        if isinstance(self.fault, int):
            send(handler, self.fault, {"error": "x"}, {"Retry-After": "17"})
        elif self.fault == "slow":
            time.sleep(3)
            return False
        elif self.fault == "garbage":
            send(handler, 200, None, raw=b"<html>Sign in to this network</html>")
        elif self.fault == "shape":
            send(handler, 200, [1, "x"])
        elif self.fault == "endless":
            handler.send_response(200)
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b" " * (1 << 20))
            except OSError:
                pass
        elif self.fault == "cut":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"[")
            handler.close_connection = True
        return True


def send(handler, status, body, headers=None, raw=None):
    content = raw if raw is not None else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    with suppress(OSError):  # who asked may have given up
        handler.wfile.write(content)
