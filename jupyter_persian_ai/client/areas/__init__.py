"""The service's routes as typed methods, one class an area. Every method is one request."""

from __future__ import annotations

from .catalogue import CatalogueArea
from .chat import ChatArea
from .dataset_jobs import DatasetJobsArea, ProblemPage
from .datasets import DatasetsArea
from .models import ModelsArea
from .persian import PersianArea
from .service import ServiceArea
from .training import TrainingArea

__all__ = [
    "CatalogueArea",
    "ChatArea",
    "DatasetJobsArea",
    "DatasetsArea",
    "ModelsArea",
    "PersianArea",
    "ProblemPage",
    "ServiceArea",
    "TrainingArea",
]
