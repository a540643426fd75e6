"""Compare: candidates of an opening side by side, and two of them with their evidence."""

from __future__ import annotations

from functools import partial
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from models.decision import State
from pipeline.actions import candidates, comparing, reporting
from pipeline.errors import UsageError
from pipeline.web.auth import SignedIn
from pipeline.web.routes.candidates import EXPORTS, exported
from pipeline.web.site import page

router = APIRouter(include_in_schema=False)
SIZE = 50
OUTCOMES: dict[str, comparing.Outcome] = {word: word for word in get_args(comparing.Outcome)}
STATES: dict[str, State] = {word: word for word in get_args(State)}


@router.get("/compare")
def openings(request: Request, desk: SignedIn) -> Response:
    """The openings, to choose one."""
    return page(request, "compare_jobs.html", here="compare", jobs=comparing.compared_jobs(desk))


@router.get("/compare/{job}")
def compare(
    request: Request,
    desk: SignedIn,
    job: str,
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
    outcome: str = "",
    rule: str = "",
    state: str = "",
    name: str = "",
) -> Response:
    """Competencies against candidates, best first."""
    if (outcome and outcome not in OUTCOMES) or (state and state not in STATES) or (rule and not rule.isdecimal()):
        raise UsageError("There is no such filter.", "Go back and choose from the lists.")
    asked = (int(rule[:6]), STATES[state]) if rule and state else None
    found = comparing.compare(
        desk,
        job,
        number,
        size=SIZE,
        outcome=OUTCOMES.get(outcome),
        name=name[:200],
        rule=asked,
    )
    chosen = {"outcome": outcome, "rule": rule, "state": state, "name": name[:200]}
    kept = urlencode({key: value for key, value in chosen.items() if value})
    return page(
        request,
        "compare.html",
        here="compare",
        found=found,
        rules=comparing.rule_texts(found.rubric),
        outcomes=tuple(OUTCOMES),
        states=tuple(STATES),
        chosen=chosen,
        kept=kept,
        number=number,
        pages=max(1, -(-found.total // SIZE)),
        size=SIZE,
        kinds=tuple(EXPORTS),
    )


@router.get("/compare/{job}/pair")
def pair(request: Request, desk: SignedIn, job: str, a: str = "", b: str = "") -> Response:
    """Two candidates and their evidence side by side."""
    return page(request, "pair.html", here="compare", cards=candidates.pair(desk, job, a, b))


@router.get("/compare/{job}/export/{kind}")
def export(desk: SignedIn, job: str, kind: str) -> Response:
    """All confirmed scorecards of the opening as a file."""
    return exported(partial(reporting.opening_report, desk, job), kind, job)
