"""Job openings: the list, and one opening with its rounds and candidates; entering them, asking reviewers, noting consent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from pipeline.actions import enrolling, lists, openings
from pipeline.errors import UsageError
from pipeline.judgement.permissions import may
from pipeline.web.auth import SignedIn
from pipeline.web.review_changes import Version
from pipeline.web.routes.intake import span
from pipeline.web.routes.upload import CONSENTS, moment
from pipeline.web.site import back, page
from pipeline.web.words import STATES

router = APIRouter(include_in_schema=False)

PAGE = 50
Text = Annotated[str, Form(max_length=200)]
Number = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/jobs")
def jobs(request: Request, desk: SignedIn) -> Response:
    """All openings."""
    manages = may(request.state.user, "manage-openings")
    return page(
        request, "jobs.html", here="jobs", jobs=lists.job_rows(desk), manages=manages,
        rubrics=enrolling.rubric_choices(desk) if manages else (),
    )  # fmt: skip


@router.post("/jobs")
def add_job(desk: SignedIn, title: Text = "", rubric: Text = "", keep_days: Text = "") -> Response:
    """Enters an opening."""
    if keep_days.strip() and not keep_days.strip().isdecimal():
        raise UsageError("Interviews are kept for a whole number of days.", "Give 1 or more days, or leave it empty.")
    days = int(keep_days[:6]) if keep_days.strip() else None
    made = openings.create_job(desk, enrolling.printable(title), enrolling.rubric_choice(desk, rubric), keep_days=days)
    return back(f"/jobs/{made.id}", said="added")


@router.get("/jobs/{job_id}")
def job(
    request: Request,
    job_id: str,
    desk: SignedIn,
    show: Annotated[str, Query(max_length=20)] = "rounds",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    name: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One opening, with a page of its rounds or of its candidates."""
    manages = may(request.state.user, "manage-interviews")
    found = enrolling.opening(desk, job_id)
    rounds = show != "candidates"
    listed = lists.interview_rows if rounds else lists.candidate_rows
    shown: lists.InterviewPage | lists.CandidatePage = listed(desk, job_id, number, size=PAGE, name=name)
    return page(
        request, "job.html", here="jobs", job=found, shown=shown, rounds=rounds, name=name, number=number, size=PAGE,
        manages=manages, people=enrolling.raters(desk) if manages else (), states=STATES, me=request.state.user.id,
    )  # fmt: skip


@router.post("/jobs/{job_id}/rounds")
def add_round(
    job_id: str,
    desk: SignedIn,
    name: Text = "",
    another: Text = "",
    round_name: Annotated[str, Form(alias="round", max_length=100)] = "",
    held: Text = "",
    minutes: Annotated[int, Form(ge=1, le=1440)] = 60,
    interviewers: Annotated[list[str], Form()] = [],  # noqa: B006 - read only
    reviewers: Annotated[list[str], Form()] = [],  # noqa: B006 - read only
    consent: Text = "unknown",
) -> Response:
    """Enters a round with its candidate."""
    began, ended = span(moment(held), minutes)
    enrolling.enroll(
        desk, job_id, name, round_name, began, ended, interviewers=interviewers, reviewers=reviewers,
        consent=CONSENTS.get(consent, "unknown"), another=bool(another),
    )  # fmt: skip
    return back(f"/jobs/{job_id}", said="added")


@router.post("/interviews/{interview_id}/raters")
def assign(interview_id: str, desk: SignedIn, person: Text, version: Annotated[Version, Form()]) -> Response:
    """Asks one more reviewer."""
    held = openings.assign(desk, interview_id, person, version)
    return back(f"/jobs/{held.job}", said="saved")


@router.post("/interviews/{interview_id}/consent")
def consent(interview_id: str, desk: SignedIn, consent: Text, version: Annotated[Version, Form()]) -> Response:
    """Notes what the candidate said to recording and analysis."""
    if consent not in CONSENTS:
        raise UsageError("Consent is given, refused or unknown.", "Ask the candidate.")
    held = openings.set_consent(desk, interview_id, CONSENTS[consent], version)
    return back(f"/jobs/{held.job}", said="saved")
