"""A worker with engines that cost nothing, for tests to kill: ``fake_worker.py '{"database": …, "media": …, "folder": …}'``."""

from __future__ import annotations

import json
import sys
import time
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
        version=settings.get("version", "test"), hook=settings.get("hook", ""),
    )  # fmt: skip


def hold(stages: list[str], seconds: float) -> None:
    """Makes those steps wait before and after what they do, so that a killer finds them."""
    from pipeline.jobs.steps import Steps

    def held(do):
        def run(*words: object) -> object:
            time.sleep(seconds)
            made = do(*words)
            time.sleep(seconds)
            return made

        return run

    for stage in stages:
        setattr(Steps, stage, held(getattr(Steps, stage)))


def jump(seconds: float) -> None:
    """The clock jumps by so much three seconds after the start."""
    real, began = time.time, time.monotonic()
    time.time = lambda: real() + (seconds if time.monotonic() - began > 3 else 0)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if "hold" in given:
        hold(*given["hold"])
    if "jump" in given:
        jump(given["jump"])
    work_on(given).run(**given.get("options", {}))
