"""A served site that works on recordings with the real engines: for tests that go from a file to a review."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext
from scene import Scene
from starlette.responses import Response

from pipeline import rubrics, wiring
from pipeline.settings import Settings
from pipeline.web.app import create_app
from pipeline.web.auth import COOKIE, open_session
from pipeline.web.site import Site

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Served:
    """A site on a port of this machine, with the small company of ``scene`` at work in it."""

    site: Site
    scene: Scene
    url: str
    browser: Browser
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    windows: list[BrowserContext] = field(default_factory=list)

    def sign_in(self, name: str) -> BrowserContext:
        """A browser window of its own for a person."""
        window = self.browser.new_context()
        self.windows.append(window)
        token = open_session(self.site, Response(), self.scene.people[name])
        window.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        window.set_default_timeout(90_000)
        return window

    def hire(self) -> None:
        """Starts a worker with the real engines; it ends with the test."""
        settings = self.site.settings
        told = {"DEBRIEF_DATA": str(settings.data), "DEBRIEF_CACHE": str(settings.cache), "DEBRIEF_THREADS": "2"}
        command = [sys.executable, "-m", "pipeline.cli.main", "worker", "--one"]
        with (settings.data / "worker.log").open("wb") as log:
            self.workers.append(
                subprocess.Popen(
                    command, cwd=ROOT, env={**os.environ, **told}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            )


@contextmanager
def serving(folder: Path, browser: Browser) -> Iterator[Served]:
    """The site, served until the block ends; its data lie in ``folder``."""
    settings = Settings(data=folder, cache=Settings().cache)
    store = wiring.open_store(settings)
    work = wiring.open_work(settings, store)
    site = Site(store=store, settings=settings, work=work)
    with socket.create_server(("127.0.0.1", 0)) as door:
        config = uvicorn.Config(create_app(site), log_level="warning", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        found = Served(site, Scene(store, rubrics.load("csm-2-5y")), url, browser)
        try:
            yield found
        finally:
            for window in found.windows:
                window.close()
            for worker in found.workers:
                worker.terminate()
                worker.wait(30)
            server.should_exit = server.force_exit = True
            thread.join(20)
            work.close()
            store.close()
