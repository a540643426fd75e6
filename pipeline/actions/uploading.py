"""Uploads in pieces: begun, going on where they stopped, complete with the right hash, attached to an interview.

The bytes that have not all arrived are kept by the caller; what is complete goes to the media store.
"""

from __future__ import annotations

from typing import IO

from sqlalchemy.engine import Connection

from models.job import Interview
from models.upload import Upload
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError, SourceError, UsageError
from pipeline.judgement.permissions import TABLE
from pipeline.store import interviews
from pipeline.store import work as stored

LARGEST = 2 * 1024**3
"""The largest upload in bytes."""


def begin(desk: Desk, name: str, size: int, *, sha256: str | None = None, interview_id: str | None = None) -> Upload:
    """A new upload of that many bytes, or the same person's unfinished one of the same name, size and announced hash.

    ``interview_id``: what it belongs to, where that is known already; the candidate must have consented.
    """
    if not 0 < size <= LARGEST:
        raise UsageError(f"{name}: a file holds 1 byte to 2 GB.", "Cut the recording, or compress it.")
    now = desk.clock()
    with desk.store.write() as c:
        _may_upload(desk, c, interview_id)
        for known in stored.uploads(c, person=desk.actor):
            same = (known.name, known.size, known.interview) == (name, size, interview_id)
            if known.state == "receiving" and same and known.sha256 == sha256:
                return known
        upload = Upload(
            id=new_id(), person=desk.actor, interview=interview_id, name=name, size=size, sha256=sha256, created_at=now,
            updated_at=now,
        )  # fmt: skip
        stored.add_upload(c, upload)
    return upload


def received(desk: Desk, upload_id: str, before: int, after: int) -> Upload:
    """Notes that bytes ``before`` to ``after`` have arrived; ConflictError where another piece came first."""
    with desk.store.write() as c:
        upload = _own(desk, c, upload_id)
        if upload.state != "receiving" or not before < after <= upload.size:
            raise UsageError("This piece does not belong to the upload.", "Ask how far it is, and go on from there.")
        grown = upload.model_copy(update={"received": after, "updated_at": desk.clock()})
        stored.update_upload(c, grown, before)
    return grown


def complete(desk: Desk, upload_id: str, stream: IO[bytes]) -> Upload:
    """Stores the whole file under its hash; SourceError where the bytes are not those that were announced."""
    with desk.store.read() as c:
        upload = _own(desk, c, upload_id)
    if upload.state == "complete":
        return upload
    sha256 = desk.store.media.put(stream)
    with desk.store.write() as c:
        upload = _own(desk, c, upload_id)
        wrong = upload.sha256 is not None and upload.sha256 != sha256
        changes: dict[str, object]
        if wrong:
            changes = {"state": "failed", "cause": "the bytes that arrived are not those that were sent"}
        else:
            changes = {"state": "complete", "sha256": sha256, "received": upload.size}
        done = upload.model_copy(update={**changes, "updated_at": desk.clock()})
        stored.update_upload(c, done, upload.received)
        if wrong:
            desk.store.doom(c, sha256)
    if wrong:
        desk.store.finish_deletions()
        raise SourceError(f"{upload.name}: was damaged on its way.", "Upload it again.")
    return done


def fail(desk: Desk, upload_id: str, cause: str) -> Upload:
    """Notes why an upload came to nothing."""
    with desk.store.write() as c:
        upload = _own(desk, c, upload_id)
        failed = upload.model_copy(update={"state": "failed", "cause": cause, "updated_at": desk.clock()})
        stored.update_upload(c, failed, upload.received)
    return failed


def attach(desk: Desk, upload_id: str, interview_id: str, version: int) -> Interview:
    """Makes a complete upload the recording of an interview whose candidate has consented.

    It takes the place of a recording from which nothing was made, because that could not be used.
    """
    with desk.store.write() as c:
        upload = _own(desk, c, upload_id)
        if upload.state != "complete" or upload.sha256 is None:
            raise ConflictError("This upload is not complete.", "Wait until it is.")
        _may_upload(desk, c, interview_id)
        before = interviews.get_interview(c, interview_id)
        if before.recording not in (None, upload.sha256):
            if before.analysis is not None:
                raise ConflictError("This interview has another recording already.", "Delete the interview first.")
            for old in stored.uploads(c, interview=interview_id, sha256=before.recording):
                stored.remove_upload(c, old.id)
        if not desk.store.media.exists(upload.sha256):
            raise ConflictError("The file was deleted at this moment.", "Upload it again.")
        stored.update_upload(c, upload.model_copy(update={"interview": interview_id}), upload.received)
        after = interviews.update_interview(c, before.model_copy(update={"recording": upload.sha256}), version)
        desk.log(
            c, "attach-recording", "interview", interview_id, before=before, after=after, candidate=before.candidate
        )
        if before.recording not in (None, upload.sha256):
            desk.store.doom(c, str(before.recording))
    desk.store.finish_deletions()
    return after


def uploads(desk: Desk) -> tuple[Upload, ...]:
    """One's own uploads, oldest first."""
    with desk.store.read() as c:
        return stored.uploads(c, person=desk.who(c).id)


def get(desk: Desk, upload_id: str) -> Upload:
    """One of one's own uploads."""
    with desk.store.read() as c:
        return _own(desk, c, upload_id)


def discard(desk: Desk, upload_id: str) -> None:
    """Forgets one's own upload that is not attached to anything, with its bytes."""
    with desk.store.write() as c:
        upload = _own(desk, c, upload_id)
        if upload.interview is not None and upload.state == "complete":
            raise ConflictError("This file belongs to an interview.", "Delete the interview instead.")
        stored.remove_upload(c, upload_id)
        if upload.sha256:
            desk.store.doom(c, upload.sha256)
    desk.store.finish_deletions()


def already_here(desk: Desk, sha256: str) -> Interview | None:
    """The interview that one may read and that has this very recording already, if there is one."""
    with desk.store.read() as c:
        user = desk.who(c)
        for interview in interviews.with_recording(c, sha256):
            if user.has("admin", "hiring_lead") or (user.active and interview.rater_kind(user.id)):
                return interview
        return None


def _own(desk: Desk, c: Connection, upload_id: str) -> Upload:
    upload = stored.get_upload(c, upload_id)
    if upload.person != desk.who(c).id:
        raise NotFoundError("There is no such upload.", "Check the id; it may have been deleted.")
    return upload


def _may_upload(desk: Desk, c: Connection, interview_id: str | None) -> None:
    if interview_id is None:
        user = desk.who(c)
        if not user.has(*TABLE["upload"]):
            raise ForbiddenError("You may not do this (upload).", "Ask an admin or the hiring lead of the opening.")
        return
    interview = interviews.get_interview(c, interview_id)
    desk.require(c, "upload", interview)
    if interview.consent != "given":
        raise ForbiddenError("The candidate has not consented to recording.", "Record consent first, or rate by hand.")
