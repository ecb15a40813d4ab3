"""The part of the route table that is about bundles; see `routes`."""

from __future__ import annotations

from ..protocol import bundles as words
from ..protocol import jobs
from ..protocol.base import Page
from . import bundles, queries
from .routing import NO_CONTENT, Route, Verb

_JOB = "bundles/{job_id}"

BUNDLE_ROUTES: tuple[Route, ...] = (
    Route(
        "bundles",
        bundles.BundlesHandler,
        {
            "get": Verb("Jobs of bundles", Page[jobs.Job], query=queries.JobsQuery),
            "post": Verb(
                "Pack a model or a dataset",
                jobs.Job,
                status=202,
                body=(words.BundleAsk,),
                idempotent_key=True,
            ),
        },
    ),
    Route(
        "bundles/look",
        bundles.BundleLookHandler,
        {"post": Verb("What bundle lies at a path", words.Bundle, body=(words.BundlePath,))},
    ),
    Route(
        "bundles/imports",
        bundles.BundleImportsHandler,
        {
            "post": Verb(
                "Take a bundle in",
                jobs.Job,
                status=202,
                body=(words.UnbundleAsk,),
                idempotent_key=True,
            )
        },
    ),
    Route(
        "bundles/uploads",
        bundles.BundleUploadsHandler,
        {"post": Verb("Send a part into a set", words.BundleUpload, status=201, upload=True)},
    ),
    Route(
        "bundles/uploads/{upload_id}",
        bundles.BundleUploadHandler,
        {
            "get": Verb("What of a set has arrived", words.BundleUpload),
            "delete": Verb("Forget a set", status=NO_CONTENT),
        },
    ),
    Route(
        _JOB,
        bundles.BundleHandler,
        {
            "get": Verb("One job", jobs.Job),
            "delete": Verb("Delete it, with parts in the data root", status=NO_CONTENT),
        },
    ),
    Route(f"{_JOB}/stop", bundles.BundleStopHandler, {"post": Verb("Stop it", jobs.Job)}),
    Route(f"{_JOB}/resume", bundles.BundleResumeHandler, {"post": Verb("Go on", jobs.Job)}),
    Route(f"{_JOB}/retry", bundles.BundleRetryHandler, {"post": Verb("Try again", jobs.Job)}),
    Route(
        f"{_JOB}/parts/{{name}}",
        bundles.BundlePartHandler,
        {"get": Verb("A part that was packed; Range is honoured", media="application/x-tar")},
    ),
)
