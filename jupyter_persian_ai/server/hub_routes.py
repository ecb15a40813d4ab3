"""The part of the route table that is about the Hub, to find and to fetch; see `routes`."""

from __future__ import annotations

from ..protocol import catalogue as words
from ..protocol import hub as way
from ..protocol import jobs
from ..protocol.base import Page
from . import catalogue, downloads, hub_settings, queries
from .routing import NO_CONTENT, Route, Verb

HUB_ROUTES: tuple[Route, ...] = (
    # the way to the Hub
    Route(
        "settings/huggingface-token",
        hub_settings.HubTokenHandler,
        {
            "get": Verb("What may be said of the token", way.HubToken),
            "put": Verb("Set it, once the Hub accepts it", way.HubToken, body=(way.TokenAsk,)),
            "delete": Verb("Remove it", way.HubToken),
        },
    ),
    Route(
        "settings/huggingface-token/validate",
        hub_settings.HubTokenValidateHandler,
        {"post": Verb("Ask the Hub about it", way.HubToken)},
    ),
    Route(
        "settings/hub",
        hub_settings.HubSettingsHandler,
        {
            "get": Verb("Addresses, proxy and limits", way.HubSettings),
            "patch": Verb("Change what is given", way.HubSettings, body=(way.HubSettingsPatch,)),
        },
    ),
    Route(
        "settings/hub/check",
        hub_settings.HubCheckHandler,
        {"post": Verb("Try every address", way.HubCheck)},
    ),
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
