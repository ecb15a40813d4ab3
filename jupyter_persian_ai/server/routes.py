"""The route table: the one list of what can be asked, of whom, with what, and what comes back.

Handlers, `openapi.json` and the tests that walk every route are made from it.
"""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from ..protocol import chat as chat_words
from ..protocol import gate, jobs, normaliser
from ..protocol import service as service_words
from ..protocol.base import Page
from ..protocol.presets import Preset
from ..protocol.recipes import Recipe
from . import (
    bokeh,
    chat,
    home,
    monitoring,
    notifications,
    persian,
    preferences,
    queries,
    service,
    socket,
    training,
)
from .base import Handler, MissingHandler
from .bundle_routes import BUNDLE_ROUTES
from .dataset_routes import DATASET_ROUTES
from .hub_routes import HUB_ROUTES
from .model_routes import MODEL_ROUTES
from .routing import JSON, PREFIX, Route, Verb
from .routing import NO_CONTENT as _NONE

_JOB = "training/jobs/{job_id}"
_CONVERSATION = "chat/conversations/{conversation_id}"

ROUTES: tuple[Route, ...] = (
    # service
    Route(
        "health",
        service.HealthHandler,
        {"get": Verb("How every part is", service_words.Health)},
    ),
    Route("me", service.MeHandler, {"get": Verb("Who asks", service_words.Me)}),
    Route("openapi.json", service.OpenApiHandler, {"get": Verb("This document")}),
    Route("docs", service.DocsHandler, {"get": Verb("This document, to read", media="text/html")}),
    Route(
        "bokeh/{file}",
        bokeh.BokehHandler,
        {"get": Verb("A script of the installed BokehJS", media="text/javascript")},
    ),
    *DATASET_ROUTES,
    # Persian text
    Route(
        "persian/normalisers",
        persian.NormalisersHandler,
        {"get": Verb("Steps of the normaliser, and back ends", normaliser.Normalisers)},
    ),
    Route(
        "persian/normalise",
        persian.NormaliseHandler,
        {
            "post": Verb(
                "A text normalised, and what each step changed",
                normaliser.Normalised,
                body=(normaliser.NormaliseAsk,),
            )
        },
    ),
    *MODEL_ROUTES,
    *HUB_ROUTES,
    *BUNDLE_ROUTES,
    # training
    Route(
        "training/recipes",
        training.RecipesHandler,
        {"get": Verb("What can be trained", Page[Recipe])},
    ),
    Route(
        "training/presets",
        training.PresetsHandler,
        {"get": Verb("Ready requests for what is here", Page[Preset])},
    ),
    Route(
        "training/estimate",
        training.EstimateHandler,
        {"post": Verb("What a run would need", jobs.Estimate, body=(jobs.TrainingAsk,))},
    ),
    Route(
        "training/fit",
        training.FitHandler,
        {"post": Verb("Options that fit this machine", jobs.Fit, body=(jobs.TrainingAsk,))},
    ),
    Route(
        "training/rehearsal",
        training.RehearsalHandler,
        {"post": Verb("One real step, measured", gate.Rehearsal, body=(jobs.TrainingAsk,))},
    ),
    Route(
        "training/jobs",
        training.JobsHandler,
        {
            "get": Verb("The trainings", Page[jobs.Job], query=queries.JobsQuery),
            "post": Verb(
                "Start one",
                jobs.Job,
                status=201,
                body=(jobs.TrainingAsk,),
                idempotent_key=True,
            ),
        },
    ),
    Route(
        _JOB,
        training.JobHandler,
        {
            "get": Verb("One training", jobs.Job),
            "delete": Verb("Delete it; its model stays", status=_NONE),
        },
    ),
    Route(f"{_JOB}/stop", training.StopHandler, {"post": Verb("Stop it", jobs.Job)}),
    Route(
        f"{_JOB}/pause",
        training.PauseHandler,
        {"post": Verb("Stop it, to go on later", jobs.Job)},
    ),
    Route(f"{_JOB}/resume", training.ResumeHandler, {"post": Verb("Go on", jobs.Job)}),
    Route(f"{_JOB}/retry", training.RetryHandler, {"post": Verb("Start over", jobs.Job)}),
    Route(
        f"{_JOB}/metrics",
        training.MetricsHandler,
        {"get": Verb("Its curves", jobs.Metrics, query=queries.MetricsQuery)},
    ),
    Route(
        f"{_JOB}/metrics.csv",
        training.CsvHandler,
        {"get": Verb("Every point of its metrics, one line a step", media="text/csv")},
    ),
    Route(
        f"{_JOB}/tensorboard",
        training.TensorBoardHandler,
        {"get": Verb("Every point for TensorBoard, as a zip", media="application/zip")},
    ),
    Route(
        f"{_JOB}/logs",
        training.LogsHandler,
        {"get": Verb("Its log", Page[jobs.LogLine], query=queries.LogsQuery)},
    ),
    Route(
        f"{_JOB}/samples",
        training.SamplesHandler,
        {"get": Verb("What the model wrote on the way", Page[jobs.Sample])},
    ),
    Route(
        f"{_JOB}/checkpoints",
        training.CheckpointsHandler,
        {"get": Verb("Its checkpoints", Page[jobs.Checkpoint])},
    ),
    Route(
        f"{_JOB}/download",
        training.ResultHandler,
        {"get": Verb("The model that it made, as a zip", media="application/zip")},
    ),
    Route(
        f"{_JOB}/figure",
        training.FigureHandler,
        {"get": Verb("Curves as a Bokeh item", query=queries.FigureQuery)},
    ),
    Route(
        "training/comparison/figure",
        training.ComparisonFigureHandler,
        {
            "get": Verb(
                "Curves of several trainings as a Bokeh item",
                query=queries.ComparisonFigureQuery,
            )
        },
    ),
    # chat
    Route(
        "chat/conversations",
        chat.ConversationsHandler,
        {
            "get": Verb(
                "The conversations", Page[chat_words.Conversation], query=queries.PageQuery
            ),
            "post": Verb(
                "Begin one",
                chat_words.Conversation,
                status=201,
                body=(chat_words.ConversationAsk,),
            ),
            "delete": Verb("Delete all", status=_NONE),
        },
    ),
    Route(
        _CONVERSATION,
        chat.ConversationHandler,
        {
            "get": Verb("One, with its messages", chat_words.ConversationDetail),
            "patch": Verb(
                "Change it", chat_words.Conversation, body=(chat_words.ConversationPatch,)
            ),
            "delete": Verb("Delete it", status=_NONE),
        },
    ),
    Route(
        f"{_CONVERSATION}/messages",
        chat.MessagesHandler,
        {
            "post": Verb(
                "Say something; events `message`, `token`, `usage`, then `done` or `error`",
                body=(chat_words.MessageAsk,),
                media="text/event-stream",
            )
        },
    ),
    Route(
        f"{_CONVERSATION}/regenerate",
        chat.RegenerateHandler,
        {"post": Verb("Write the last answer anew", media="text/event-stream")},
    ),
    Route(
        f"{_CONVERSATION}/stop",
        chat.StopAnswerHandler,
        {"post": Verb("End the answer under way", chat_words.ConversationDetail)},
    ),
    Route(
        "chat/engines",
        chat.EnginesHandler,
        {"get": Verb("Models in memory", Page[chat_words.Engine])},
    ),
    Route(
        "chat/engines/{model_id}/load",
        chat.LoadHandler,
        {"post": Verb("Begin to load a model", chat_words.Engine, status=202)},
    ),
    Route(
        "chat/engines/{model_id}/unload",
        chat.UnloadHandler,
        {"post": Verb("Free its memory", status=_NONE)},
    ),
    # monitoring
    Route(
        "monitoring/system",
        monitoring.SystemHandler,
        {"get": Verb("One reading of the machine", service_words.System)},
    ),
    Route(
        "monitoring/metrics",
        monitoring.RequestsHandler,
        {"get": Verb("Figures of the API", service_words.ApiMetrics)},
    ),
    Route(
        "monitoring/percentiles",
        monitoring.PercentilesHandler,
        {"get": Verb("Percentiles of the API's durations", service_words.ApiMetrics)},
    ),
    Route(
        "monitoring/activity",
        monitoring.ActivityHandler,
        {
            "get": Verb(
                "What happened lately",
                Page[service_words.Activity],
                query=queries.ActivityQuery,
            )
        },
    ),
    Route(
        "monitoring/prometheus",
        monitoring.PrometheusHandler,
        {"get": Verb("The same for Prometheus", media="text/plain")},
    ),
    # notifications
    Route(
        "notifications",
        notifications.NotificationsHandler,
        {
            "get": Verb(
                "The notices",
                Page[service_words.Notification],
                query=queries.NotificationsQuery,
            ),
            "delete": Verb("Delete all", status=_NONE),
        },
    ),
    Route(
        "notifications/read-all",
        notifications.ReadAllHandler,
        {"post": Verb("All were seen", status=_NONE)},
    ),
    Route(
        "notifications/{notification_id}",
        notifications.NotificationHandler,
        {
            "get": Verb("One notice", service_words.Notification),
            "delete": Verb("Delete it", status=_NONE),
        },
    ),
    Route(
        "notifications/{notification_id}/read",
        notifications.ReadHandler,
        {"post": Verb("It was seen", service_words.Notification)},
    ),
    # settings
    Route(
        "settings",
        preferences.SettingsHandler,
        {
            "get": Verb("What the user has chosen", service_words.UserSettings),
            "patch": Verb(
                "Change what is given",
                service_words.UserSettings,
                body=(service_words.UserSettingsPatch,),
            ),
        },
    ),
    # live
    Route("events", socket.EventsHandler, {}),
)


def handlers() -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The table for tornado; whatever else is asked below `PREFIX` gets our own 404."""
    table: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (route.pattern, route.handler, {"route": route.path}) for route in ROUTES
    ]
    missing: type[Handler] = MissingHandler
    return [
        *table,
        (rf"/{PREFIX}/.*", missing, {"route": "*"}),
        (rf"{home.PATH}/?", home.HomeHandler, {}),
    ]


__all__ = ["JSON", "PREFIX", "ROUTES", "Route", "Verb", "handlers"]
