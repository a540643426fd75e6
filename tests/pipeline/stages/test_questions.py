"""The cut per question: what belongs to which question, and what lies outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.transcript import Turn
from pipeline.rubrics import load
from pipeline.stages import questions
from pipeline.stages.question_names import cheapest
from pipeline.stages.questions import Cut, answers_of, cut

if TYPE_CHECKING:
    from pipeline.wiring import Engines

BANK = load("csm-2-5y")
NO_BANK = load("senior-csm")

SCRIPT = (
    ("interviewer", "Hi Sam, good to meet you. Can you hear me all right?"),
    ("candidate", "Yes, loud and clear, thanks."),
    (
        "interviewer",
        "Great. So let's start with the accounts you manage. How did you define success for them and which numbers did you track?",
    ),
    (
        "candidate",
        "I had forty accounts and I looked at logins and renewals every Monday. When one went quiet I rang the owner and we made a plan together.",
    ),
    ("interviewer", "And what happened with the one that went quiet?"),
    ("candidate", "They came back after three weeks, and they renewed in the spring for two more years."),
    ("interviewer", "Okay, next one. Tell me about a complicated onboarding that you led. What steps did you take?"),
    ("candidate", "A hospital with four sites. I trained the first site myself and wrote down what they got wrong."),
    ("interviewer", "Mm-hm."),
    ("candidate", "Then the others took half the time, and the last one went live without me."),
    ("interviewer", "Great. That's it from my side. What questions do you have for me?"),
    ("candidate", "How big is the team, and is it all remote?"),
    ("interviewer", "Six people, two days in the office."),
    ("candidate", "Good, thank you."),
    ("interviewer", "Thanks for your time, Sam. You'll hear from us by Friday. Bye."),
    ("candidate", "Thank you, bye."),
)


def spoken(script: tuple[tuple[str, str], ...] = SCRIPT) -> tuple[Turn, ...]:
    return tuple(
        Turn.model_validate({"t": at, "speaker": role[:1].upper(), "role": role, "text": text})
        for at, (role, text) in enumerate(script)
    )


@pytest.fixture(scope="module")
def plain_cut(engines: Engines) -> Cut:
    return cut(spoken(), BANK, engines.embedder)


def test_cut_gives_every_turn_a_place(plain_cut: Cut) -> None:
    labels = [turn.question or turn.kind for turn in plain_cut.turns]
    assert labels[:2] == ["small-talk"] * 2
    assert labels[2:6] == ["q1"] * 4
    assert labels[6:10] == ["q2"] * 4
    assert labels[10:14] == ["candidate-questions"] * 4
    assert labels[14:] == ["closing"] * 2


def test_cut_tells_question_probe_answer_and_backchannel_apart(plain_cut: Cut) -> None:
    kinds = [turn.kind for turn in plain_cut.turns[2:10]]
    assert kinds == ["question", "answer", "probe", "answer", "question", "answer", "backchannel", "answer"]
    assert [(a.question, a.asked_in, a.probes_in) for a in plain_cut.answers] == [("q1", (2,), (4,)), ("q2", (6,), ())]


def test_cut_names_what_was_asked_and_what_never_was(plain_cut: Cut) -> None:
    assert plain_cut.never_asked == ("q3", "q4", "q5")
    assert set(plain_cut.asked) == {c for q in BANK.questions[:2] for c in q.evaluates}


def test_cut_keeps_words_and_numbers_of_the_turns(plain_cut: Cut) -> None:
    assert [(turn.t, turn.text, turn.role) for turn in plain_cut.turns] == [(t.t, t.text, t.role) for t in spoken()]


def test_cut_finds_free_questions_without_a_bank(engines: Engines) -> None:
    found = cut(spoken(), NO_BANK, engines.embedder)
    assert [answer.question for answer in found.answers] == ["free-1", "free-2"]
    assert found.asked == ()
    assert found.never_asked == ()


def test_cut_survives_raw_text_without_marks(engines: Engines) -> None:
    raw = tuple((role, "".join(ch for ch in text.lower() if ch.isalnum() or ch in " '")) for role, text in SCRIPT)
    found = cut(spoken(raw), BANK, engines.embedder)
    assert [answer.question for answer in found.answers] == ["q1", "q2"]


def test_cut_is_the_same_every_time(engines: Engines, plain_cut: Cut) -> None:
    assert cut(spoken(), BANK, engines.embedder) == plain_cut


def test_cut_again_is_remembered_without_a_word_of_the_talk(
    engines: Engines, plain_cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> object:
        raise AssertionError("read again")

    with monkeypatch.context() as patch:
        patch.setattr(questions, "read_talk", never)
        assert cut(spoken(), BANK, engines.embedder) == plain_cut
        with pytest.raises(AssertionError, match="read again"):
            cut(spoken(SCRIPT[:-1]), BANK, engines.embedder)
    assert "onboarding" not in repr(questions._CUTS)


def test_cut_remembers_a_bounded_number_of_talks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "REMEMBERED", 2)
    monkeypatch.setattr(questions, "_CUTS", {})
    for key in (b"1", b"2", b"3"):
        assert questions._remembered(key, lambda: ()) == ()
    assert list(questions._CUTS) == [b"2", b"3"]


def test_cut_of_nothing_is_empty(engines: Engines) -> None:
    assert cut((), BANK, engines.embedder).answers == ()


def test_cut_without_roles_still_places_every_turn(engines: Engines) -> None:
    unknown = tuple(turn.model_copy(update={"role": "unknown", "speaker": None}) for turn in spoken())
    found = cut(unknown, BANK, engines.embedder)
    assert all(turn.question or turn.kind for turn in found.turns)


def test_answers_of_gives_a_returning_question_a_second_entry() -> None:
    labels = ("q1", "q1", "q2", "q1", None)
    turns = [Turn(t=at, speaker="S1", text="x", question=label) for at, label in enumerate(labels)]
    assert [(a.question, a.turns) for a in answers_of(turns)] == [("q1", (0, 1)), ("q2", (2,)), ("q1", (3,))]


@pytest.mark.parametrize("interview", ["dev-a-05", "dev-wss-01"])
def test_cut_agrees_with_the_key_on_most_words(engines: Engines, fixtures: Path, interview: str) -> None:
    corpus = fixtures / "corpus"
    data = json.loads((corpus / "interviews" / f"{interview}.json").read_text())
    truth = json.loads((corpus / "truth" / f"{interview}.json").read_text())
    rubric = BANK if truth["rubric"] == BANK.id else load(str(corpus / "rubrics" / f"{truth['rubric']}.json"))
    turns = tuple(Turn(**turn, role=truth["roles"][turn["speaker"]]) for turn in data["turns"])
    want = {t: s["question"] or s["kind"] for s in truth["segments"] for t in s["turns"]}
    found = cut(turns, rubric, engines.embedder).turns
    right = sum(turn.n_words for turn in found if (turn.question or turn.kind) == want[turn.t])
    assert right >= 0.85 * sum(turn.n_words for turn in found)


def test_blocks_and_questions_are_matched_as_cheaply_as_scipy_does() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    random = np.random.default_rng(3)
    for _ in range(200):
        n = int(random.integers(1, 12))
        cost = random.normal(size=(n, n + int(random.integers(0, 8)))).round(1)
        columns = cheapest(cost)
        assert len(set(columns)) == n
        assert cost[range(n), columns].sum() == pytest.approx(cost[optimize.linear_sum_assignment(cost)].sum())
