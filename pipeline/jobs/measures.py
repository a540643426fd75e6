"""What a worker tells Prometheus: queue depth, stage times, real-time factor, failures by cause; and whether it is well.

``/metrics``, ``/health`` (the process runs and its database answers) and ``/ready`` (it takes work) on one port. Ids and counts alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

from models.work import Stage
from pipeline.errors import DebriefError, UsageError
from pipeline.jobs.work import Work

LOOK_SECONDS = 10.0
STALE_SECONDS = 60.0
SECONDS = (0.1, 0.5, 1, 5, 15, 60, 180, 600, 1800, 3600)
FACTORS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)


class Measures:
    """The measures of one worker; served where a port is given (0: any free one, see ``port``)."""

    def __init__(self, work: Work, port: int | None = None) -> None:
        self._work = work
        self._looked = 0.0
        registry = CollectorRegistry()
        self._depth = Gauge("debrief_interviews", "Interviews by state of their work", ["state"], registry=registry)
        self._stage = Histogram(
            "debrief_stage_seconds", "Seconds a step took", ["stage"], registry=registry, buckets=SECONDS
        )
        self._factor = Histogram(
            "debrief_real_time_factor", "Seconds of work for a second of recording", ["stage"], registry=registry,
            buckets=FACTORS,
        )  # fmt: skip
        self._failures = Counter("debrief_failures", "Interviews that failed", ["cause"], registry=registry)
        self._done = Counter("debrief_done", "Interviews that were published", registry=registry)
        self.port = None if port is None else self._serve(registry, port)

    def step(self, stage: Stage, seconds: float, minutes: float) -> None:
        """A step was done, on a recording of so many minutes."""
        self._stage.labels(stage).observe(seconds)
        if minutes:
            self._factor.labels(stage).observe(seconds / (minutes * 60))

    def failed(self, kind: str) -> None:
        """An interview failed."""
        self._failures.labels(kind).inc()

    def finished(self) -> None:
        """An interview was published."""
        self._done.inc()

    def look(self) -> None:
        """Counts the queue, now and then."""
        now = time.monotonic()
        if self.port is None or now - self._looked < LOOK_SECONDS:
            return
        counts = self._work.ledger.counts()
        for state in ("waiting", "running", "done", "failed", "cancelled"):
            self._depth.labels(state).set(counts.get(state, 0))
        self._looked = now

    def _serve(self, registry: CollectorRegistry, port: int) -> int:
        metrics = make_wsgi_app(registry)

        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if path == "/metrics":
                return metrics(environ, start)  # type: ignore[no-any-return]
            well = self._well() if path == "/health" else path == "/ready" and self._ready()
            known = path in ("/health", "/ready")
            start(
                "200 OK" if well else "503 Service Unavailable" if known else "404 Not Found",
                [("Content-Type", "text/plain")],
            )
            return [b"ok\n" if well else b"no\n"]

        try:
            server = make_server("", port, answer, handler_class=_Silent)
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used ({error.strerror}).", "Choose another --metrics port."
            ) from None
        threading.Thread(target=server.serve_forever, daemon=True, name="metrics").start()
        return int(server.server_port)

    def _well(self) -> bool:
        try:
            self._work.ledger.counts()
        except DebriefError:
            return False
        return True

    def _ready(self) -> bool:
        return self._looked > 0 and time.monotonic() - self._looked < STALE_SECONDS


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: addresses are nobody's business."""
