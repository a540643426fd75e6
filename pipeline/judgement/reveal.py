"""Lead with judgement: what of a draft a reviewer may see before their own score stands, and what comes into view
afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.evidence import Evidence
from models.review import HiddenDraft, HiddenQuote, Review, ReviewConduct, ReviewEvidence
from models.score import DraftScore


def machine_quotes(draft: DraftScore | None, *, seen: bool) -> tuple[ReviewEvidence, ...]:
    """The draft's quotes as evidence of a review, in spoken order; with level and polarity only where the draft may
    be seen.
    """
    quotes = in_spoken_order(draft.evidence) if draft else ()
    return tuple(
        ReviewEvidence(
            id=f"m{number}",
            turn=item.turn,
            quote=item.quote,
            start=item.start,
            end=item.end,
            source="draft",
            level=item.anchor.level if seen else None,
            polarity=item.polarity if seen else None,
        )
        for number, item in enumerate(quotes, 1)
    )


def in_spoken_order(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence by turn and time: an order by pull would give the draft away."""
    return tuple(sorted(evidence, key=lambda e: (e.turn, e.start or 0.0, e.quote)))


def revealed(review: Review, competency: str) -> bool:
    """Whether this reviewer may see the draft of this competency."""
    return not review.rate_first or review.score(competency).first_score is not None


def visible(review: Review, draft: DraftScore) -> DraftScore | HiddenDraft:
    """The draft where it may be seen; otherwise quotes and times alone."""
    if any(line.competency == draft.competency for line in review.scores) and revealed(review, draft.competency):
        return draft
    return hidden(draft)


def hidden(draft: DraftScore) -> HiddenDraft:
    """Quotes and times of a draft, and nothing that gives its level away."""
    return HiddenDraft(
        competency=draft.competency,
        quotes=tuple(
            HiddenQuote(turn=e.turn, quote=e.quote, start=e.start, end=e.end) for e in in_spoken_order(draft.evidence)
        ),
    )


def conduct(review: Review) -> ReviewConduct:
    """Time per competency and drafts accepted without opening any evidence: for the reviewer's own eyes."""
    return ReviewConduct(
        seconds={line.competency: line.seconds for line in review.scores},
        accepted_unopened=tuple(
            line.competency
            for line in review.scores
            if line.choice in ("accepted", "took-draft") and not line.opened_evidence
        ),
    )


def unveil(evidence: Sequence[ReviewEvidence], draft: DraftScore) -> tuple[ReviewEvidence, ...]:
    """The machine's quotes with level and polarity, now that the draft may be seen."""
    shown = {e.id: e for e in machine_quotes(draft, seen=True)}
    return tuple(
        e.model_copy(update={"level": shown[e.id].level, "polarity": shown[e.id].polarity})
        if e.source == "draft" and e.id in shown
        else e
        for e in evidence
    )
