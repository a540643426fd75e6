"""Chromium and a served site, for tests that take the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM
from playwright.sync_api import Browser, sync_playwright
from served import Served, serving

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, one for a module: two at once would not go together in one process."""
    if PROGRAM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def served(tmp_path: Path, browser: Browser) -> Iterator[Served]:
    """A site with the small company at work in it, and workers to hire."""
    with serving(tmp_path / "data", browser) as site:
        yield site
