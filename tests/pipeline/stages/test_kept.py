"""What a scorer has read of a talk, kept as bytes."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

from models.transcript import Turn
from pipeline.rubrics import load
from pipeline.stages.kept import Kept, KeptVectors, packed, unpacked

if TYPE_CHECKING:
    from pipeline.wiring import Engines

ANSWER = (
    "I called the customer every week, found out that three of their reports were wrong, and fixed them with our "
    "engineers. They renewed for two years, and churn in my book went from nine to four per cent."
)
TURNS = tuple(
    Turn(t=t, speaker=s, role=r, start=t * 10.0, end=t * 10.0 + 9, text=text)
    for t, (s, r, text) in enumerate(
        [("S1", "interviewer", "Tell me about a customer that you won back."), ("S2", "candidate", ANSWER)]
    )
)


def test_kept_readings_give_the_same_drafts_without_reading_again(engines: Engines) -> None:
    """A scorer that takes readings back scores as the one that read."""
    rubric = load("csm-2-5y")
    scorer = engines.scorer
    scorer.forget()
    first = scorer.score(TURNS, (), rubric)
    kept = scorer.kept(TURNS)
    scorer.forget()
    scorer.recall(kept)
    assert scorer._talks.keys()
    assert scorer.score(TURNS, (), rubric) == first
    scorer.forget()


def test_what_another_engine_read_or_embedded_is_left_alone(engines: Engines) -> None:
    """Readings of other weights are not taken, and the scorer says so."""
    scorer = engines.scorer
    talk = unpacked(scorer.kept(TURNS))
    assert isinstance(talk, Kept)
    assert not scorer.recall(packed(talk._replace(scorer="other")))
    assert not scorer.recall(packed(KeptVectors("other", talk.key, {})))
    assert not scorer.recall(b"rubbish")
    scorer.forget()


def test_bytes_that_name_other_code_are_refused() -> None:
    """Nothing is run that the bytes ask for, and rubbish is no reading."""

    class Bad:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.system, ("touch /tmp/should-not-be",))

    assert unpacked(pickle.dumps(Bad())) is None
    assert unpacked(b"rubbish") is None
    assert unpacked(b"") is None
