"""A candidate: the scorecard, the debrief of the panel, the decision, and how a scorecard leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from models.decision import OpeningReport
from models.review import Review
from pipeline.actions import candidates, debriefing, panels, sending
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, DebriefError, NotFoundError, UsageError
from pipeline.exports import ats
from pipeline.web.auth import SignedIn
from pipeline.web.site import back, refused

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]
OUTCOMES: dict[str, Literal["hire", "reject", "hold"]] = {"hire": "hire", "hold": "hold", "reject": "reject"}
KINDS: dict[str, Literal["debrief", "follow-up"]] = {"debrief": "debrief", "follow-up": "follow-up"}


def _xlsx(report: OpeningReport) -> bytes:
    from pipeline.exports import xlsx

    return xlsx.workbook(report)


def _csv(report: OpeningReport) -> bytes:
    from pipeline.exports import csv

    return csv.table(report).encode("utf-8-sig")


def _json(report: OpeningReport) -> bytes:
    from pipeline.exports import json as document

    return document.document(report).encode()


def _html(report: OpeningReport) -> bytes:
    from pipeline.exports import html

    return html.page(report).encode()


EXPORTS: dict[str, tuple[str, Callable[[OpeningReport], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
    "html": ("text/html; charset=utf-8", _html),
}


def as_file(content: bytes, kind: str, name: str) -> Response:
    """A download; ``name`` is made of ids alone, so that no candidate's name gets into logs or headers."""
    return Response(
        content,
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def exported(report: Callable[[], OpeningReport], kind: str, record: str) -> Response:
    """A report as a file of that kind; NotFoundError for an unknown one, and then no report is made."""
    if kind not in EXPORTS:
        raise NotFoundError(f"There is no export {kind[:20]}.", f"One of {', '.join(EXPORTS)}.")
    media, make = EXPORTS[kind]
    return as_file(make(report()), media, f"debrief-{record[:8]}.{kind}")


def _shown(
    request: Request, desk: Desk, candidate: str, *, fault: DebriefError | None = None, typed: str = ""
) -> Response:
    card = candidates.candidate_card(desk, candidate)
    return refused(
        request,
        "candidate.html",
        fault,
        here="compare",
        card=card,
        typed=typed,
        kinds=tuple(EXPORTS),
        leaving=tuple(r for r in card.reviews if not any(line.flag for line in r.scores)),
    )


@router.get("/candidates/{candidate}")
def scorecard(request: Request, desk: SignedIn, candidate: str) -> Response:
    """The scorecard of one candidate."""
    return _shown(request, desk, candidate)


@router.post("/candidates/{candidate}/decide")
def decide(request: Request, desk: SignedIn, candidate: str, outcome: Text = "", reason: Text = "") -> Response:
    """Records what people decided; a fault is shown beside what was typed."""
    try:
        if outcome not in OUTCOMES:
            raise UsageError("Choose hire, hold or reject.", "Nothing was recorded.")
        panels.decide(desk, candidate, OUTCOMES[outcome], reason)
    except (UsageError, ConflictError) as fault:
        return _shown(request, desk, candidate, fault=fault, typed=reason)
    return back(f"/candidates/{candidate}", said="saved")


@router.get("/candidates/{candidate}/debrief")
def debrief(request: Request, desk: SignedIn, candidate: str) -> Response:
    """The panel, disagreements first."""
    return _debrief(request, desk, candidate)


@router.post("/candidates/{candidate}/settle")
def settle(
    request: Request, desk: SignedIn, candidate: str, competency: Text = "", kind: Text = "", reason: Text = ""
) -> Response:
    """Records how a disagreement was settled."""
    try:
        if kind not in KINDS:
            raise UsageError("Say whether it was settled in the debrief or goes to a follow-up.", "Choose one.")
        panels.settle(desk, candidate, competency, KINDS[kind], reason)
    except (UsageError, ConflictError) as fault:
        return _debrief(request, desk, candidate, fault=fault, about=competency, typed=reason)
    return back(f"/candidates/{candidate}/debrief", said="saved")


def _debrief(
    request: Request,
    desk: Desk,
    candidate: str,
    *,
    fault: DebriefError | None = None,
    about: str = "",
    typed: str = "",
) -> Response:
    found = debriefing.debrief(desk, candidate)
    return refused(
        request,
        "debrief.html",
        fault,
        here="compare",
        found=found,
        card=found.card,
        about=about,
        typed=typed,
    )


@router.get("/candidates/{candidate}/export/{kind}")
def export(desk: SignedIn, candidate: str, kind: str) -> Response:
    """The confirmed scorecard as a file."""
    return exported(partial(candidates.candidate_report, desk, candidate), kind, candidate)


@router.get("/candidates/{candidate}/greenhouse/{review}")
def greenhouse(desk: SignedIn, candidate: str, review: str) -> Response:
    """A submitted review as a Greenhouse scorecard file."""
    _review(desk, candidate, review)
    card = json.dumps(sending.greenhouse_file(desk, review), indent=1, ensure_ascii=False).encode()
    return as_file(card, "application/json", f"greenhouse-{review[:8]}.json")


@router.get("/candidates/{candidate}/send/{review}")
def sending_page(request: Request, desk: SignedIn, candidate: str, review: str) -> Response:
    """What is needed to send a scorecard to Lever or Ashby."""
    return _sending(request, _review(desk, candidate, review))


@router.post("/candidates/{candidate}/send/{review}")
def send(
    request: Request,
    desk: SignedIn,
    candidate: str,
    review: str,
    fields: Text = "",
    token: Text = "",
    sure: Text = "",
) -> Response:
    """Checks the map first; the scorecard leaves only with the box ticked. The token is used once and kept nowhere."""
    lost: tuple[str, ...] | None = None
    about = _review(desk, candidate, review)
    try:
        chosen = ats.read_map(fields)
        lost = ats.losses(chosen)
        if sure:
            sent = sending.send(desk, review, chosen, token)
            return _sending(request, about, fields=fields, lost=lost, sent=sent)
        sending.check(desk, review, chosen)
    except DebriefError as fault:
        return _sending(request, about, fields=fields, lost=lost, fault=fault)
    return _sending(request, about, fields=fields, lost=lost, checked=True)


def _sending(
    request: Request,
    about: tuple[candidates.CandidateCard, Review],
    *,
    fields: str = "",
    lost: tuple[str, ...] | None = None,
    fault: DebriefError | None = None,
    sent: sending.Sent | None = None,
    checked: bool = False,
) -> Response:
    card, found = about
    return refused(
        request,
        "send.html",
        fault,
        here="compare",
        card=card,
        review=found,
        fields=fields,
        lost=lost,
        sent=sent,
        checked=checked,
    )


def _review(desk: Desk, candidate: str, review: str) -> tuple[candidates.CandidateCard, Review]:
    card = candidates.candidate_card(desk, candidate)
    sending.require_export(desk)
    found = next((r for r in card.reviews if r.id == review), None)
    if found is None:
        raise NotFoundError("There is no such submitted review of this candidate.", "Go back to the scorecard.")
    return card, found
