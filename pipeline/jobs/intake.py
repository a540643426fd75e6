"""How recordings come in: pieces kept beside the database until they are whole, looked into, stored, attached and queued."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from models._base import Noun
from models.job import Interview
from models.upload import Upload
from pipeline.actions import enrolling, uploading
from pipeline.actions.deleting import Forget, Traces
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, DebriefError, NotFoundError, SourceError, StorageError, UsageError
from pipeline.jobs.probing import HEAD, Probe, analysed_as, plain_name, probe_apart
from pipeline.jobs.work import Work
from pipeline.store import work as stored
from pipeline.store.store import Store

PIECE = 8 << 20
"""The largest piece in bytes."""

RESERVE = 200 << 20
"""Bytes of the disk that uploads leave free, for the database and for everybody else."""

KEPT_SECONDS = 7 * 86400.0
"""An upload that nobody goes on with is kept for so long."""

Look = Callable[[Path, str], Probe]


class Arrival(Noun):
    """A file that came in whole: which interview it became the recording of, and whether work on it is queued."""

    upload: str
    interview: str
    name: str
    queued: bool


class Already(Noun):
    """The very same recording is here already, at an interview that the person may read."""

    interview: str
    candidate: str


class Intake:
    """Files on their way into one installation. ``folder`` holds their pieces, each under its upload's random id.

    ``work`` None: what comes in is kept, and nobody analyses it.
    """

    def __init__(self, folder: Path, work: Work | None, *, look: Look = probe_apart) -> None:
        self._folder = folder
        self._work = work
        self._look = look

    @property
    def forgetters(self) -> tuple[Forget, ...]:
        """What forgets a deleted talk outside the database: pieces here, and the work's queue, artefacts and caches."""
        return (self.forget,) if self._work is None else (self.forget, self._work.forget_traces)

    def begin(self, desk: Desk, interview_id: str, name: str, size: int, sha256: str | None = None) -> Upload:
        """A new upload for an interview whose candidate has consented, or the unfinished one of the same file.

        StorageError where the disk has no room for it.
        """
        if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
            raise UsageError("That is not a sha256.", "Send 64 hexadecimal digits, or none.")
        plain = plain_name(name)
        if size == 0:
            raise SourceError(f"{plain}: the file is empty (0 bytes).", "Export or download the recording again.")
        if size > uploading.LARGEST:
            raise SourceError(f"{plain}: is larger than 2 GB.", "Export the sound alone, or compress the recording.")
        self.sweep(desk.store)
        upload = uploading.begin(desk, plain, size, sha256=sha256, interview_id=interview_id)
        with _disk(plain):
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._part(upload.id)
            if part.exists() and part.stat().st_size >= upload.received:
                return upload
            if upload.received:  # what had arrived is gone: begin anew
                uploading.fail(desk, upload.id, "its pieces were lost")
                upload = uploading.begin(desk, plain, size, sha256=sha256, interview_id=interview_id)
                part = self._part(upload.id)
            part.touch(mode=0o600)
        if shutil.disk_usage(self._folder).free < 2 * size + RESERVE:
            self.discard(desk, upload.id)
            raise StorageError(
                f"{plain}: there is no room for it on the server's disk.", "Tell your admin; try it later."
            )
        return upload

    def already(self, desk: Desk, interview_id: str, sha256: str) -> Already | None:
        """Where this recording is already, unless that is the interview itself."""
        there = uploading.already_here(desk, sha256)
        if there is None or there.id == interview_id:
            return None
        return Already(interview=there.id, candidate=there.candidate)

    def twin(self, desk: Desk, stream: IO[bytes], interview_id: str = "") -> Already | None:
        """Where the recording in this stream is already, unless that is the interview itself; the stream is read from its start."""
        stream.seek(0)
        digest = hashlib.sha256()
        while data := stream.read(PIECE):
            digest.update(data)
        return self.already(desk, interview_id, digest.hexdigest())

    def piece(self, desk: Desk, upload_id: str, at: int, data: bytes) -> Upload:
        """Keeps the next piece; one that is here already changes nothing. UsageError for one that leaves a gap."""
        upload = uploading.get(desk, upload_id)
        end = at + len(data)
        if upload.state != "receiving":
            raise ConflictError("This upload is finished.", "Begin a new one.")
        if not 0 < len(data) <= PIECE or at < 0 or end > upload.size or at > upload.received:
            raise UsageError("This piece does not belong to the upload.", "Ask how far it is, and go on from there.")
        if end <= upload.received:
            return upload
        part = self._part(upload_id)
        with _disk(upload.name):
            if not part.exists() or part.stat().st_size < upload.received:
                uploading.fail(desk, upload_id, "its pieces were lost")
                raise ConflictError("The pieces of this upload were lost.", "Upload the file again.")
            with part.open("r+b") as out:
                out.seek(at)
                out.write(data)
        return uploading.received(desk, upload_id, upload.received, end)

    def finish(self, desk: Desk, upload_id: str, vocabulary: Sequence[str] = ()) -> Arrival:
        """Looks into the whole file, makes it the interview's recording and queues the work.

        SourceError for what cannot be used: then nothing of it is kept. Asked again after a fault it goes on where it stopped.
        """
        upload = uploading.get(desk, upload_id)
        if upload.interview is None:
            raise ConflictError("This upload belongs to no interview.", "Upload the file again from the Upload page.")
        if upload.state == "failed":
            raise SourceError(f"{upload.name}: {upload.cause}.", "Upload it again.")
        if upload.state == "receiving":
            if upload.received != upload.size:
                raise ConflictError("Not everything has arrived yet.", "Ask how far it is, and go on from there.")
            self._store(desk, upload)
        upload = uploading.get(desk, upload_id)
        held = enrolling.interview(desk, str(upload.interview))
        if held.recording != upload.sha256:
            held = uploading.attach(desk, upload_id, held.id, held.version)
        with desk.store.media.open(str(upload.sha256)) as stream:
            name = analysed_as(upload.name, stream.read(HEAD))
        return Arrival(upload=upload_id, interview=held.id, name=name, queued=self._submit(held, name, vocabulary))

    def whole(
        self, desk: Desk, interview_id: str, name: str, stream: IO[bytes], vocabulary: Sequence[str] = ()
    ) -> Arrival:
        """A file that came in one piece, as forms without script send it."""
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        upload = self.begin(desk, interview_id, name, size)
        stream.seek(upload.received)
        at = upload.received
        while data := stream.read(PIECE):
            upload = self.piece(desk, upload.id, at, data)
            at += len(data)
        return self.finish(desk, upload.id, vocabulary)

    def discard(self, desk: Desk, upload_id: str) -> None:
        """Gives an unfinished upload up, with its pieces."""
        uploading.discard(desk, upload_id)
        self._part(upload_id).unlink(missing_ok=True)

    def unfinished(self, desk: Desk) -> tuple[Upload, ...]:
        """One's own uploads that can go on."""
        return tuple(u for u in uploading.uploads(desk) if u.state == "receiving" and self._part(u.id).exists())

    def retry(self, desk: Desk, interview_id: str) -> None:
        """Queues failed or cancelled work on an interview again."""
        self._ours(desk, interview_id)
        if self._work is None:
            raise StorageError("No worker is configured here.", "Start debrief with its worker.")
        if self._work.states([interview_id]):
            self._work.retry(interview_id)
        else:
            self._work.submit(interview_id, priority="now")

    def cancel(self, desk: Desk, interview_id: str) -> None:
        """Takes an interview out of the queue, or stops the work on it before its next step."""
        self._ours(desk, interview_id)
        if self._work is not None:
            self._work.cancel(interview_id)

    def forget(self, traces: Traces) -> tuple[str, ...]:
        """Removes the pieces of an interview's uploads, as deletion asks; names them by id."""
        gone = [key for key in traces.uploads if self._part(key).exists()]
        for key in gone:
            self._part(key).unlink(missing_ok=True)
        return tuple(gone)

    def sweep(self, store: Store) -> int:
        """Removes pieces of uploads that are finished, deleted, or left alone for a week; returns how many."""
        removed = 0
        for part in self._parts():
            with _disk("An upload"), suppress(FileNotFoundError):
                if self._wanted(store, part):
                    continue
                part.unlink()
                removed += 1
        return removed

    def _wanted(self, store: Store, part: Path) -> bool:
        """Whether an upload may still go on with its pieces; one that was left alone for a week is given up."""
        old = time.time() - part.stat().st_mtime > KEPT_SECONDS
        with store.write() as c:
            try:
                upload = stored.get_upload(c, part.name)
            except NotFoundError:
                return False
            if old and upload.state == "receiving":
                given_up = upload.model_copy(update={"state": "failed", "cause": "nobody went on with it for a week"})
                stored.update_upload(c, given_up, upload.received)
            return upload.state == "receiving" and not old

    def _store(self, desk: Desk, upload: Upload) -> None:
        """The whole file into the media store, where it can be used."""
        part = self._part(upload.id)
        try:
            self._look(part, upload.name)
            with _disk(upload.name), part.open("rb") as stream:
                uploading.complete(desk, upload.id, stream)
        except SourceError as error:
            if uploading.get(desk, upload.id).state == "receiving":
                uploading.fail(desk, upload.id, error.message.removeprefix(f"{upload.name}: ").rstrip("."))
            part.unlink(missing_ok=True)
            raise
        part.unlink(missing_ok=True)

    def _submit(self, held: Interview, name: str, vocabulary: Sequence[str]) -> bool:
        if self._work is None:
            return False
        self._work.submit(held.id, vocabulary=vocabulary, priority="now", name=name)
        return True

    def _ours(self, desk: Desk, interview_id: str) -> None:
        held = enrolling.interview(desk, interview_id)
        with desk.store.read() as c:
            desk.require(c, "upload", held)

    def _parts(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if re.fullmatch("[0-9a-f]{32}", path.name))

    def _part(self, upload_id: str) -> Path:
        if not re.fullmatch("[0-9a-f]{32}", upload_id):
            raise NotFoundError("There is no such upload.", "Check the id; it may have been deleted.")
        return self._folder / upload_id


@contextmanager
def _disk(name: str) -> Iterator[None]:
    """Turns a full or broken disk into a StorageError that says what to do."""
    try:
        yield
    except DebriefError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"{name}: the server's disk is full.", "Tell your admin, then go on: what has arrived is kept."
            ) from error
        raise StorageError(
            f"{name}: cannot be kept ({error.strerror or type(error).__name__}).", "Tell your admin, then go on."
        ) from error
