"""A whole site in memory's reach: a fresh store, a person with every role, and clients that are signed in as anyone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from scene import Scene
from starlette.responses import Response
from web_scene import WebScene

from models.user import User
from pipeline.actions import people
from pipeline.settings import Settings
from pipeline.store.store import Store
from pipeline.web import passwords
from pipeline.web.app import create_app
from pipeline.web.auth import COOKIE, csrf_of, open_session
from pipeline.web.site import Site


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes with little work, so that tests are about something else."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))


@pytest.fixture
def site(tmp_path: Path, migrated: Path) -> Iterator[Site]:
    shutil.copy(migrated, tmp_path / "debrief.db")
    store = Store(f"sqlite:///{tmp_path}/debrief.db", str(tmp_path / "media"), code="test")
    yield Site(store=store, settings=Settings(data=tmp_path, cache=tmp_path / "cache"))
    store.close()


@pytest.fixture
def owner(site: Site) -> User:
    return people.first_user(site.store, "Olu Owner", "olu@example.org")


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site), base_url="http://localhost", raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def sign_in(client: TestClient, site: Site) -> Callable[[User], TestClient]:
    """Signs a person in on the client; their changes carry the session's token by themselves."""

    def act(user: User) -> TestClient:
        token = open_session(site, Response(), user)
        client.cookies.set(COOKIE, token, domain="localhost.local")
        client.headers["X-CSRF-Token"] = csrf_of(token)
        return client

    return act


@pytest.fixture
def office(site: Site) -> WebScene:
    """The small company at work on the site's store."""
    return WebScene(site.store)


@pytest.fixture
def come_in(office: WebScene, sign_in: Callable[[User], TestClient]) -> Callable[[str], TestClient]:
    """The client, signed in as one of the company: admin, lead, ann, bob, eve or aud."""
    return lambda name: sign_in(office.people[name])


@pytest.fixture
def scene(site: Site) -> Scene:
    """The scene of the actions' tests on the site's store."""
    return Scene(site.store)


@pytest.fixture
def as_(scene: Scene, sign_in: Callable[[User], TestClient]) -> Callable[[str], TestClient]:
    """The client, signed in as one of the scene: admin, lead, ann, bob, eve or aud."""
    return lambda name: sign_in(scene.people[name])
