"""Who asks and who answers: one candidate among the speakers, or an honest "unknown"."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from models.rubric import Rubric
from models.speaker import Role, RoleAssignment
from models.transcript import Turn
from pipeline.errors import UsageError
from pipeline.stages.embed import Embedder
from pipeline.stages.question_features import gist
from pipeline.stages.talk_cues import asks, words

ENOUGH = 0.8
"""Below this probability of the likeliest candidate all roles stay unknown."""

_MIN_WORDS, _MIN_SHARE = 30, 0.08  # a stray label of a diarizer is nobody's candidate
_SURENESS = 0.7  # tempers the odds: speakers are alike in more ways than are measured
_FIRST = frozenset(["i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself"])
_SECOND = frozenset(["you", "you're", "you've", "you'd", "you'll", "your", "yours", "yourself"])
_WEIGHTS = {"share": 3.0, "asking": -4.0, "person": 3.0, "told": 2.0, "bank": -6.0}


def assign_roles(
    turns: Sequence[Turn], rubric: Rubric, embedder: Embedder, candidate: str | None = None
) -> RoleAssignment:
    """Exactly one candidate, all others interviewers; or everybody unknown and the reason why.

    Weighs, for each speaker, share of talk, how many turns ask, first person against second person, how long the speaker
    talks after somebody else's question, and the likeness of the turns to the rubric's questions. ``candidate`` (a label)
    decides by itself; UsageError where no speaker has that label.
    """
    labels = sorted({turn.speaker for turn in turns if turn.speaker})
    if candidate is not None:
        if candidate not in labels:
            raise UsageError(
                f"There is no speaker {candidate!r} in this talk.", f"Speakers are: {', '.join(labels) or 'none'}."
            )
        return RoleAssignment(
            roles=_roles(labels, candidate), confidence=1.0, reason=f"{candidate} was named as the candidate."
        )
    if len(labels) < 2:
        return _unknown(labels, "only one voice was told apart" if labels else "no speaker labels")
    features = speaker_features(turns, rubric, embedder)
    scores = {label: sum(_WEIGHTS[name] * value for name, value in features[label].items()) for label in labels}
    said = {label: sum(turn.n_words for turn in turns if turn.speaker == label) for label in labels}
    heard = {
        label: scores[label] for label in labels if said[label] >= _MIN_WORDS and features[label]["share"] >= _MIN_SHARE
    }
    if not heard:
        return _unknown(labels, "nobody says enough to tell")
    best, chance = _likeliest(heard)
    alone = not any(features[label]["asking"] for label in labels if label != best)
    if chance < ENOUGH or (len(heard) == 1 and features[best]["asking"] > 0.5):
        return _unknown(labels, "it is not clear who answers", chance)
    if alone and features[best]["asking"] > 0:
        return _unknown(labels, "the only one who asks is the one who answers; two voices may have been taken for one")
    return RoleAssignment(roles=_roles(labels, best), confidence=round(chance, 4), reason=_reason(best, features[best]))


def with_roles(turns: Sequence[Turn], assignment: RoleAssignment) -> tuple[Turn, ...]:
    """The same turns with each speaker's role; a turn without a known speaker stays unknown."""
    return tuple(
        turn.model_copy(update={"role": assignment.roles.get(turn.speaker or "", "unknown")}) for turn in turns
    )


def speaker_features(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> dict[str, dict[str, float]]:
    """For each label: share, asking, person, told and bank, each roughly 0..1 and higher or lower for a candidate."""
    labels = sorted({turn.speaker for turn in turns if turn.speaker})
    total = sum(turn.n_words for turn in turns if turn.speaker)
    bank = _bank_likeness(turns, rubric, embedder)
    features = {}
    for label in labels:
        own = [turn for turn in turns if turn.speaker == label]
        spoken = [word for turn in own for word in words(turn.text)]
        first, second = sum(w in _FIRST for w in spoken), sum(w in _SECOND for w in spoken)
        told = [
            _log(b.n_words) - _log(a.n_words)
            for a, b in itertools.pairwise(turns)
            if b.speaker == label and a.speaker != label
        ]
        features[label] = {
            "share": sum(turn.n_words for turn in own) / max(1, total),
            "asking": sum(asks(turn.text) for turn in own) / len(own),
            "person": (first - second) / max(5, first + second),
            "told": float(np.mean(told)) if told else 0.0,
            "bank": bank.get(label, 0.0),
        }
    return features


def _bank_likeness(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> dict[str, float]:
    """Mean over the bank's questions of the best cosine to a short turn in which the speaker asks; empty without a bank.

    Only what asks is embedded, and as the question cut reads it: its vectors are needed again there.
    """
    short = [turn for turn in turns if turn.speaker and 4 <= turn.n_words <= 60 and asks(turn.text)]
    if not rubric.questions or not short:
        return {}
    bank = embedder.encode([question.text for question in rubric.questions], lasting=True)
    near = embedder.encode([gist(turn.text) for turn in short]) @ bank.T
    return {
        label: float(
            np.mean(np.max([row for turn, row in zip(short, near, strict=True) if turn.speaker == label], axis=0))
        )
        for label in {turn.speaker for turn in short if turn.speaker}
    }


def _likeliest(scores: Mapping[str, float]) -> tuple[str, float]:
    """The label with the highest score and its softmax share; ties go to the first label."""
    top = max(scores.values())
    parts = {label: math.exp(_SURENESS * (score - top)) for label, score in scores.items()}
    best = max(parts, key=lambda label: parts[label])
    return best, parts[best] / sum(parts.values())


def _roles(labels: Sequence[str], candidate: str) -> dict[str, Role]:
    return {label: "candidate" if label == candidate else "interviewer" for label in labels}


def _unknown(labels: Sequence[str], why: str, chance: float = 0.0) -> RoleAssignment:
    hint = (
        f"name the candidate with --candidate ({', '.join(labels)})"
        if labels
        else "give a transcript that names its speakers"
    )
    return RoleAssignment(
        roles=dict.fromkeys(labels, "unknown"), confidence=round(chance, 4), reason=f"Roles are unknown: {why}; {hint}."
    )


def _reason(label: str, own: Mapping[str, float]) -> str:
    return f"{label} speaks {own['share']:.0%} of the words and asks in {own['asking']:.0%} of the turns."


def _log(n: int) -> float:
    return math.log1p(n) / 5
