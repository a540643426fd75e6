"""What admins look at: the engines and weights of this installation, and how its work stands."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.work import Progress, WorkState
from pipeline import weights, wiring
from pipeline.actions.checking import ready
from pipeline.actions.desk import Desk
from pipeline.errors import StorageError
from pipeline.jobs.heartbeats import Heartbeats
from pipeline.web.site import Site

if TYPE_CHECKING:
    from pipeline.weights import Row

STATES: tuple[Progress, ...] = ("waiting", "running", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class EngineView:
    """The label under which drafts are made, and every set of weights."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Work by state, living workers, what failed last, room on the disk in GB, and whether database and media answer."""

    work: dict[Progress, int]
    workers: int
    failed: tuple[WorkState, ...]
    free_gb: float | None
    ready: bool
    known: bool
    """False where this server knows nothing of the queue."""


def engines_of(parts: Site) -> EngineView:
    """Names and hashes, without loading anything."""
    return EngineView(wiring.Engines(parts.settings).label, weights.rows(parts.settings.cache))


def standing(parts: Site, desk: Desk) -> Standing:
    """How the work stands now; a queue that is away is shown as unknown."""
    counts: dict[Progress, int] = dict.fromkeys(STATES, 0)
    failed: tuple[WorkState, ...] = ()
    workers, known = 0, False
    if parts.work is not None:
        try:
            found = parts.work.counts(desk)
            counts |= {state: found.get(state, 0) for state in STATES}
            failed = parts.work.listed(desk, ("failed",), 10)
            workers, known = len(Heartbeats(parts.work.engine).alive()), True
        except StorageError:
            known = False
    return Standing(counts, workers, failed, _free(parts.settings.data), ready(parts.store), known)


def _free(folder: Path) -> float | None:
    try:
        return round(shutil.disk_usage(folder).free / 1e9, 1)
    except OSError:
        return None
