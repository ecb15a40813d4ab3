"""How the API itself does: counts, errors, time taken.

Owns a Prometheus registry of our own (Jupyter's global one is not touched) and, for each route,
a window of the latest durations from which percentiles are read. Purely in memory.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..protocol.base import now
from ..protocol.service import ApiMetrics, RouteFigures

#: Durations kept for each route; percentiles are of these, not of all time.
WINDOW = 2048
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of `ordered` (ascending) lies; nearest rank."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class RequestFigures:
    """Figures of our own routes since the service started."""

    def __init__(self) -> None:
        self.since = now()
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._durations: dict[tuple[str, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=WINDOW)
        )
        self._counts: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0])
        labels = ("method", "route")
        self._seconds = Histogram(
            "persian_ai_request_seconds",
            "Time to answer a request",
            labels,
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._errors = Counter(
            "persian_ai_request_errors",
            "Requests answered with a status of 400 or above",
            labels,
            registry=self.registry,
        )
        Gauge(
            "persian_ai_requests_in_flight",
            "Requests being answered",
            registry=self.registry,
        ).set_function(lambda: self.in_flight)

    def begin(self) -> None:
        """A request came in."""
        self.in_flight += 1

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        key = (method, route)
        self.in_flight -= 1
        self._durations[key].append(seconds)
        count = self._counts[key]
        count[0] += 1
        count[1] += status >= 400
        count[2] += seconds
        self._seconds.labels(*key).observe(seconds)
        if status >= 400:
            self._errors.labels(*key).inc()

    def figures(self) -> ApiMetrics:
        """Totals and every route, the busiest first."""
        routes = [self._of(key) for key in self._counts]
        routes.sort(key=lambda route: -route.count)
        p50, p90, p95, p99 = _cuts(second for held in self._durations.values() for second in held)
        return ApiMetrics(
            since=self.since,
            requests=sum(route.count for route in routes),
            errors=sum(route.errors for route in routes),
            in_flight=self.in_flight,
            p50_ms=p50,
            p90_ms=p90,
            p95_ms=p95,
            p99_ms=p99,
            routes=routes,
        )

    def prometheus(self) -> bytes:
        """The registry in Prometheus's text format."""
        return generate_latest(self.registry)

    def _of(self, key: tuple[str, str]) -> RouteFigures:
        count, errors, total = self._counts[key]
        p50, p90, p95, p99 = _cuts(self._durations[key])
        return RouteFigures(
            method=key[0],
            route=key[1],
            count=int(count),
            errors=int(errors),
            mean_ms=round(1000 * total / count, 3),
            p50_ms=p50,
            p90_ms=p90,
            p95_ms=p95,
            p99_ms=p99,
        )


def _cuts(seconds: Iterable[float]) -> tuple[float, float, float, float]:
    ordered = sorted(seconds)
    p50, p90, p95, p99 = (
        round(1000 * percentile(ordered, share), 3) for share in (0.5, 0.9, 0.95, 0.99)
    )
    return p50, p90, p95, p99
