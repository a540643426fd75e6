"""Recordings and other files by the hash of their bytes, in a folder or a bucket (any fsspec URL)."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from pipeline.errors import NotFoundError, StorageError, UsageError

PIECE = 1 << 20


class MediaStore:
    """A content-addressed folder: what goes in comes out under its sha256, the same bytes are kept once."""

    def __init__(self, url: str) -> None:
        import fsspec

        self._files, self._root = fsspec.core.url_to_fs(url)

    def put(self, stream: IO[bytes]) -> str:
        """Stores the stream and returns its sha256. A write that breaks off leaves nothing under a hash."""
        part = f"{self._root}/parts/{uuid.uuid4().hex}"
        digest = hashlib.sha256()
        try:
            self._files.makedirs(f"{self._root}/parts", exist_ok=True)
            with self._files.open(part, "wb") as out:
                while piece := stream.read(PIECE):
                    digest.update(piece)
                    out.write(piece)
            target = self._path(digest.hexdigest())
            if self._files.exists(target):
                self._files.rm(part)
            else:
                self._files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                self._files.mv(part, target)
        except OSError as error:
            if self._files.exists(part):
                self._files.rm(part)
            raise StorageError(
                f"The file cannot be stored: {error.strerror or error}.", "Check space and rights, repeat."
            ) from error
        return digest.hexdigest()

    @contextmanager
    def open(self, sha256: str) -> Iterator[IO[bytes]]:
        """The stored bytes as a stream; NotFoundError where there are none."""
        path = self._path(sha256)
        if not self._files.exists(path):
            raise NotFoundError("There is no stored file with this hash.", "It may have been deleted.")
        with self._files.open(path, "rb") as stream:
            yield stream

    def size(self, sha256: str) -> int:
        """How many bytes are stored under that hash; NotFoundError where there are none."""
        try:
            return int(self._files.size(self._path(sha256)))
        except FileNotFoundError:
            raise NotFoundError("There is no stored file with this hash.", "It may have been deleted.") from None

    def exists(self, sha256: str) -> bool:
        """Whether the bytes of that hash are here."""
        return bool(self._files.exists(self._path(sha256)))

    def delete(self, sha256: str) -> bool:
        """Removes the bytes of that hash; False where there were none."""
        path = self._path(sha256)
        if not self._files.exists(path):
            return False
        self._files.rm(path)
        return True

    def sweep(self) -> int:
        """Removes what broken-off writes left behind and returns how many. Call it when nothing is being written."""
        left: list[Any] = (
            self._files.ls(f"{self._root}/parts", detail=False) if self._files.exists(f"{self._root}/parts") else []
        )
        for part in left:
            self._files.rm(part)
        return len(left)

    def hashes(self) -> tuple[str, ...]:
        """The hashes of everything stored, sorted."""
        found = self._files.find(self._root) if self._files.exists(self._root) else []
        return tuple(sorted(name for path in found if re.fullmatch("[0-9a-f]{64}", name := path.rsplit("/", 1)[-1])))

    def _path(self, sha256: str) -> str:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise UsageError("That is not a sha256.", "Use the hash that storing returned.")
        return f"{self._root}/{sha256[:2]}/{sha256}"
