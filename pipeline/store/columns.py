"""Kinds of columns that the tables share, and the one collection of tables that migrations compare with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from pipeline.errors import UsageError


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which forgets zones, gets it back on reading. A moment without a zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        if value is not None and value.tzinfo is None:
            raise UsageError(
                "A time without a zone cannot be stored.", "Give times with their zone, such as 10:00+01:00."
            )
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity(name: str = "id") -> sa.Column[str]:
    """A record's id, its primary key."""
    return sa.Column(name, sa.String(64), primary_key=True)


def ref(name: str, target: str, *, index: bool = True, nullable: bool = False, **more: Any) -> sa.Column[str]:
    """A reference to another record."""
    return sa.Column(name, sa.String(64), sa.ForeignKey(target, **more), nullable=nullable, index=index)


def text(name: str, default: str = "") -> sa.Column[str]:
    """Words, empty unless given."""
    return sa.Column(name, sa.Text, nullable=False, default=default, server_default=default)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    """A moment in UTC."""
    return sa.Column(name, Moment, nullable=nullable)


def scale(column: str, name: str) -> sa.CheckConstraint:
    """The constraint that a level is empty or 1 to 5."""
    return sa.CheckConstraint(f"{column} IS NULL OR ({column} >= 1 AND {column} <= 5)", name=name)
