"""The database connection: SQLite in WAL with foreign keys on, or PostgreSQL by URL; faults become errors with a
remedy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from pipeline.errors import ConflictError, StorageError

CONNECTIONS = 20
"""Connections to SQLite that are kept for the web's threads: one opened anew begins with an empty cache."""

WAIT_SECONDS = 10.0
"""How long a writer waits for another before it gives up."""


def make_engine(url: str, *, wait_seconds: float = WAIT_SECONDS) -> Engine:
    """An engine for ``sqlite:///path`` or a PostgreSQL URL; the folder of a new SQLite file is made.

    Raises StorageError for another kind of database.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StorageError(
            f"{url} is not a database URL.", "Use sqlite:///path/debrief.db or postgresql://…"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(
                    f"{parsed.database}: its folder cannot be made.", "Choose a folder that you may write."
                ) from error
        more = (
            {} if parsed.database in (None, "", ":memory:") else {"pool_size": CONNECTIONS, "max_overflow": CONNECTIONS}
        )
        engine = sa.create_engine(parsed, connect_args={"timeout": wait_seconds}, **more)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    raise StorageError(f"{parsed.get_backend_name()} is not supported.", "Use SQLite or PostgreSQL.")


def _sqlite_connect(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # transactions begin where we say, not where the driver guesses
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # A writer takes its lock at once: two that read first and then both write would otherwise deadlock.
    reading = connection.get_execution_options().get("debrief_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction: all of it or nothing. Faults of the database come out as StorageError or ConflictError."""
    try:
        with engine.connect() as connection:
            marked = connection.execution_options(debrief_reading=reading)
            with marked.begin():
                yield marked
    except IntegrityError as error:
        raise ConflictError(
            f"The change does not fit what is stored ({_cause(error)}); nothing was written.",
            "Load it again and repeat.",
        ) from error
    except OperationalError as error:
        raise _operational(error) from error
    except DBAPIError as error:
        raise StorageError(
            f"The database refused: {_cause(error)}; nothing was written.", "See the cause and repeat."
        ) from error


def _operational(error: OperationalError) -> StorageError:
    cause = _cause(error)
    if "locked" in cause or "busy" in cause:
        return StorageError(
            "The database is busy; nothing was written.", "Wait a moment and repeat; close other writers."
        )
    if "full" in cause or "No space" in cause:
        return StorageError("The disk is full; nothing was written.", "Free some space and repeat.")
    if "readonly" in cause:
        return StorageError(
            "The database may only be read; nothing was written.", "Check the rights of its file and folder."
        )
    return StorageError(f"The database cannot be used: {cause}.", "Check that it is there, reachable and not damaged.")


def _cause(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
