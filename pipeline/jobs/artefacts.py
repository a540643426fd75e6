"""What the steps of an interview's work made: files by content under ``artefacts/<interview>/`` beside the recordings."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import NotFoundError, StorageError, UsageError

PIECE = 1 << 20
AWAY = ("botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec")
"""Packages whose faults mean that a bucket cannot be reached or refuses."""


class Artefacts:
    """Files of a folder or bucket (any fsspec URL). One folder an interview, so that forgetting is one removal.

    A reference is the sha256 of the content and is checked when it is read. ``made`` remembers under the key of a step's inputs what
    the step made of them, so that the same step on the same inputs is not done twice.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self._url = url
        self._files, self._root = fsspec.core.url_to_fs(url.rstrip("/") + "/artefacts")
        self._local = "file" in _protocols(self._files)

    def put(self, interview: str, data: bytes) -> str:
        """Stores the bytes and returns their sha256."""
        sha256 = hashlib.sha256(data).hexdigest()
        with away("The step's result"):
            path = self._path(interview, sha256)
            if not self._whole(path, len(data)):
                self._write(path, data)
        return sha256

    def put_file(self, interview: str, file: Path) -> str:
        """Stores a local file and returns its sha256; never holds it in memory."""
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
        sha256 = digest.hexdigest()
        with away("The step's result"):
            path = self._path(interview, sha256)
            if not self._whole(path, file.stat().st_size):
                self._upload(file, path)
        return sha256

    def get(self, interview: str, sha256: str) -> bytes:
        """The bytes of a reference; NotFoundError where they are gone, StorageError where they are not what was stored."""
        with away("The result of an earlier step"):
            try:
                data = bytes(self._files.cat_file(self._path(interview, sha256)))
            except FileNotFoundError:
                raise NotFoundError(
                    "The result of an earlier step is not there any more.", "Start the work again: debrief work retry."
                ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StorageError("The result of an earlier step is damaged.", "Start the work again: debrief work retry.")
        return data

    def has(self, interview: str, sha256: str) -> bool:
        """Whether the bytes of a reference are here."""
        with away("The result of an earlier step"):
            return bool(self._files.exists(self._path(interview, sha256)))

    def drop(self, interview: str, sha256: str) -> None:
        """Removes what is needed no longer; it may be gone already."""
        with away("The result of an earlier step"):
            path = self._path(interview, sha256)
            if self._files.exists(path):
                self._files.rm(path)

    def remember(self, interview: str, key: str, sha256: str) -> None:
        """What a step made of these inputs."""
        with away("The step's result"):
            self._write(self._made(interview, key), sha256.encode())

    def made(self, interview: str, key: str) -> str | None:
        """What the step made of these inputs before; None where it did not, or where that is gone."""
        with away("The result of an earlier step"):
            path = self._made(interview, key)
            try:
                sha256 = bytes(self._files.cat_file(path)).decode()
            except FileNotFoundError:
                return None
        return sha256 if re.fullmatch("[0-9a-f]{64}", sha256) and self.has(interview, sha256) else None

    def forget(self, interview: str) -> tuple[str, ...]:
        """Removes everything of an interview and names it by hash."""
        with away("The results of an interview's work"):
            self._files.invalidate_cache()
            folder = self._folder(interview)
            found = self._files.find(folder) if self._files.exists(folder) else []
            if found:
                self._files.rm(folder, recursive=True)
        return tuple(sorted(path.rsplit("/", 1)[-1] for path in found))

    def interviews(self) -> tuple[str, ...]:
        """The interviews of which anything is kept."""
        with away("The results of earlier work"):
            self._files.invalidate_cache()
            found = self._files.ls(self._root, detail=False) if self._files.exists(self._root) else []
        return tuple(sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found))

    def size(self, interview: str) -> int:
        """Bytes kept for an interview."""
        with away("The results of an interview's work"):
            self._files.invalidate_cache()
            folder = self._folder(interview)
            return int(self._files.du(folder)) if self._files.exists(folder) else 0

    def _folder(self, interview: str) -> str:
        if not re.fullmatch("[0-9A-Za-z_-]{1,64}", interview):
            raise UsageError("That is not an interview's id.", "Use the id that creating it returned.")
        return f"{self._root}/{interview}"

    def _path(self, interview: str, sha256: str) -> str:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise UsageError("That is not a sha256.", "Use the hash that storing returned.")
        return f"{self._folder(interview)}/{sha256}"

    def _made(self, interview: str, key: str) -> str:
        return f"{self._folder(interview)}/made/{key}"

    def _whole(self, path: str, size: int) -> bool:
        """Whether that many bytes lie there already; a write that broke off leaves fewer."""
        return bool(self._files.exists(path)) and int(self._files.size(path)) == size

    def _write(self, path: str, data: bytes) -> None:
        if not self._local:  # a bucket shows an object when it is whole
            self._files.pipe_file(path, data)
            return
        part = Path(f"{path}.{uuid.uuid4().hex}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _upload(self, file: Path, path: str) -> None:
        if not self._local:
            self._files.put_file(str(file), path)
            return
        part = Path(f"{path}.{uuid.uuid4().hex}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("rb") as stream, part.open("wb") as out:
                while piece := stream.read(PIECE):
                    out.write(piece)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise


@contextmanager
def away(what: str) -> Iterator[None]:
    """Turns a full disk or a bucket that is away into a StorageError; every other fault passes."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(f"{what} is not there.", "Start the work again: debrief work retry.") from error
    except OSError as error:
        raise StorageError(
            f"{what} cannot be stored or read: {error.strerror or type(error).__name__}.",
            "Free some space, check the folder or bucket (debrief doctor), then: debrief work retry.",
        ) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] in AWAY:
            raise StorageError(
                f"The bucket cannot be reached or refuses ({type(error).__name__}).",
                "Check the bucket (debrief doctor), then: debrief work retry.",
            ) from error
        raise


def _protocols(files: object) -> tuple[str, ...]:
    named = getattr(files, "protocol", ())
    return (named,) if isinstance(named, str) else tuple(named)
