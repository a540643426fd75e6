"""A worker with engines that cost nothing, for tests to kill: ``fake_worker.py '{"database": …, "media": …, "folder": …}'``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fakes import FakeEngines, Trouble

from pipeline.jobs.system import database_beside
from pipeline.jobs.work import Work
from pipeline.store.store import Store


def work_on(settings: dict) -> Work:
    """The work that the settings name."""
    store = Store(settings["database"], settings["media"], code="test")
    engines = FakeEngines(
        Path(settings["folder"]), settings.get("engines", "1"), Trouble(**settings.get("trouble", {}))
    )
    return Work(
        store, engines, database=database_beside(settings["database"]), media=settings["media"],
        version=settings.get("version", "test"),
    )  # fmt: skip


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    work_on(given).run(**given.get("options", {}))
