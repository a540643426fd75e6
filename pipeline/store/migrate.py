"""Brings a database to this version's schema, one process at a time."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pipeline.errors import StorageError
from pipeline.store.engine import transaction

HEAD = "0006"
"""The newest migration. Written out, so that an up-to-date database opens without loading Alembic; a test keeps it
right.
"""

LOCK = 7_230_114
FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Migrates to ``HEAD`` in one transaction under a lock; nothing to do is quick. StorageError for a database of a
    newer version.
    """
    with transaction(engine, reading=True) as connection:
        if _version(connection) == HEAD:
            return
    with transaction(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        version = _version(connection)  # another process may have been first
        if version == HEAD:
            return
        _run(connection, version)


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _run(connection: Connection, version: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StorageError(
            f"This database was made by a newer debrief (schema {version}).",
            "Install that version, or open another database.",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
