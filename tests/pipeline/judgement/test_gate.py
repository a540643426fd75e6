"""The gate: only a whole, submitted review makes a score that can be weighed. Each test tries one way round."""

import ast
import copy
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from builders import NOON, a_draft, a_review, a_rubric, an_interview, confirmed

import models
import pipeline
from models.report import RubricRef
from models.review import ConfirmedScore, _Gate
from pipeline.errors import DebriefError, RubricError, UsageError
from pipeline.judgement import review as steps
from pipeline.judgement.weighting import weigh

RUBRIC = a_rubric()


def fields(**other):
    given = {"review": "r", "interview": "i", "reviewer": "u", "kind": "interviewer", "competency": "c1", "level": 5}
    return {**given, "rubric": RubricRef(id="r", version="v1"), "quotes": 1, "has_note": True, **other}


def test_gate_is_closed_to_a_made_up_score():
    """Neither without the key nor with a key of one's own making."""
    with pytest.raises(TypeError):
        ConfirmedScore(**fields())
    for key in (None, object(), _Gate()):
        with pytest.raises(TypeError):
            ConfirmedScore(gate=key, **fields())


def test_gate_key_does_not_stick_to_a_score():
    """A real score does not hand its key on: not as an attribute, by replace, by copy, or by pickle."""
    score = confirmed(RUBRIC, {"c1": 3, "c2": 3, "c3": 3})[0]
    assert not hasattr(score, "gate")
    for attempt in (lambda: replace(score, level=5), lambda: copy.copy(score), lambda: pickle.dumps(score)):
        with pytest.raises((TypeError, ValueError)):
            attempt()
    with pytest.raises(AttributeError):
        score.level = 5


def test_gate_key_is_imported_by_review_and_store_alone():
    """Reads every module of the product for the key's name."""
    holders = set()
    for package in (models, pipeline):
        root = Path(package.__file__).parent
        for path in root.rglob("*.py"):
            names = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
            if "_GATE" in names:
                holders.add(path.relative_to(root.parent).as_posix())
    assert holders <= {"models/review.py", "pipeline/judgement/review.py", "pipeline/store/restore.py"}
    assert "pipeline/judgement/review.py" in holders


@pytest.mark.parametrize("impostor", [a_draft("c1", 5), 5, {"level": 5, "competency": "c1"}, None])
def test_weigh_refuses_anything_but_confirmed_scores(impostor):
    with pytest.raises(TypeError):
        weigh(RUBRIC, [impostor])


def test_weigh_refuses_a_look_alike():
    """A subclass with the same fields is not a confirmed score either."""

    class LookAlike(ConfirmedScore):
        def __post_init__(self, gate):
            pass

    with pytest.raises(TypeError):
        weigh(RUBRIC, [LookAlike(gate=None, **fields())])


def test_weigh_refuses_scores_of_another_rubric_version():
    scores = confirmed(RUBRIC, {"c1": 3, "c2": 3, "c3": 3})
    with pytest.raises(RubricError):
        weigh(RUBRIC.model_copy(update={"version": "v2"}), scores)


def test_weigh_refuses_one_person_twice():
    scores = confirmed(RUBRIC, {"c1": 3, "c2": 3, "c3": 3})
    with pytest.raises(ValueError, match="two scores"):
        weigh(RUBRIC, [*scores, scores[0]])


def test_submit_refuses_a_half_confirmed_card():
    """Missing scores, missing words, missing recommendation: each is named."""
    card = steps.open_review("x", an_interview(), RUBRIC, "ann", {}, None, NOON)
    card = steps.rate(card, "c1", 4, None, NOON)
    with pytest.raises(UsageError) as error:
        steps.submit(card, NOON)
    for part in ("c1: a note or a quote is needed", "c2: no score yet", "no overall recommendation"):
        assert part in str(error.value)


def test_submit_refuses_a_flagged_score():
    """A score whose evidence changed is not confirmed until its owner has looked again."""
    card = steps.flag(a_review(RUBRIC, {"c1": 4, "c2": 4, "c3": 4}), ["c2"], "evidence changed")
    with pytest.raises(UsageError, match="evidence changed"):
        steps.submit(card, NOON)
    assert steps.submit(steps.reaffirm(card, "c2", NOON), NOON)[1][1].level == 4


def test_submit_twice_is_a_conflict():
    done, _ = steps.submit(a_review(RUBRIC, {"c1": 4, "c2": 4, "c3": 4}), NOON)
    with pytest.raises(DebriefError):
        steps.submit(done, NOON)
