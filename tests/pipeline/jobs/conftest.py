"""A company with interviews that wait for work, and workers with engines that cost nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "actions"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shop import Shop, speech

from pipeline.store.store import Store


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> bytes:
    """Twelve seconds of a real recording as a WAV file."""
    return speech(fixtures / "recordings" / "csm-short.opus", tmp_path_factory.mktemp("speech"))


@pytest.fixture
def shop(store: Store, tmp_path: Path, spoken: bytes) -> Iterator[Shop]:
    """A shop on SQLite."""
    opened = Shop(store, f"sqlite:///{tmp_path}/db/debrief.db", str(tmp_path / "media"), tmp_path, spoken)
    yield opened
    opened.close()


@pytest.fixture
def any_shop(any_store: Store, tmp_path: Path, spoken: bytes) -> Iterator[Shop]:
    """A shop on each kind of database."""
    url = any_store.engine.url.set(drivername=any_store.engine.url.get_backend_name())
    opened = Shop(any_store, url.render_as_string(hide_password=False), str(tmp_path / "media"), tmp_path, spoken)
    yield opened
    opened.close()
