"""The store: one database and one media folder, opened together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store import tables
from pipeline.store.engine import WAIT_SECONDS, make_engine, transaction
from pipeline.store.media import MediaStore
from pipeline.store.migrate import upgrade
from pipeline.store.tables import secret


class Store:
    """Opens (and where needed migrates) the database at ``url`` and the media at ``media_url`` (any fsspec URL)."""

    def __init__(self, url: str, media_url: str, *, code: str = "", wait_seconds: float = WAIT_SECONDS) -> None:
        self.engine = make_engine(url, wait_seconds=wait_seconds)
        self.code = code
        upgrade(self.engine)
        self._media_url = media_url
        self._media: MediaStore | None = None
        self.finish_deletions()

    @property
    def media(self) -> MediaStore:
        """The media folder, opened when it is first asked for."""
        if self._media is None:
            self._media = MediaStore(self._media_url)
        return self._media

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: all of it or nothing."""
        with transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; writes are not meant here."""
        with transaction(self.engine, reading=True) as connection:
            yield connection

    def finish_deletions(self) -> None:
        """Removes the bytes that deletions have doomed, unless an interview has come to use them again."""
        doomed = tables.doomed_media
        with self.read() as c:
            if c.execute(sa.select(doomed.c.sha256).limit(1)).first() is None:
                return
        # The writing lock is held meanwhile, so that nobody attaches bytes that are just going.
        with self.write() as c:
            for sha256 in c.execute(sa.select(doomed.c.sha256)).scalars().all():
                if not self.in_use(c, sha256):
                    self.media.delete(sha256)
                c.execute(sa.delete(doomed).where(doomed.c.sha256 == sha256))

    def in_use(self, connection: Connection, sha256: str) -> bool:
        """Whether an interview or a complete upload needs the bytes of that hash."""
        held = sa.select(tables.interview.c.id).where(tables.interview.c.recording == sha256).limit(1)
        sent = sa.select(tables.upload.c.id).where(
            tables.upload.c.sha256 == sha256, tables.upload.c.state == "complete"
        )
        return any(connection.execute(query).first() is not None for query in (held, sent.limit(1)))

    def doom(self, connection: Connection, sha256: str) -> bool:
        """Notes bytes to be removed by :meth:`finish_deletions`, unless something needs them; says whether it did."""
        if self.in_use(connection, sha256):
            return False
        connection.execute(sa.delete(tables.doomed_media).where(tables.doomed_media.c.sha256 == sha256))
        connection.execute(sa.insert(tables.doomed_media).values(sha256=sha256))
        return True

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()


def signing_key(connection: Connection) -> str:
    """This installation's key for receipts and hooks, made when it is first needed."""
    found = connection.execute(sa.select(secret.c.value).where(secret.c.name == "signing")).scalar()
    if found is None:
        found = secrets.token_hex(32)
        connection.execute(sa.insert(secret).values(name="signing", value=found))
    return str(found)
