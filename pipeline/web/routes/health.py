"""For load balancers and watchdogs: is it alive, can it work. Nothing about anyone."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from pipeline.actions.checking import ready
from pipeline.web.site import site

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def can_work(request: Request) -> Response:
    """Database and media answer."""
    good = ready(site(request).store)
    return PlainTextResponse("ready\n" if good else "not ready\n", status_code=200 if good else 503)
