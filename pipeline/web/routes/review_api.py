"""The review as programs and the page's script use it: JSON in, JSON out, every change at a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from models.review import Review, ReviewConduct
from pipeline.actions import analyses, cards, reviewing
from pipeline.actions.cards import Card
from pipeline.errors import WeightsError
from pipeline.web.auth import SignedIn
from pipeline.web.review_changes import CHANGES, Change, Correct, Id
from pipeline.web.review_view import word_times
from pipeline.web.site import site
from pipeline.web.squeeze import squeezed

router = APIRouter(prefix="/api", tags=["review"])
KEEP_NOTHING = {"Cache-Control": "no-store"}


class Standing(BaseModel):
    """A review as it is now: its version, what keeps it from being submitted, and how it came about."""

    version: int
    state: str
    review: Review
    missing: tuple[str, ...]
    conduct: ReviewConduct | None


class Corrected(BaseModel):
    """Which drafts a correction made stale."""

    stale: tuple[str, ...]


class Rescored(BaseModel):
    """Drafts that changed, without their values: one sees those after one's own score."""

    changed: tuple[str, ...]


def standing(card: Card) -> Standing:
    """How the review of that card stands."""
    assert card.review is not None
    return Standing(
        version=card.review.version, state=card.review.state, review=card.review, missing=card.missing,
        conduct=card.conduct,
    )  # fmt: skip


@router.get("/interviews/{interview}", response_model=Card)
def interview_card(request: Request, interview: Id, desk: SignedIn) -> Response:
    """An interview as one may see it: of each draft quotes and times alone until one's own score is in. Words come without times here."""
    card = cards.see_card(desk, interview)
    shown = card.model_dump(mode="json", exclude={"turns": {"__all__": {"words"}}, "machine": {"__all__": {"words"}}})
    return squeezed(request, JSONResponse(shown, headers=KEEP_NOTHING))


@router.get("/interviews/{interview}/words", response_model=dict[str, Any])
def words(request: Request, interview: Id, desk: SignedIn) -> Response:
    """When each word was said, as arrays: turns, words in each, places in the text, times in hundredths of a second, unsure words."""
    return squeezed(request, JSONResponse(word_times(cards.see_card(desk, interview)), headers=KEEP_NOTHING))


@router.post("/interviews/{interview}/review")
def open_review(interview: Id, desk: SignedIn) -> Standing:
    """Opens one's own review of the interview, or finds the one that is there."""
    reviewing.open_review(desk, interview)
    return standing(cards.see_card(desk, interview))


@router.post("/interviews/{interview}/corrections")
def correct(interview: Id, body: Correct, desk: SignedIn) -> Corrected:
    """Puts right what was heard, beside the machine's version, and tells which drafts are stale now."""
    return Corrected(stale=analyses.correct(desk, body.made_by(desk, interview)))


@router.post("/interviews/{interview}/rescore")
def rescore(request: Request, interview: Id, desk: SignedIn) -> Rescored:
    """Drafts anew what corrections made stale."""
    return Rescored(changed=rescored(request, interview, desk))


def rescored(request: Request, interview: str, desk: SignedIn) -> tuple[str, ...]:
    """Competencies whose drafts changed in a re-score by this installation's scorer."""
    scorer = site(request).scorer
    if scorer is None:
        raise WeightsError("This server scores nothing.", "Re-score on the command line: debrief rescore.")
    return tuple(change.competency for change in analyses.rescore(desk, interview, scorer.score))


@router.get("/reviews/{review}")
def read_review(review: Id, desk: SignedIn) -> Standing:
    """One's own review, or somebody's submitted one once all of one's own on the candidate are in."""
    found = reviewing.read_review(desk, review)
    if found.reviewer == desk.actor:
        return standing(cards.see_card(desk, found.interview))
    return Standing(version=found.version, state=found.state, review=found, missing=(), conduct=None)


def _changing(kind: type[Change]) -> Callable[..., Standing]:
    def change(review: Id, body: Change, desk: SignedIn) -> Standing:
        body.apply(desk, review)
        return standing(cards.card_of(desk, review))

    change.__doc__ = kind.__doc__
    change.__annotations__["body"] = kind
    return change


for _name, _kind in CHANGES.items():
    router.add_api_route(
        f"/reviews/{{review}}/{_name}", _changing(_kind), methods=["POST"], name=f"review-{_name}",
        summary=_name.replace("-", " ").capitalize(),
    )  # fmt: skip
