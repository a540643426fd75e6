"""Uploads for programs and scripts: begun, sent in pieces, asked about, completed; and the rounds that they belong to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from models.job import Consent, Interview
from models.upload import Upload
from pipeline.actions import enrolling, openings, uploading
from pipeline.actions.lists import CandidateRow
from pipeline.errors import DebriefError, UsageError
from pipeline.jobs.intake import PIECE, Arrival, Intake
from pipeline.web.auth import SignedIn
from pipeline.web.review_changes import Version
from pipeline.web.site import site

router = APIRouter(prefix="/api", tags=["uploads"])


class TooLargePieceError(DebriefError):
    """A piece is larger than pieces may be."""

    http_status = 413


class NewRound(BaseModel):
    """A round that was held: the opening's candidate of that name is entered where there is none (``another``: in any case)."""

    job: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=200)]
    email: Annotated[str, Field(max_length=200)] = ""
    another: bool = False
    round: Annotated[str, Field(max_length=100)] = "interview"
    held_at: datetime
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 60
    interviewers: Annotated[list[str], Field(max_length=50)]
    reviewers: Annotated[list[str], Field(max_length=50)] = []
    consent: Consent = "unknown"


class NewConsent(BaseModel):
    """What the candidate said, and the version of the round that one saw."""

    consent: Consent
    version: Version


class NewUpload(BaseModel):
    """A file to be sent for a round. ``anyway``: also where the same recording is here already."""

    interview: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=1000)]
    size: Annotated[int, Field(ge=0, le=1 << 50)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    anyway: bool = False


class Ending(BaseModel):
    """Names and terms that the recogniser should expect."""

    vocabulary: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)] = []


def intake_of(request: Request) -> Intake:
    """How recordings come in here."""
    parts = site(request)
    return Intake(parts.settings.uploads, parts.work)


async def piece_of(request: Request, desk: SignedIn) -> bytes:
    """The body of a signed-in person's request, at most one piece long."""
    found = bytearray()
    async for data in request.stream():
        found += data
        if len(found) > PIECE:
            raise TooLargePieceError(f"A piece holds at most {PIECE >> 20} MB.", "Send smaller pieces.")
    return bytes(found)


def span(held_at: datetime, minutes: int) -> tuple[datetime, datetime]:
    """When a round began and ended; UsageError for a moment without a time zone or far from now."""
    if held_at.tzinfo is None:
        raise UsageError("The time says no time zone.", "Send it as in 2026-11-22T14:00:00Z.")
    if not 2000 <= held_at.year <= 2200:
        raise UsageError("That is no likely year for an interview.", "Check the date.")
    return held_at, held_at + timedelta(minutes=minutes)


@router.post("/rounds", status_code=201)
def add_round(body: NewRound, desk: SignedIn) -> Interview:
    """Enters a round with its candidate, for whoever manages interviews."""
    held, ended = span(body.held_at, body.minutes)
    return enrolling.enroll(
        desk, body.job, body.name, body.round, held, ended, interviewers=body.interviewers, reviewers=body.reviewers,
        consent=body.consent, email=body.email, another=body.another,
    )  # fmt: skip


@router.post("/rounds/{interview_id}/consent")
def set_consent(interview_id: str, body: NewConsent, desk: SignedIn) -> Interview:
    """Notes what the candidate said to recording and analysis."""
    return openings.set_consent(desk, interview_id, body.consent, body.version)


@router.get("/jobs/{job_id}/candidate")
def known_candidate(
    job_id: str, desk: SignedIn, name: Annotated[str, Query(max_length=200)] = ""
) -> CandidateRow | None:
    """The opening's candidate of that name, whose further round it would be; null where there is none."""
    return enrolling.find_candidate(desk, job_id, name) if name.strip() else None


@router.get("/uploads")
def unfinished(request: Request, desk: SignedIn) -> list[Upload]:
    """My uploads that can go on."""
    return list(intake_of(request).unfinished(desk))


@router.get("/uploads/known")
def known(desk: SignedIn, sha256: Annotated[str, Query(pattern="^[0-9a-f]{64}$")]) -> dict[str, str | None]:
    """The interview that I may read and that has this very recording already."""
    there = uploading.already_here(desk, sha256)
    return {"interview": there.id if there else None}


@router.post("/uploads", status_code=201, response_model=Upload)
def begin(request: Request, body: NewUpload, desk: SignedIn) -> Any:
    """Begins an upload, or finds the unfinished one of the same file: go on at ``received``.

    409 with ``interview`` where the same recording is at another interview already.
    """
    intake = intake_of(request)
    there = None if body.anyway or body.sha256 is None else intake.already(desk, body.interview, body.sha256)
    if there is not None:
        told = {"error": "This recording is here already.", "remedy": "Open its interview, or upload it anyway."}
        return JSONResponse({**told, "interview": there.interview}, 409)
    return intake.begin(desk, body.interview, body.name, body.size, body.sha256)


@router.get("/uploads/{upload_id}")
def state(upload_id: str, desk: SignedIn) -> Upload:
    """How far one of my uploads is."""
    return uploading.get(desk, upload_id)


@router.put(
    "/uploads/{upload_id}",
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
def piece(
    request: Request,
    upload_id: str,
    desk: SignedIn,
    at: Annotated[int, Query(ge=0, le=1 << 50)],
    data: Annotated[bytes, Depends(piece_of)],
) -> Upload:
    """Keeps the bytes from offset ``at`` on, at most 8 MB; a piece that is here already changes nothing."""
    return intake_of(request).piece(desk, upload_id, at, data)


@router.post("/uploads/{upload_id}/complete")
def complete(request: Request, upload_id: str, desk: SignedIn, body: Ending | None = None) -> Arrival:
    """Checks the whole file, makes it the round's recording, and queues its analysis."""
    return intake_of(request).finish(desk, upload_id, body.vocabulary if body else ())


@router.delete("/uploads/{upload_id}", status_code=204, response_class=Response)
def discard(request: Request, upload_id: str, desk: SignedIn) -> Response:
    """Gives an unfinished upload up."""
    intake_of(request).discard(desk, upload_id)
    return Response(status_code=204)
