"""A store on SQLite, and on PostgreSQL where its server programs are installed."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres_server import PostgresServer

from pipeline.store.store import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy from: quicker than migrating for every test."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    Store(f"sqlite:///{path}", "memory://template").close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    """An empty store on SQLite with a local media folder."""
    (tmp_path / "db").mkdir()
    shutil.copy(migrated, tmp_path / "db" / "debrief.db")
    opened = Store(f"sqlite:///{tmp_path}/db/debrief.db", str(tmp_path / "media"), code="test")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server (started here, or DEBRIEF_TEST_POSTGRES)."""
    given = os.environ.get("DEBRIEF_TEST_POSTGRES")
    if given:
        yield given
        return
    if not (shutil.which("initdb") and shutil.which("postgres")):
        pytest.skip("needs PostgreSQL: apt-get install postgresql, or set DEBRIEF_TEST_POSTGRES")
    server = PostgresServer("fsync=off")
    yield server.url
    server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The server's URL, with an empty, migrated database ``debrief_template`` on it to copy from."""
    engine = sa.create_engine(sa.make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS debrief_template")
        connection.exec_driver_sql("CREATE DATABASE debrief_template")
    engine.dispose()
    url = sa.make_url(postgres).set(database="debrief_template").render_as_string(hide_password=False)
    Store(url, "memory://template").close()
    return postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each kind of database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "debrief.db")
        url = f"sqlite:///{tmp_path}/debrief.db"
    else:
        server = request.getfixturevalue("postgres_template")
        name = f"t{uuid.uuid4().hex[:12]}"
        engine = sa.create_engine(
            sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE debrief_template")
        engine.dispose()
        url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    opened = Store(url, str(tmp_path / "media"), code="test")
    yield opened
    opened.close()
