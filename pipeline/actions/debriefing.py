"""The debrief of a panel: who differs from whom and on what evidence, with the draft beside the people, never among them."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from models._base import Noun
from models.decision import AgreementTable, Disagreement
from models.job import Interview
from models.review import CompetencyReview, HiddenDraft, Review
from models.rubric import Rubric
from models.user import User
from pipeline.actions.candidates import CandidateCard, candidate_card
from pipeline.actions.desk import Desk
from pipeline.actions.panels import DRAFT_RATER
from pipeline.judgement.agreement import agreement_table
from pipeline.judgement.permissions import drafts_for, may
from pipeline.store import interviews, reviews


class Voice(Noun):
    """A person's line on a competency in a round: level, note and quotes stand in ``line``."""

    person: str
    interview: str
    round: str
    line: CompetencyReview


class Dispute(Noun):
    """A disagreement with everything that was written by its two sides."""

    about: Disagreement
    low: tuple[Voice, ...]
    high: tuple[Voice, ...]


class LevelColumn(Noun):
    """A column of levels: a person's in a round, or the draft's (``person`` empty), which counts nowhere."""

    person: str
    round: str
    levels: dict[str, int | None]


class Debrief(Noun):
    """A candidate's card with disagreements first, all levels side by side, and how far people and draft agree.

    ``agreement`` rests on scores given before the draft was seen; the draft is one more rater in it (``draft``).
    """

    card: CandidateCard
    disputes: tuple[Dispute, ...] = ()
    columns: tuple[LevelColumn, ...] = ()
    agreement: AgreementTable | None = None


def debrief(desk: Desk, candidate_id: str) -> Debrief:
    """The panel of a candidate as the person may see it; only the card while scores are hidden from them."""
    card = candidate_card(desk, candidate_id)
    if card.own is not None:
        return Debrief(card=card)
    with desk.store.read() as c:
        user = desk.who(c)
        drafts = {
            i.id: _drafts(c, user, i, card.rubric)
            for i in interviews.interviews(c, candidate=candidate_id)
            if i.analysis and may(user, "read-interview", i)
        }
    return Debrief(
        card=card,
        disputes=tuple(_dispute(card, found) for found in (card.panel.disagreements if card.panel else ())),
        columns=_columns(card, drafts),
        agreement=_agreement(card.reviews, drafts),
    )


def _drafts(c: Connection, user: User, interview: Interview, rubric: Rubric) -> dict[str, int | None]:
    """The drafts' levels that this person may see; a draft that is hidden from them is absent."""
    assert interview.analysis
    mine = next((r for r in reviews.reviews(c, interview=interview.id) if r.reviewer == user.id), None)
    chosen = mine.analysis if mine else interview.analysis
    if chosen is None:
        return {}
    analysis = interviews.get_analysis(c, chosen)
    seen = drafts_for(user, analysis, mine, interview, rate_first=rubric.rate_first)
    return {d.competency: d.score for d in seen if not isinstance(d, HiddenDraft)}


def _dispute(card: CandidateCard, about: Disagreement) -> Dispute:
    voices = [
        Voice(person=r.reviewer, interview=r.interview, round=_round(card, r.interview), line=line)
        for r in card.reviews
        for line in r.scores
        if line.competency == about.competency and line.score is not None
    ]
    return Dispute(
        about=about,
        low=tuple(v for v in voices if v.line.score == about.low),
        high=tuple(v for v in voices if v.line.score == about.high),
    )


def _columns(card: CandidateCard, drafts: dict[str, dict[str, int | None]]) -> tuple[LevelColumn, ...]:
    found = []
    for held in card.rounds:
        mine = [r for r in card.reviews if r.interview == held.id]
        found += [
            LevelColumn(person=r.reviewer, round=held.name, levels={x.competency: x.score for x in r.scores})
            for r in mine
        ]
        if mine and drafts.get(held.id):
            found.append(LevelColumn(person="", round=held.name, levels=drafts[held.id]))
    return tuple(found)


def _agreement(cards: tuple[Review, ...], drafts: dict[str, dict[str, int | None]]) -> AgreementTable:
    ratings: dict[str, dict[str, int]] = {}
    for review in cards:
        for line in review.scores:
            if line.blind and line.first_score is not None:
                ratings.setdefault(review.reviewer, {})[f"{review.interview} {line.competency}"] = line.first_score
    rated = {review.interview for review in cards}
    for interview, levels in drafts.items():
        for competency, level in levels.items():
            if interview in rated and level is not None:
                ratings.setdefault(DRAFT_RATER, {})[f"{interview} {competency}"] = level
    return agreement_table(ratings)


def _round(card: CandidateCard, interview: str) -> str:
    return next((r.name for r in card.rounds if r.id == interview), "")
