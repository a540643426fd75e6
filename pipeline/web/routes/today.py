"""Today: what waits for me."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipeline.actions.inbox import inbox
from pipeline.web.auth import SignedIn
from pipeline.web.site import page

router = APIRouter()


@router.get("/", include_in_schema=False)
def today(request: Request, desk: SignedIn) -> Response:
    """My interviews by state, and nothing else."""
    return page(request, "today.html", here="today", items=inbox(desk))
