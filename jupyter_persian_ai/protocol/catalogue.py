"""What can be had from outside, on the wire: the catalogue, and what the Hub says live."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Moment, Note, Wire

RepoType = Literal["model", "dataset"]
Commercial = Literal["yes", "no", "unclear"]
#: `busy`: it would fit if other programs freed their memory; `memory`, `disk`: too small.
Fit = Literal["yes", "busy", "memory", "disk", "unknown"]
#: `registered`: among our models or datasets; `fetched`: only its files are there, in our folder
#: or in the user's own Hub cache.
Installed = Literal["no", "registered", "fetched"]

_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
_ID = r"^[a-z0-9][a-z0-9._-]*$"


class Licence(Wire):
    """A licence in plain words."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", description="as the Hub writes it")
    name: str
    commercial: Commercial
    summary: Note


class CatalogueEntry(Wire):
    """What the catalogue's file says of one model or dataset; null and "" are not known."""

    id: str = Field(pattern=_ID, max_length=120)
    type: RepoType
    repo_id: str = Field(description="empty when it is no repository of the Hub")
    name: str
    task: str = Field(description="as the Hub names tasks")
    parameters: int | None = Field(default=None, gt=0)
    parameters_nominal: bool = Field(
        default=False, description="the round figure of its name or family"
    )
    bytes: int | None = Field(default=None, gt=0)
    rows: int | None = Field(default=None, gt=0)
    license: str = Field(description="id of a licence; `unknown` when none is stated")
    commercial: Commercial
    gated: bool | None = Field(default=None, description="its owners' terms must be accepted")
    open: bool = Field(
        default=True,
        description="whether it is downloaded here: not what is known to lack safetensors",
    )
    tokens_per_word: float | None = Field(
        default=None, gt=0, description="of Persian prose, words parted by spaces"
    )
    tokens_basis: Literal["", "measured", "published"] = ""
    good_for: Note
    note: Note = Field(description="evidence and caveats")
    also: list[str] = Field(description="other words that people look for it by; not shown")
    verified: str = Field(pattern=_MONTH, description="month in which it was last looked up")
    sure: Literal["high", "medium", "low"]


class CatalogueFile(Wire):
    """The whole of `hub/catalogue.json`."""

    version: Literal[1]
    verified: str = Field(pattern=_MONTH)
    about: Note
    licences: list[Licence]
    entries: list[CatalogueEntry]


class CatalogueItem(CatalogueEntry):
    """`GET catalog/{id}`: an entry, and how it stands with this machine and user."""

    licence: Licence
    memory_bytes: int | None = Field(
        default=None, description="to run it: 2 bytes a parameter, a fifth more, and 512 MiB"
    )
    fits: Fit = "unknown"
    installed: Installed = "no"
    path: str = Field(default="", description="the folder that it was found in")
    model_id: str = Field(default="", description="the registered model, if there is one")
    job_id: str = Field(default="", description="the download under way, if there is one")
    uses: list[Literal["chat", "train"]] = Field(
        default_factory=list, description="what can be done with it here"
    )


class CatalogueFacet(Wire):
    """A value that can be filtered by, and how many entries have it."""

    value: str
    count: int


class Catalogue(Wire):
    """`GET catalog`."""

    items: list[CatalogueItem]
    total: int = Field(description="entries of the whole catalogue")
    tasks: list[CatalogueFacet] = Field(description="of the whole catalogue")
    licences: list[Licence]
    about: Note
    verified: str
    memory_free: int
    memory_total: int
    disk_free: int


class HubHit(Wire):
    """One repository that the Hub found."""

    repo_id: str
    type: RepoType
    task: str = ""
    library: str = ""
    license: str = ""
    gated: bool = False
    downloads: int = 0
    likes: int = 0
    updated: Moment | None = None
    parameters: int | None = None
    safetensors: bool = Field(default=False, description="whether it says so; models only")
    entry_id: str = Field(default="", description="its entry in the catalogue, if there is one")
    installed: Installed = "no"
    job_id: str = ""


class HubResults(Wire):
    """`GET hub/search`."""

    items: list[HubHit]
    endpoint: str = Field(description="who was asked")
    more: bool = Field(default=False, description="whether the Hub knows more than these")


class HubFile(Wire):
    """A file of a repository."""

    name: str
    bytes: int | None = None
    chosen: bool = Field(default=False, description="whether a download would fetch it")
    unsafe: bool = Field(default=False, description="a format that can hold code; never fetched")


class HubRepo(Wire):
    """`GET hub/repo`: what a download would fetch, before it begins."""

    repo_id: str
    type: RepoType
    revision: str = Field(description="the commit")
    endpoint: str
    files: list[HubFile] = Field(description="the first of them, those to fetch before others")
    files_total: int
    bytes_total: int
    chosen_files: int
    chosen_bytes: int
    unsafe_files: int
    refused: Note | None = Field(default=None, description="why nothing would be fetched")
    license: str = ""
    licence: Licence | None = Field(default=None, description="in plain words, if it is known")
    gated: bool = False
    private: bool = False
    task: str = ""
    library: str = ""
    parameters: int | None = None
    memory_bytes: int | None = None
    fits: Fit = "unknown"
    updated: Moment | None = None
    downloads: int = 0
    likes: int = 0
    entry_id: str = ""
    installed: Installed = "no"
    path: str = ""
    model_id: str = ""
    job_id: str = ""
