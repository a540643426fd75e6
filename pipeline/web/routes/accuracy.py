"""Accuracy: drafts against people's blind scores over time, overrides, and how interviewers hold interviews."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.actions import accuracy, lists
from pipeline.web.auth import SignedIn
from pipeline.web.site import page

router = APIRouter(include_in_schema=False)


@router.get("/accuracy")
def report(request: Request, desk: SignedIn, job: str = "") -> Response:
    """All openings, or one."""
    found = accuracy.report(desk, [job] if job else None)
    return page(request, "accuracy.html", here="accuracy", found=found, jobs=lists.job_choices(desk), job=job)
