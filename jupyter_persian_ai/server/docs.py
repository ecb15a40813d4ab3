"""`openapi.json` as a page to read: plain HTML made here, with no script and nothing fetched.

Owns only the drawing. Every text is escaped, although all of it is ours.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

_STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color: #1d2430; background: #fff; }
code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
pre { background: #f4f6f8; padding: .75rem; overflow: auto; border-radius: 6px; }
summary { cursor: pointer; padding: .25rem 0; }
.verb { display: inline-block; min-width: 4.5rem; font-weight: 600; }
table { border-collapse: collapse; } td, th { text-align: start; padding: .1rem .75rem .1rem 0; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e9ee; background: #14181d; } pre { background: #1f252c; } a { color: #7cc4c0; }
}
"""


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    info = document["info"]
    routes = "".join(
        _operation(path, verb, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    )
    models = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_json(schema)}</details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f'<p>{escape(info["description"])} <a href="openapi.json">openapi.json</a></p>'
        f"<h2>Routes</h2>{routes}<h2>Words</h2>{models}</body></html>"
    )


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    head = f'<span class="verb">{escape(verb.upper())}</span><code>{escape(path)}</code>'
    parts = [f"<details><summary>{head} — {escape(operation['summary'])}</summary>"]
    if parameters := operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
            f"<td>{escape(p.get('description', ''))}</td></tr>"
            for p in parameters
        )
        parts.append(f"<table><tr><th>name</th><th>in</th><th></th></tr>{rows}</table>")
    if body := operation.get("requestBody"):
        parts.append(f"<p>Body</p>{_json(body['content'])}")
    for status, answer in operation["responses"].items():
        parts.append(f"<p>{escape(str(status))}: {escape(answer['description'])}</p>")
        if "content" in answer and status != "default":
            parts.append(_json(answer["content"]))
    return "".join(parts) + "</details>"


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=1))}</pre>"
