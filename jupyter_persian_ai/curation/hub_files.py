"""The readable files of a dataset repository on the Hub, fetched for an import.

Owns which files are data and their order. Fetching is `hub.download`'s, in a process of its own;
a script of the repository is never fetched, let alone run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import HubProblem
from ..hub import download
from ..hub.selection import DATA_SUFFIXES
from ..protocol.jobs import DownloadAsk
from ..protocol.versions import ImportAsk
from ..protocol.worker import WorkerContext

#: What a repository has beside its data: about it, not of it.
_ABOUT = frozenset(
    {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "readme.txt"}
)


def fetched(ctx: WorkerContext, ask: ImportAsk) -> list[dict[str, str]]:
    """Fetch what `ask` names into the Hub cache; paths and names of its data, in order of name.

    Raises:
        HubProblem: the Hub did not give it, or no file of it can be read.
        DiskFull: there is no room.
        WorkStopped: a stop was asked for.

    """
    wanted = DownloadAsk(
        repo_id=ask.repo_id,
        repo_type="dataset",
        revision=ask.revision,
        files=ask.files or None,
    )
    spec = ctx.spec.model_copy(update={"options": wanted.model_dump(mode="json")})
    got = download.run(replace(ctx, spec=spec))
    folder = Path(got["path"])
    files = [
        {"path": str(folder / name), "name": name}
        for name in sorted(got["files"])
        if _is_data(name) or name in ask.files
    ]
    if not files:
        raise HubProblem(
            repo_id=ask.repo_id,
            reason="it holds no file that we can read",
            reason_fa="فایلی که بتوان خواند در آن نیست",
        )
    return files


def _is_data(name: str) -> bool:
    path = Path(name)
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in DATA_SUFFIXES and path.name.lower() not in _ABOUT and not hidden
