"""The engine's system database: SQLite beside ours or a schema in the same PostgreSQL; quiet, and without any network of its own."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import StorageError

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

APPLICATION = "debrief"
QUEUE, WORKFLOW = "interviews", "interview"
POOL = 5


def database_beside(database: str) -> str:
    """Where the engine keeps its state: ``work.db`` beside a SQLite file, or the same PostgreSQL database (schema ``dbos``)."""
    url = sa.make_url(database)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StorageError("Work needs a database file.", "Use sqlite:///path/debrief.db or postgresql://…")
        return f"sqlite:///{Path(url.database).with_name('work.db')}"
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def hush() -> None:
    """Keeps the engine's log off the terminal: it carries workflow ids and errors, and ours says what a person needs."""
    log = logging.getLogger("dbos")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.setLevel(logging.CRITICAL)


def prepare(database: str) -> None:
    """Makes the tables where they are absent; StorageError where the database cannot be used."""
    from dbos import DBOS

    hush()
    try:
        path = sa.make_url(database).database
        if database.startswith("sqlite") and path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(path, timeout=30) as raw:
                raw.execute(
                    "PRAGMA journal_mode=WAL"
                )  # kept in the file: readers and the writer do not wait for each other
            raw.close()
        DBOS.migrate(database)
    except (OSError, sqlite3.Error, sa.exc.DBAPIError) as error:
        raise StorageError(
            "The queue's database cannot be used.", "Check that it is there, reachable and not damaged: debrief doctor."
        ) from error


def client(database: str) -> DBOSClient:
    """A client of the queue, with the queue registered; loses no time on a database that is away, but says so."""
    from dbos import DBOSClient

    prepare(database)
    made = DBOSClient(
        system_database_url=database,
        application_name=APPLICATION,
        system_database_pool_size=POOL,
        retry_connection_errors=False,
    )
    register_queue(made)
    return made


def register_queue(made: DBOSClient) -> None:
    """One queue; each worker holds one interview at a time, because the engines use the cores they are given."""
    made.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=1.0, on_conflict="never_update")


def config(database: str, executor: str, version: str) -> DBOSConfig:
    """How a worker opens the engine: its own id, a pinned version, no telemetry, no console of anybody else."""
    return {
        "name": APPLICATION,
        "system_database_url": database,
        "application_version": version,
        "executor_id": executor,
        "enable_otlp": False,
        "log_level": "CRITICAL",
        "run_migrations": True,
        "sys_db_pool_size": POOL,
    }


def workflows_of(made: DBOSClient, interview: str) -> tuple[str, ...]:
    """The ids of all workflows of an interview."""
    found = made.list_workflows(workflow_id_prefix=f"{interview}.", load_input=False, load_output=False)
    return tuple(status.workflow_id for status in found)


def forget_engines(engines: Any) -> None:
    """Empties what loaded engines remember of talks, without loading any."""
    for engine in vars(engines).values():
        drop = getattr(engine, "forget", None)
        if callable(drop):
            drop()
