"""Evidence units: all of the candidate's words, in pieces that can be quoted."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from models.transcript import Turn
from pipeline.stages.evidence import find_units
from pipeline.stages.reading import windows


def turns_of(fixtures: Path, interview: str) -> tuple[Turn, ...]:
    """An interview of the corpus with the roles of its key."""
    talk = json.loads((fixtures / "corpus" / "interviews" / f"{interview}.json").read_text("utf-8"))
    roles = json.loads((fixtures / "corpus" / "truth" / f"{interview}.json").read_text("utf-8"))["roles"]
    return tuple(
        Turn(t=t["t"], speaker=t["speaker"], role=roles[t["speaker"]], start=t["start"], end=t["end"], text=t["text"])
        for t in talk["turns"]
    )


def test_units_are_the_candidates_and_hold_every_word_once(fixtures: Path) -> None:
    turns = turns_of(fixtures, "dev-a-07")
    candidate = {turn.t: turn.text for turn in turns if turn.role == "candidate"}
    units = find_units(turns)
    assert {unit.turn for unit in units} <= set(candidate)
    assert sum(unit.n_words for unit in units) == sum(unit.n_words for unit in set(units))
    for number, text in candidate.items():
        inside = [unit for unit in units if unit.turn == number]
        assert all(a.end <= b.start for a, b in itertools.pairwise(inside))
        left = text
        for unit in inside:
            left = left.replace(text[unit.start : unit.end], "", 1)
        assert not any(letter.isalnum() for letter in left)


def test_text_without_punctuation_is_cut_at_clauses(fixtures: Path) -> None:
    """Raw recogniser output: no unit is longer than a spoken sentence."""
    units = find_units(turns_of(fixtures, "dev-da-02"))
    assert max(unit.n_words for unit in units) <= 36
    assert sum(unit.n_words for unit in units) / len(units) < 22


def test_sentences_end_units() -> None:
    turn = Turn(
        t=0, speaker="S1", role="candidate", text="I rang the customer on the same day. They renewed it for two years."
    )
    assert [turn.text[unit.start : unit.end] for unit in find_units([turn])] == [
        "I rang the customer on the same day.",
        "They renewed it for two years.",
    ]


def test_windows_read_every_word_of_the_candidate_once(fixtures: Path) -> None:
    turns = turns_of(fixtures, "dev-b-03")
    said = [(word.turn, word.start) for window in windows(turns) for word in window if word.turn >= 0]
    assert len({turn for turn, _ in said}) == sum(turn.role == "candidate" for turn in turns)
    assert sorted(said) == said


def test_windows_stay_short_in_a_long_answer() -> None:
    turn = Turn(t=3, speaker="S1", role="candidate", text="we checked every invoice twice before lunch " * 200)
    assert max(len(window) for window in windows([turn])) <= 160
