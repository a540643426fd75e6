"""Today: what waits for me, and how the work on my interviews goes while I look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from models.work import WorkState
from pipeline.actions import today as day
from pipeline.actions.desk import Desk
from pipeline.errors import DebriefError
from pipeline.judgement.permissions import TABLE
from pipeline.web.auth import SignedIn
from pipeline.web.routes.intake import intake_of
from pipeline.web.site import back, page
from pipeline.web.words import STAGES, left

router = APIRouter()

LOOK_SECONDS = 2.0
BEAT_SECONDS = 15.0
STREAM_SECONDS = 300.0
"""A stream ends after so long and the browser asks again, so that whoever has signed out or lost a role hears no more."""


@router.get("/", include_in_schema=False)
def today(request: Request, desk: SignedIn) -> Response:
    """My interviews by state, and nothing else."""
    user = request.state.user
    if not user.has(*TABLE["read-interview"]):
        return page(
            request, "today.html", here="today", day=day.Today(), stages=STAGES, left=left, sends=False, reads=False
        )
    held = day.today(desk)
    sends = user.has(*TABLE["upload"])
    return page(request, "today.html", here="today", day=held, stages=STAGES, left=left, sends=sends, reads=True)


@router.post("/interviews/{interview_id}/retry", include_in_schema=False)
def retry(request: Request, interview_id: str, desk: SignedIn) -> Response:
    """Queues the work on an interview again."""
    intake_of(request).retry(desk, interview_id)
    return back("/", said="queued")


@router.post("/interviews/{interview_id}/cancel", include_in_schema=False)
def cancel(request: Request, interview_id: str, desk: SignedIn) -> Response:
    """Stops the work on an interview."""
    intake_of(request).cancel(desk, interview_id)
    return back("/", said="done")


@router.get("/api/progress", tags=["work"])
def progress(desk: SignedIn) -> list[WorkState]:
    """Where the work on my own interviews stands, and on those that I sent in the last days."""
    return list(day.progress(desk))


@router.get("/api/events", tags=["work"], response_class=StreamingResponse)
async def events(request: Request, desk: SignedIn) -> StreamingResponse:
    """Server-sent events: ``work`` with one interview's state in JSON whenever it changes; a comment now and then as heartbeat.

    The stream begins with everything that is known and ends after some minutes; ask again then.
    """
    await run_in_threadpool(day.progress, desk)  # a person without the right gets an answer, not a stream
    return StreamingResponse(
        _changes(request, desk), media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )  # fmt: skip


async def _changes(request: Request, desk: Desk) -> AsyncIterator[str]:
    known: dict[str, WorkState] = {}
    clock = asyncio.get_running_loop().time
    began = beat = clock()
    yield "retry: 3000\n\n"
    while clock() - began < STREAM_SECONDS and not await request.is_disconnected():
        try:
            states = await run_in_threadpool(day.progress, desk)
        except DebriefError:
            return
        for state in states:
            if known.get(state.interview) != state:
                known[state.interview] = state
                yield f"event: work\ndata: {state.model_dump_json()}\n\n"
                beat = clock()
        if clock() - beat > BEAT_SECONDS:
            beat = clock()
            yield ": here\n\n"
        await asyncio.sleep(LOOK_SECONDS)
