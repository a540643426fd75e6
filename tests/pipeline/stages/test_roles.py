"""Roles: who asks and who answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.transcript import Turn
from pipeline.errors import UsageError
from pipeline.rubrics import load
from pipeline.stages.roles import assign_roles, with_roles

if TYPE_CHECKING:
    from pipeline.wiring import Engines

RUBRIC = load("csm-2-5y")


def talk(fixtures: Path, interview: str) -> tuple[Turn, ...]:
    data = json.loads((fixtures / "corpus" / "interviews" / f"{interview}.json").read_text())
    return tuple(Turn(**turn) for turn in data["turns"])


def renamed(turns: tuple[Turn, ...], names: dict[str, str]) -> tuple[Turn, ...]:
    return tuple(turn.model_copy(update={"speaker": names[turn.speaker or ""]}) for turn in turns)


@pytest.mark.parametrize(
    ("interview", "candidate"),
    [("dev-a-04", "S2"), ("dev-a-05", "S1"), ("dev-a-08", "S1")],
    ids=["panel-of-two", "raw-text-candidate-is-S1", "terse-candidate-talkative-interviewer"],
)
def test_roles_find_the_one_candidate(engines: Engines, fixtures: Path, interview: str, candidate: str) -> None:
    turns = talk(fixtures, interview)
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert [label for label, role in found.roles.items() if role == "candidate"] == [candidate]
    assert found.roles.keys() == {turn.speaker for turn in turns}
    assert found.confidence > 0.8


def test_roles_work_with_imported_names(engines: Engines, fixtures: Path) -> None:
    turns = renamed(talk(fixtures, "dev-a-01"), {"S1": "Rob Marsh", "S2": "Kayla Diaz"})
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert found.roles == {"Kayla Diaz": "candidate", "Rob Marsh": "interviewer"}


def test_roles_ignore_a_stray_label_of_the_diarizer(engines: Engines, fixtures: Path) -> None:
    turns = list(talk(fixtures, "dev-a-01"))
    turns[3] = turns[3].model_copy(update={"speaker": "S3"})
    turns[14] = turns[14].model_copy(update={"speaker": "S4"})
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert [label for label, role in found.roles.items() if role == "candidate"] == ["S2"]


def test_roles_follow_the_person_who_names_the_candidate(engines: Engines, fixtures: Path) -> None:
    found = assign_roles(talk(fixtures, "dev-a-01"), RUBRIC, engines.embedder, candidate="S1")
    assert found.roles == {"S1": "candidate", "S2": "interviewer"}
    assert found.confidence == 1.0


def test_roles_refuse_a_candidate_who_does_not_speak(engines: Engines, fixtures: Path) -> None:
    with pytest.raises(UsageError, match="S1, S2"):
        assign_roles(talk(fixtures, "dev-a-01"), RUBRIC, engines.embedder, candidate="S7")


def test_roles_stay_unknown_where_only_one_speaks(engines: Engines) -> None:
    turns = [Turn(t=0, speaker="S1", text="I ran forty accounts and I kept most of them for years. " * 5)]
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert found.roles == {"S1": "unknown"}
    assert "--candidate" in found.reason


def test_roles_stay_unknown_where_two_voices_were_taken_for_one(engines: Engines, fixtures: Path) -> None:
    """All that the interviewer asks has the candidate's label, and a few stray words have one of their own."""
    turns = []
    for turn in talk(fixtures, "dev-a-01"):
        for part in turn.text.split(". "):
            turns += [Turn(t=0, speaker="S1", text=part), Turn(t=0, speaker="S2", text="Right.")]
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert set(found.roles.values()) == {"unknown"}
    assert "--candidate" in found.reason


def test_roles_stay_unknown_without_speakers(engines: Engines) -> None:
    turns = [Turn(t=0, speaker=None, text="Tell me about your accounts."), Turn(t=1, speaker=None, text="I had forty.")]
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert found.roles == {}
    assert {turn.role for turn in with_roles(turns, found)} == {"unknown"}
    assert found.reason


def test_roles_stay_unknown_where_two_say_the_same(engines: Engines) -> None:
    lines = [
        "I went to the market with my sister and we bought apples and pears for the week.",
        "So did I, really.",
    ] * 2
    turns = [Turn(t=at, speaker=("S1", "S2")[(at // 2 + at) % 2], text=lines[at // 2 * 2 % 2]) for at in range(12)]
    found = assign_roles(turns, RUBRIC, engines.embedder)
    assert set(found.roles.values()) == {"unknown"}
    assert "--candidate" in found.reason
