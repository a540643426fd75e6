"""An interview's scorecard as its page shows it: the talk, what may be seen of the drafts, and one's own review."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy.engine import Connection

from models._base import Noun
from models.job import Correction, Interview, RaterKind
from models.recording import Source
from models.report import Engines, Quality
from models.review import HiddenDraft, Review, ReviewConduct
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from models.user import User
from pipeline.actions import reviewing
from pipeline.actions.blinding import blinded, word_places
from pipeline.actions.desk import Desk
from pipeline.errors import ForbiddenError, UsageError
from pipeline.judgement import corrections as rules
from pipeline.judgement import permissions, reveal
from pipeline.judgement.review import what_is_missing
from pipeline.store import interviews, openings, reviews


class Card(Noun):
    """One interview as one person may see it now.

    ``kind`` is as what the person rates it (None: reads only). ``hidden``: names are gaps, because the person rates it blind.
    ``turns`` are corrected, ``machine`` holds the machine's version of those that a correction changed. ``drafts`` are quotes and times
    alone where the person's own score is not in. ``missing`` says what keeps the review from being submitted. ``not_covered`` names only
    competencies whose draft may be seen.
    """

    interview: Interview
    candidate: str
    job: str
    rubric: Rubric
    kind: RaterKind | None = None
    hidden: bool = False
    review: Review | None = None
    turns: tuple[Turn, ...] = ()
    machine: dict[int, Turn] = Field(default_factory=dict)
    drafts: tuple[DraftScore | HiddenDraft, ...] = ()
    stale: dict[str, str] = Field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    people: dict[str, str] = Field(default_factory=dict)
    source: Source | None = None
    quality: Quality | None = None
    warnings: tuple[str, ...] = ()
    engines: Engines | None = None
    not_covered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    conduct: ReviewConduct | None = None


def see_card(desk: Desk, interview_id: str) -> Card:
    """The card of an interview, of one consistent view of the store."""
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        user = desk.require(c, "read-interview", interview)
        mine = next(iter(reviews.reviews(c, interview=interview_id, reviewer=user.id)), None)
        job = openings.get_job(c, interview.job)
        rubric = openings.get_rubric(c, mine.rubric if mine else job.rubric)
        candidate = openings.get_candidate(c, interview.candidate)
        kind = interview.rater_kind(user.id)
        card = Card(
            interview=interview, candidate=candidate.name, job=job.title, rubric=rubric, kind=kind, review=mine,
            people=_people(c, interview), missing=what_is_missing(mine) if mine and mine.state == "draft" else (),
            conduct=reveal.conduct(mine) if mine else None,
        )  # fmt: skip
        chosen = mine.analysis if mine else interview.analysis
        if chosen is not None:
            card = _with_talk(c, card, user, chosen)
    if kind is not None and rubric.blind and (mine is None or mine.state != "submitted"):
        return blinded(card, candidate)
    return card


def begin(desk: Desk, interview_id: str) -> Card:
    """The card with one's own review opened where one rates the interview and its analysis is there; otherwise as it is."""
    card = see_card(desk, interview_id)
    if card.kind is None or card.review is not None or card.interview.analysis is None:
        return card
    reviewing.open_review(desk, interview_id)
    return see_card(desk, interview_id)


def card_of(desk: Desk, review_id: str) -> Card:
    """The card behind one's own review."""
    with desk.store.read() as c:
        review = reviews.get_review(c, review_id)
        if review.reviewer != desk.who(c).id:
            raise ForbiddenError("This is somebody else's review.", "Open your own.")
    return see_card(desk, review.interview)


def _people(c: Connection, interview: Interview) -> dict[str, str]:
    wanted = {r.user for r in interview.raters} | {x.author for x in interviews.corrections(c, interview.id)}
    return dict(sorted(openings.user_names(c, tuple(wanted)).items()))


def _with_talk(c: Connection, card: Card, user: User, analysis_id: str) -> Card:
    analysis = interviews.get_analysis(c, analysis_id)
    made = interviews.corrections(c, card.interview.id)
    turns = rules.corrected(analysis, made)
    drafts = permissions.drafts_for(user, analysis, card.review, card.interview, rate_first=card.rubric.rate_first)
    seen = {draft.competency for draft in drafts if isinstance(draft, DraftScore)}
    return card.model_copy(
        update={
            "turns": turns,
            "machine": {was.t: was for was, now in zip(analysis.turns, turns, strict=True) if was != now},
            "drafts": tuple(drafts),
            "stale": interviews.stale(c, analysis_id),
            "corrections": made,
            "source": analysis.source,
            "quality": analysis.quality,
            "warnings": analysis.warnings,
            "engines": analysis.engines,
            "not_covered": tuple(x for x in analysis.not_covered if x in seen),
        }
    )


def add_passage(desk: Desk, review_id: str, version: int, competency: str, turn: int, first: int, last: int) -> Review:
    """Adds the words ``first`` to ``last`` (counted from 0 between blanks) of a turn as evidence: for a reader who sees gaps too."""
    with desk.store.read() as c:
        review = reviews.get_review(c, review_id)
        said = ""
        if review.reviewer == desk.who(c).id and review.analysis is not None:
            made = interviews.corrections(c, review.interview)
            turns = rules.corrected(interviews.get_analysis(c, review.analysis), made)
            said = next((x.text for x in turns if x.t == turn), "")
    places = word_places(said)
    if not 0 <= first <= last < len(places) and review.analysis is not None:
        raise UsageError(f"Turn {turn} has no such words.", "Select them in the transcript again.")
    quote = said[places[first][0] : places[last][1]] if places else ""
    return reviewing.add_evidence(desk, review_id, version, competency, turn, quote)
