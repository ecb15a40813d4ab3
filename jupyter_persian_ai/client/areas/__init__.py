"""The service's routes as typed methods, one class an area. Every method is one request."""

from __future__ import annotations

from .bundles import BundlesArea
from .catalogue import CatalogueArea
from .chat import ChatArea
from .dataset_jobs import DatasetJobsArea, ProblemPage
from .datasets import DatasetsArea
from .downloads import DownloadsArea
from .hub import HubArea
from .model_jobs import ModelJobsArea
from .models import ModelsArea
from .persian import PersianArea
from .service import ServiceArea
from .training import TrainingArea

__all__ = [
    "BundlesArea",
    "CatalogueArea",
    "ChatArea",
    "DatasetJobsArea",
    "DatasetsArea",
    "DownloadsArea",
    "HubArea",
    "ModelJobsArea",
    "ModelsArea",
    "PersianArea",
    "ProblemPage",
    "ServiceArea",
    "TrainingArea",
]
