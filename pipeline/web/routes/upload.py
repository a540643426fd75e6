"""Upload: files dragged in and sent in pieces by a script; or one plain form without it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile

from models.job import Consent, Interview
from pipeline.actions import enrolling, lists, openings
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, ForbiddenError, SourceError, UsageError
from pipeline.jobs.intake import PIECE
from pipeline.judgement.permissions import TABLE, may
from pipeline.web.auth import SignedIn
from pipeline.web.routes.intake import intake_of, span
from pipeline.web.site import back, page
from pipeline.web.words import size

router = APIRouter(include_in_schema=False)

PIECE_SENT = PIECE // 2
"""What the script sends at a time, in bytes."""

FORM_MEGABYTES = 30
CHOICES = 100
CONSENTS: dict[str, Consent] = {"given": "given", "refused": "refused", "unknown": "unknown"}


@router.get("/upload")
def upload(
    request: Request,
    desk: SignedIn,
    interview: Annotated[str, Query(max_length=64)] = "",
    job: Annotated[str, Query(max_length=64)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The form, with what it can offer to this person."""
    user = request.state.user
    if not user.has(*TABLE["read-interview"]):
        raise ForbiddenError("You may not do this (upload).", "Ask an admin.")
    sends = user.has(*TABLE["upload"])
    manages = may(user, "manage-interviews")
    rows = lists.interview_rows(desk, size=CHOICES).rows if sends else ()
    chosen = enrolling.interview(desk, interview) if interview else None
    unfinished = intake_of(request).unfinished(desk) if sends else ()
    return page(
        request, "upload.html", here="upload", sends=sends, manages=manages,
        rounds=_rounds(desk, rows, chosen), chosen=interview, job=job, name=name,
        jobs=lists.job_choices(desk) if manages else (), people=enrolling.raters(desk) if manages else (), me=user.id,
        unfinished=unfinished, known=[each.model_dump(mode="json") for each in unfinished], now=datetime.now(UTC), piece=PIECE_SENT, size=size,
        form_megabytes=FORM_MEGABYTES,
    )  # fmt: skip


@router.post("/upload")
def send(
    request: Request,
    desk: SignedIn,
    file: Annotated[UploadFile | None, Form()] = None,
    interview: Annotated[str, Form(max_length=64)] = "",
    job: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    another: Annotated[str, Form(max_length=10)] = "",
    round_name: Annotated[str, Form(alias="round", max_length=100)] = "",
    held: Annotated[str, Form(max_length=40)] = "",
    minutes: Annotated[int, Form(ge=1, le=1440)] = 60,
    interviewers: Annotated[list[str], Form()] = [],  # noqa: B006 - read only
    reviewers: Annotated[list[str], Form()] = [],  # noqa: B006 - read only
    consent: Annotated[str, Form(max_length=10)] = "",
    vocabulary: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """The whole form in one go: the round, its consent, and the file where the candidate consented."""
    intake = intake_of(request)
    sent = file if file is not None and file.filename else None
    answer = CONSENTS.get(consent)
    if sent is not None and answer == "given":
        if not sent.size:
            raise SourceError(f"{sent.filename}: the file is empty (0 bytes).", "Export or download it again.")
        twin = intake.twin(desk, sent.file, interview)
        if twin is not None:
            raise ConflictError(
                f"This recording is here already (interview {twin.interview[:8]}).",
                "Find it on Today; nothing was changed.",
            )
    if interview:
        found = enrolling.interview(desk, interview)
        if answer is not None and answer != found.consent:
            found = openings.set_consent(desk, interview, answer, found.version)
    elif answer is None:
        raise UsageError("Say whether the candidate consented.", "Without consent the scorecard is filled by hand.")
    else:
        began, ended = span(moment(held), minutes)
        found = enrolling.enroll(
            desk, job, name, round_name, began, ended, interviewers=interviewers, reviewers=reviewers, consent=answer,
            another=bool(another),
        )  # fmt: skip
    if found.consent != "given" or sent is None:
        return back("/", said="added")
    intake.whole(desk, found.id, str(sent.filename), sent.file, terms(vocabulary))
    return back("/", said="queued")


@router.post("/upload/{upload_id}/discard")
def discard(request: Request, upload_id: str, desk: SignedIn) -> Response:
    """Gives an unfinished upload up."""
    intake_of(request).discard(desk, upload_id)
    return back("/upload", said="deleted")


def moment(text: str) -> datetime:
    """What a form's date and time field says, in UTC where it names no time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("When was the interview held?", "Give the day and the time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def terms(text: str) -> list[str]:
    """Names and terms as typed, by commas or lines."""
    return [" ".join(part.split())[:100] for part in text.replace("\n", ",").split(",") if part.strip()][:200]


def _rounds(desk: Desk, rows: tuple[lists.InterviewRow, ...], chosen: Interview | None) -> list[lists.InterviewRow]:
    """Rounds that may still get a recording, with the one that was asked for."""
    found = [row for row in rows if not row.analysed and row.state != "submitted" and not row.recorded]
    if chosen is not None and all(row.id != chosen.id for row in found):
        found = [*lists.rows_of(desk, [chosen.id]), *found]
    return found
