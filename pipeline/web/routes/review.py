"""The review page: the talk on the left, the scorecard on the right; every form works without script."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError

from pipeline.actions import analyses, cards, reviewing
from pipeline.actions.cards import Card
from pipeline.errors import NotFoundError, UsageError
from pipeline.web.auth import SignedIn
from pipeline.web.review_changes import CHANGES, Correct, Id
from pipeline.web.review_view import CHOICES, blocks, correction_text, items, missing, timeline
from pipeline.web.routes.review_api import rescored
from pipeline.web.site import back, page, site
from pipeline.web.squeeze import squeezed

router = APIRouter(include_in_schema=False)


async def _fields(request: Request) -> dict[str, str]:
    return {key: str(value) for key, value in (await request.form()).items() if key != "csrf"}


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.get("/interviews/{interview}")
def review_page(request: Request, interview: Id, desk: SignedIn) -> Response:
    """The interview with one's scorecard; whoever rates it gets their review opened."""
    card = cards.begin(desk, interview)
    shown = items(card)
    talk = blocks(card, shown)
    work = site(request).work
    states = work.states([interview]) if work is not None and card.interview.analysis is None else {}
    answer = page(
        request, "review.html", here="today", blocks=talk, line_of_time=timeline(card, talk),
        said_so=correction_text, work=states.get(interview), **_shown(card, shown),
    )  # fmt: skip
    return squeezed(request, answer)


@router.get("/interviews/{interview}/scores")
def scores(request: Request, interview: Id, desk: SignedIn) -> Response:
    """The scorecard alone, for the page's script to bring itself up to date."""
    card = cards.see_card(desk, interview)
    return squeezed(request, page(request, "review_scores.html", **_shown(card, items(card))))


def _shown(card: Card, shown: Any) -> dict[str, Any]:
    review = card.review
    return {
        "card": card,
        "items": shown,
        "review": review,
        "missing": missing(card, shown),
        "choices": CHOICES,
        "mine": card.kind is not None,
        "editable": review is not None and review.state == "draft",
    }


@router.post("/interviews/{interview}/review")
def begin_by_hand(interview: Id, desk: SignedIn) -> Response:
    """Opens one's review without waiting for an analysis."""
    reviewing.open_review(desk, interview)
    return back(f"/interviews/{interview}")


@router.post("/interviews/{interview}/review/{change}")
def change_review(interview: Id, change: str, desk: SignedIn, fields: Fields) -> Response:
    """One change of one's review by a form; the API takes the same as JSON."""
    kind = CHANGES.get(change)
    card = cards.see_card(desk, interview)
    if kind is None or card.review is None:
        raise NotFoundError("There is no such step.", "Open the review again.")
    try:
        body = kind.model_validate(fields)
    except ValidationError as error:
        raise UsageError(_wrong(error), "Go back, complete it and send it again.") from error
    body.apply(desk, card.review.id)
    if change in ("submit", "reopen"):
        return back(f"/interviews/{interview}", said="submitted" if change == "submit" else "saved")
    return back(f"/interviews/{interview}#{_anchor(card, fields.get('competency', ''))}")


def _anchor(card: Card, competency: str) -> str:
    return next((f"c{item.number}" for item in items(card) if item.competency.id == competency), "overall")


@router.post("/interviews/{interview}/corrections")
def correct(interview: Id, desk: SignedIn, fields: Fields) -> Response:
    """A correction by the form below the transcript."""
    try:
        body = Correct.model_validate({key: value for key, value in fields.items() if value != ""})
    except ValidationError as error:
        raise UsageError(_wrong(error), "Go back, complete it and send it again.") from error
    analyses.correct(desk, body.made_by(desk, interview))
    return back(f"/interviews/{interview}" + (f"#t{body.turn}" if body.turn is not None else ""))


@router.post("/interviews/{interview}/rescore")
def rescore(request: Request, interview: Id, desk: SignedIn) -> Response:
    """Drafts anew what corrections made stale."""
    rescored(request, interview, desk)
    return back(f"/interviews/{interview}", said="saved")


def _wrong(error: ValidationError) -> str:
    names = sorted({str(item["loc"][0]).replace("_", " ") for item in error.errors() if item["loc"]})
    return f"Something is missing or does not fit: {', '.join(names) or 'the form'}."
