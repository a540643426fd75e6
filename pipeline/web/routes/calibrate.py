"""Calibrate: score the same graded samples blind, month by month, and see how interviewers agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile

from pipeline.actions import sessions
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, DebriefError, SourceError
from pipeline.web.auth import SignedIn
from pipeline.web.site import back, page, refused, site

router = APIRouter(include_in_schema=False)


def _folder(request: Request) -> Path:
    return site(request).settings.data / "samples"


@router.get("/calibrate")
def calibrate(request: Request, desk: SignedIn) -> Response:
    """The sets to score this month, and the results so far."""
    return _start(request, desk)


def _start(request: Request, desk: Desk, fault: DebriefError | None = None) -> Response:
    folder = _folder(request)
    found = sessions.sets(desk, folder)
    return refused(
        request,
        "calibrate.html",
        fault,
        here="calibrate",
        sittings=tuple(sessions.sitting(desk, folder, each.id) for each in found),
        room=sessions.room(desk, folder),
        month=sessions.month_of(desk),
    )


@router.post("/calibrate/samples")
def add(request: Request, desk: SignedIn, file: UploadFile) -> Response:
    """Keeps a team's own graded samples."""
    try:
        sessions.add_set(desk, _folder(request), file.file.read(sessions.LARGEST + 1))
    except (SourceError, ConflictError) as fault:
        return _start(request, desk, fault)
    return back("/calibrate", said="added")


@router.get("/calibrate/{samples}")
def sample(request: Request, desk: SignedIn, samples: str) -> Response:
    """The next sample, without its key; or that all are scored."""
    return page(
        request, "calibrate_sample.html", here="calibrate", sitting=sessions.sitting(desk, _folder(request), samples)
    )


@router.post("/calibrate/{samples}")
def score(
    request: Request,
    desk: SignedIn,
    samples: str,
    sample: Annotated[str, Form()],
    level: Annotated[int, Form(ge=1, le=5)],
) -> Response:
    """One's level of a sample; then the next one."""
    sessions.score(desk, _folder(request), samples, sample, level)
    return back(f"/calibrate/{samples}")
