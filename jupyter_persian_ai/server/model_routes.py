"""The part of the route table that is about models; see `routes`."""

from __future__ import annotations

from ..protocol import data, jobs, making, quality, registry
from ..protocol.base import Page
from . import (
    model_imports,
    model_insight,
    model_jobs,
    model_versions,
    models,
    optimizations,
    pushing,
    queries,
)
from .routing import NO_CONTENT, Route, Verb

MODEL_ROUTES: tuple[Route, ...] = (
    Route(
        "models",
        models.ModelsHandler,
        {
            "get": Verb("The models", Page[data.Model], query=queries.ModelsQuery),
            "post": Verb("Know a folder", data.Model, status=201, body=(data.ModelAsk,)),
        },
    ),
    Route(
        "models/detect",
        models.DetectHandler,
        {"post": Verb("What a folder holds; nothing is kept", data.Model, body=(data.ModelAsk,))},
    ),
    Route(
        "models/scan",
        models.ScanHandler,
        {"post": Verb("Models of this machine", registry.Scanned, body=(registry.ScanAsk,))},
    ),
    Route(
        "models/compare",
        model_insight.ComparisonHandler,
        {
            "get": Verb(
                "Two or more models side by side",
                registry.Comparison,
                query=queries.ComparisonQuery,
            )
        },
    ),
    Route(
        "models/compare/answers",
        model_insight.ComparedAnswersHandler,
        {
            "post": Verb(
                "What each model answers, one after the other",
                body=(registry.AnswersAsk,),
                media="text/event-stream",
            )
        },
    ),
    Route(
        "models/confinement",
        model_imports.ConfinementHandler,
        {"get": Verb("What a conversion can be locked into here", making.Confinement)},
    ),
    Route(
        "models/imports",
        model_imports.ModelImportsHandler,
        {
            "post": Verb(
                "Make a usable model of pickles or a GGUF file",
                jobs.Job,
                status=202,
                body=(making.ModelImportAsk,),
                idempotent_key=True,
            )
        },
    ),
    # jobs of models; before the routes that would take "jobs" for a model
    Route(
        "models/jobs",
        model_jobs.ModelJobsHandler,
        {"get": Verb("The jobs of models", Page[jobs.Job], query=queries.JobsQuery)},
    ),
    Route(
        "models/jobs/{job_id}",
        model_jobs.ModelJobHandler,
        {
            "get": Verb("One of them", jobs.Job),
            "delete": Verb("Stop it; delete it when it has ended", status=NO_CONTENT),
        },
    ),
    Route(
        "models/jobs/{job_id}/stop",
        model_jobs.ModelJobStopHandler,
        {"post": Verb("Stop it", jobs.Job)},
    ),
    Route(
        "models/jobs/{job_id}/retry",
        model_jobs.ModelJobRetryHandler,
        {"post": Verb("Try it again", jobs.Job)},
    ),
    Route(
        "models/jobs/{job_id}/download",
        optimizations.ModelJobDownloadHandler,
        {"get": Verb("The files that an export wrote", media="application/octet-stream")},
    ),
    Route(
        "optimizations",
        optimizations.OptimizationsHandler,
        {
            "post": Verb(
                "Merge an adapter, or export a model",
                jobs.Job,
                status=202,
                body=(making.MergeAsk, making.ExportAsk),
                idempotent_key=True,
            )
        },
    ),
    Route(
        "models/{model_id}/push/plan",
        pushing.PushPlanHandler,
        {
            "post": Verb(
                "All that a push would send; nothing is sent",
                making.PushPlan,
                body=(making.PushAsk,),
            )
        },
    ),
    Route(
        "models/{model_id}/push",
        pushing.PushHandler,
        {
            "post": Verb(
                "Send to the Hub what the plan showed",
                jobs.Job,
                status=202,
                body=(making.PushAsk,),
                idempotent_key=True,
            )
        },
    ),
    Route(
        "models/{model_id}",
        models.ModelHandler,
        {
            "get": Verb("One model", data.Model),
            "patch": Verb(
                "Change its name, notes or tags", data.Model, body=(registry.ModelPatch,)
            ),
            "delete": Verb("Forget it", status=NO_CONTENT),
        },
    ),
    Route(
        "models/{model_id}/download",
        models.ModelDownloadHandler,
        {
            "get": Verb(
                "Its folder as a zip", media="application/zip", query=queries.ModelVersionQuery
            )
        },
    ),
    Route(
        "models/{model_id}/versions",
        model_versions.ModelVersionsHandler,
        {
            "get": Verb("Its versions", Page[registry.ModelVersion]),
            "post": Verb(
                "Make another model a version of it",
                registry.ModelVersion,
                status=201,
                body=(registry.VersionAdd,),
            ),
        },
    ),
    Route(
        "models/{model_id}/versions/{number}",
        model_versions.ModelVersionHandler,
        {"delete": Verb("Forget a version", status=NO_CONTENT)},
    ),
    Route(
        "models/{model_id}/promote",
        model_versions.PromoteHandler,
        {"post": Verb("Use a version from now on", data.Model, body=(registry.Promote,))},
    ),
    Route(
        "models/{model_id}/rollback",
        model_versions.RollbackHandler,
        {"post": Verb("Return to the version before", data.Model)},
    ),
    Route(
        "models/{model_id}/lineage",
        model_insight.ModelLineageHandler,
        {"get": Verb("What it was made from, and what was made from it", registry.Lineage)},
    ),
    Route(
        "models/{model_id}/tokenizer",
        model_insight.ModelTokenizerHandler,
        {"get": Verb("What its tokenizer makes of Persian", quality.Fertility)},
    ),
    Route(
        "models/{model_id}/users",
        model_versions.ModelUsersHandler,
        {
            "get": Verb(
                "Who uses it, and what deleting it frees",
                registry.ModelUsers,
                query=queries.ModelVersionQuery,
            )
        },
    ),
)
