"""The part of the route table that is about datasets; see `routes`."""

from __future__ import annotations

from ..protocol import data, jobs, quality, versions
from ..protocol.base import Page
from . import (
    dataset_insight,
    dataset_jobs,
    dataset_versions,
    datasets,
    queries,
    uploads,
)
from .routing import NO_CONTENT, Route, Verb

_JOB = "datasets/jobs/{job_id}"
_DATASET = "datasets/{dataset_id}"

DATASET_ROUTES: tuple[Route, ...] = (
    Route("samples", datasets.SamplesHandler, {"get": Verb("Samples", Page[data.SampleInfo])}),
    Route(
        "datasets",
        datasets.DatasetsHandler,
        {
            "get": Verb("The datasets", Page[data.Dataset], query=queries.PageQuery),
            "post": Verb(
                "Import an upload, a sample or a file of the server",
                data.Dataset,
                status=201,
                body=(data.DatasetAsk, data.SampleAsk),
                upload=True,
            ),
        },
    ),
    Route(
        "datasets/validate",
        datasets.ValidateHandler,
        {
            "post": Verb(
                "What an import would say; nothing is kept",
                data.DatasetReport,
                body=(data.DatasetAsk,),
                upload=True,
            )
        },
    ),
    Route(
        "datasets/uploads",
        uploads.UploadsHandler,
        {
            "post": Verb(
                "Send a file, to be read afterwards", versions.Upload, status=201, upload=True
            )
        },
    ),
    Route(
        "datasets/uploads/{upload_id}",
        uploads.UploadHandler,
        {"delete": Verb("Forget it", status=NO_CONTENT)},
    ),
    Route(
        "datasets/peek",
        dataset_jobs.PeekHandler,
        {"post": Verb("The beginning of a file", versions.Peek, body=(versions.ImportAsk,))},
    ),
    Route(
        "datasets/imports",
        dataset_jobs.ImportsHandler,
        {
            "post": Verb(
                "Read a file, an upload or a repository of the Hub, as a job",
                jobs.Job,
                status=202,
                body=(versions.ImportAsk,),
                idempotent_key=True,
            )
        },
    ),
    Route(
        "datasets/jobs",
        dataset_jobs.DatasetJobsHandler,
        {"get": Verb("The jobs of datasets", Page[jobs.Job], query=queries.JobsQuery)},
    ),
    Route(
        _JOB,
        dataset_jobs.DatasetJobHandler,
        {
            "get": Verb("One of them", jobs.Job),
            "delete": Verb("Delete it; what was kept of it stays", status=NO_CONTENT),
        },
    ),
    Route(f"{_JOB}/stop", dataset_jobs.DatasetJobStopHandler, {"post": Verb("Stop it", jobs.Job)}),
    Route(
        f"{_JOB}/retry",
        dataset_jobs.DatasetJobRetryHandler,
        {"post": Verb("Try it again", jobs.Job)},
    ),
    Route(
        f"{_JOB}/keep",
        dataset_jobs.KeepHandler,
        {
            "post": Verb(
                "Make a dataset of what was read",
                data.Dataset,
                status=201,
                body=(versions.KeepAsk,),
            )
        },
    ),
    Route(
        f"{_JOB}/rows",
        dataset_jobs.JobRowsHandler,
        {"get": Verb("Some rows that were read", data.Rows, query=queries.RowsQuery)},
    ),
    Route(
        f"{_JOB}/stats",
        dataset_jobs.JobStatsHandler,
        {"get": Verb("What is known of what was read", quality.DatasetAnalysis)},
    ),
    Route(
        f"{_JOB}/problems",
        dataset_jobs.ProblemsHandler,
        {
            "get": Verb(
                "Some rows that were left out", data.ProblemPage, query=queries.ProblemsQuery
            )
        },
    ),
    Route(
        f"{_JOB}/problems.csv",
        dataset_jobs.ProblemsCsvHandler,
        {"get": Verb("Every row that was left out", media="text/csv")},
    ),
    Route(
        _DATASET,
        datasets.DatasetHandler,
        {
            "get": Verb("One dataset", data.Dataset),
            "patch": Verb("Rename it", data.Dataset, body=(data.Rename,)),
            "delete": Verb("Delete it", status=NO_CONTENT, query=queries.ForceQuery),
        },
    ),
    Route(
        f"{_DATASET}/users",
        datasets.UsersHandler,
        {"get": Verb("Who would miss it", versions.DatasetUsers)},
    ),
    Route(
        f"{_DATASET}/preview",
        dataset_insight.PreviewHandler,
        {"get": Verb("Some rows", data.Rows, query=queries.PreviewQuery)},
    ),
    Route(
        f"{_DATASET}/rows/{{number}}",
        dataset_insight.RowHandler,
        {"get": Verb("One row, whole", quality.RowDetail, query=queries.VersionQuery)},
    ),
    Route(
        f"{_DATASET}/stats",
        dataset_insight.StatsHandler,
        {"get": Verb("What is known", quality.DatasetAnalysis, query=queries.VersionQuery)},
    ),
    Route(
        f"{_DATASET}/tokenizers",
        dataset_insight.TokenizersHandler,
        {
            "get": Verb(
                "What each installed tokenizer makes of it",
                Page[quality.Fertility],
                query=queries.VersionQuery,
            )
        },
    ),
    Route(
        f"{_DATASET}/figures/{{name}}",
        dataset_insight.DatasetFigureHandler,
        {
            "get": Verb(
                "A figure as a Bokeh item: lengths, labels or tokens",
                query=queries.DatasetFigureQuery,
            )
        },
    ),
    Route(
        f"{_DATASET}/download",
        datasets.DatasetDownloadHandler,
        {
            "get": Verb(
                "Its rows as a file", media="application/x-ndjson", query=queries.DownloadQuery
            )
        },
    ),
    Route(
        f"{_DATASET}/versions",
        dataset_versions.VersionsHandler,
        {
            "get": Verb("Its versions", Page[versions.DatasetVersion]),
            "post": Verb(
                "Make another, as a job",
                jobs.Job,
                status=202,
                body=(versions.VersionAsk,),
                idempotent_key=True,
            ),
        },
    ),
    Route(
        f"{_DATASET}/versions/preview",
        dataset_versions.VersionPreviewHandler,
        {
            "post": Verb(
                "What steps would do; nothing is kept",
                versions.VersionPreview,
                body=(versions.VersionAsk,),
            )
        },
    ),
    Route(
        f"{_DATASET}/versions/{{number}}",
        dataset_versions.VersionHandler,
        {
            "get": Verb("One version", versions.DatasetVersion),
            "delete": Verb("Forget it", status=NO_CONTENT, query=queries.ForceQuery),
        },
    ),
    Route(
        f"{_DATASET}/split",
        dataset_versions.SplitHandler,
        {
            "post": Verb(
                "Make a dataset of each part, as a job",
                jobs.Job,
                status=202,
                body=(versions.SplitAsk,),
                idempotent_key=True,
            )
        },
    ),
    Route(
        f"{_DATASET}/near-duplicates",
        dataset_versions.NearDuplicatesHandler,
        {
            "post": Verb(
                "Look for rows that are almost the same, as a job",
                jobs.Job,
                status=202,
                query=queries.VersionQuery,
            )
        },
    ),
    Route(
        f"{_DATASET}/leakage",
        dataset_versions.LeakageHandler,
        {
            "post": Verb(
                "Rows here that are also in other data",
                quality.Leakage,
                body=(versions.LeakageAsk,),
            )
        },
    ),
    Route(
        f"{_DATASET}/diff",
        dataset_versions.DiffHandler,
        {
            "get": Verb(
                "How one version came to be another",
                versions.VersionDiff,
                query=queries.DiffQuery,
            )
        },
    ),
)
