"""The part of the route table that is about the Hub, to find and to fetch; see `routes`."""

from __future__ import annotations

from ..protocol import catalogue as words
from ..protocol import jobs
from ..protocol.base import Page
from . import catalogue, downloads, queries
from .routing import NO_CONTENT, Route, Verb

HUB_ROUTES: tuple[Route, ...] = (
    # catalogue
    Route(
        "catalog",
        catalogue.CatalogueHandler,
        {
            "get": Verb(
                "Persian models and datasets that were looked into",
                words.Catalogue,
                query=queries.CatalogueQuery,
            )
        },
    ),
    Route(
        "catalog/{entry_id}",
        catalogue.CatalogueItemHandler,
        {"get": Verb("One of them", words.CatalogueItem)},
    ),
    Route(
        "hub/search",
        catalogue.HubSearchHandler,
        {"get": Verb("What the Hub finds now", words.HubResults, query=queries.HubQuery)},
    ),
    Route(
        "hub/repo",
        catalogue.HubRepoHandler,
        {
            "get": Verb(
                "What a repository holds and a download would fetch",
                words.HubRepo,
                query=queries.RepoQuery,
            )
        },
    ),
    # downloads
    Route(
        "downloads",
        downloads.DownloadsHandler,
        {
            "get": Verb("The downloads", Page[jobs.Job], query=queries.JobsQuery),
            "post": Verb(
                "Start one",
                jobs.Job,
                status=201,
                body=(jobs.DownloadAsk,),
                idempotent_key=True,
            ),
        },
    ),
    Route(
        "downloads/{job_id}",
        downloads.DownloadHandler,
        {
            "get": Verb("One download", jobs.Job),
            "delete": Verb("Cancel it; delete it when it has ended", status=NO_CONTENT),
        },
    ),
    Route(
        "downloads/{job_id}/pause",
        downloads.DownloadPauseHandler,
        {"post": Verb("Stop it, to go on later", jobs.Job)},
    ),
    Route(
        "downloads/{job_id}/resume",
        downloads.DownloadResumeHandler,
        {"post": Verb("Go on where it was", jobs.Job)},
    ),
    Route(
        "downloads/{job_id}/retry",
        downloads.DownloadRetryHandler,
        {"post": Verb("Try it again", jobs.Job)},
    ),
)
