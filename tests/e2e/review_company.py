"""A company behind a real server on loopback, and Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from scene import Scene
from starlette.responses import Response

from models.evidence import AnchorRef, Evidence
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn, Word
from pipeline import rubrics
from pipeline.actions import openings
from pipeline.settings import Settings
from pipeline.store.store import Store
from pipeline.web.app import create_app
from pipeline.web.auth import COOKIE, open_session
from pipeline.web.site import Site
from tests.chromium import PROGRAM

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
Opening = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, one for a module."""
    if PROGRAM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    expect.set_options(timeout=30_000)  # a busy machine is no fault of the page
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy from: quicker than migrating for every test."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    Store(f"sqlite:///{path}", "memory://template").close()
    return path


@pytest.fixture
def store(tmp_path: Path, empty: Path) -> Iterator[Store]:
    """A fresh store on SQLite."""
    shutil.copy(empty, tmp_path / "debrief.db")
    found = Store(f"sqlite:///{tmp_path}/debrief.db", str(tmp_path / "media"), code="test")
    yield found
    found.close()


@pytest.fixture
def company(store: Store) -> Scene:
    """The scene's people with the bundled rubric."""
    return Scene(store, rubrics.load("csm-2-5y"))


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    """What the server serves."""
    return Site(store=store, settings=Settings(data=tmp_path, cache=tmp_path / "cache"))


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The address of a running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(site), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def open_as(browser: Browser, company: Scene, site: Site, address: str) -> Iterator[Opening]:
    """Opens a page as one of the company's people; a fault in a script or a refused script fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def act(name: str, path: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(90_000)
        token = open_session(site, Response(), company.people[name])
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(address + path)
        return page

    yield act
    for context in contexts:
        context.close()
    assert faults == [], faults


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], bytes]:
    """Keeps what a page shows, in the folder DEBRIEF_PICTURES where that is set."""

    def act(page: Page, name: str) -> bytes:
        folder = Path(os.environ.get("DEBRIEF_PICTURES") or tmp_path)
        folder.mkdir(parents=True, exist_ok=True)
        return page.screenshot(path=folder / f"{name}.png")

    return act


@pytest.fixture
def recorded(company: Scene, fixtures: Path) -> str:
    """The id of an interview with the bundled short recording, its words, and drafts made up for it."""
    talk = json.loads((fixtures / "recordings" / "csm-short.json").read_text())
    with (fixtures / "recordings" / "csm-short.opus").open("rb") as file:
        held = openings.attach_recording(company.desk("ann"), company.interview.id, file, company.interview.version)
    company.analyse(held, short_analysis(talk, company.rubric, held.recording or ""))
    return held.id


def short_analysis(talk: dict[str, Any], rubric: Rubric, sha256: str) -> Analysis:
    """The analysis of the short recording: reference words, and a draft of level 4 with one quote on data."""
    blocks = {t: part["question"] for part in talk["segments"] for t in part["turns"]}
    turns = tuple(
        Turn(
            t=turn["t"], speaker=turn["speaker"], role=talk["roles"][turn["speaker"]], start=turn["start"], end=turn["end"],
            text=turn["text"], words=tuple(Word(w, a, b, 0.3 if w == "logins," else 0.95) for w, a, b in turn["words"]),
            question=blocks[turn["t"]], kind="question" if turn["t"] == 0 else "probe" if turn["t"] == 2 else "closing" if turn["t"] == 4 else "answer",
        )
        for turn in talk["turns"]
    )  # fmt: skip
    said = turns[1]
    words = said.words[-8:]
    quote = said.text[said.text.index(words[0].text) :] if said.text.count(words[0].text) == 1 else said.text
    drafts = tuple(
        DraftScore(
            competency=c.id, score=4, value=4.2, plausible=(3, 5), confidence=0.6, rationale="One quote speaks for it.",
            evidence=(
                Evidence(turn=1, quote=quote, start=words[0].start, end=words[-1].end, polarity="+", pull=0.6,
                         anchor=AnchorRef(level="5", text=c.anchors["5"]), similarity=0.5),
            ),
        )
        if c.id == "data-driven-decision-making"
        else DraftScore(
            competency=c.id, score=None, value=None, plausible=None, confidence=0.0, rationale="Nothing speaks to it."
        )
        for c in rubric.competencies
    )  # fmt: skip
    return Analysis(
        source=Source(name="csm-short.opus", sha256=sha256, duration_s=31.0),
        engines=Engines(transcriber="t", diarizer="d", embedder="e", scorer="s"),
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        quality=Quality(grade="good"), turns=turns, answers=(), not_covered=(), drafts=drafts,
    )  # fmt: skip
