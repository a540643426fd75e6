"""Rubrics in the store: versions, differences, what a change touches, and YAML that comes back the same."""

import pytest
from builders import a_rubric
from scene import Scene

from models.report import RubricRef
from pipeline import rubrics as files
from pipeline.actions import openings, reviewing, rubrics
from pipeline.errors import ConflictError, ForbiddenError, RubricError

TEXT = """
id: short
title: Short
competencies:
  - {id: talk, name: Talking, weight: 60, anchors: {"1": mumbles, "3": speaks, "5": moves people}}
  - {id: care, name: Caring, weight: 40, must_have: true, anchors: {"1": none, "3": some, "5": much}}
questions:
  - {id: q1, text: "Tell me about a talk?", evaluates: [talk]}
"""


@pytest.fixture
def scene(store):
    return Scene(store)


@pytest.mark.parametrize("name", files.bundled())
def test_exported_yaml_is_the_same_version_when_it_comes_back(name):
    rubric = files.load(name)
    assert files.load_text(files.to_yaml(rubric)) == rubric


def test_saved_rubric_is_listed_with_what_uses_it(scene):
    made = rubrics.save(scene.desk("lead"), TEXT)
    ref = RubricRef(id=made.id, version=made.version)
    first = {x.ref.id: x for x in rubrics.versions(scene.desk("ann"))}["short"]
    assert (first.ref, first.openings, first.reviews, first.author) == (ref, 0, 0, scene.people["lead"].id)
    openings.create_job(scene.desk("lead"), "Talker", made)
    assert rubrics.versions(scene.desk("ann"), "short")[0].openings == 1
    assert rubrics.get(scene.desk("ann"), ref) == made
    assert files.load_text(rubrics.export(scene.desk("ann"), ref)) == made
    with pytest.raises(ConflictError, match="already"):
        rubrics.save(scene.desk("lead"), TEXT)
    with pytest.raises(ForbiddenError):
        rubrics.save(scene.desk("ann"), TEXT.replace("Short", "Other"))
    with pytest.raises(ForbiddenError):
        rubrics.versions(scene.desk("aud"))


def test_rubric_that_does_not_hold_together_is_refused_with_its_line(scene):
    broken = TEXT.replace("weight: 40", "weight: 30")
    assert any(finding.severity == "error" for finding in rubrics.lint(broken))
    with pytest.raises(RubricError, match=r"rubric.yaml:\d+"):
        rubrics.save(scene.desk("lead"), broken)
    assert rubrics.lint("::: [") != []


def test_differences_say_what_changed_and_which_scores_it_touches(scene):
    old = rubrics.save(scene.desk("lead"), TEXT)
    new = rubrics.save(
        scene.desk("lead"),
        TEXT.replace("weight: 60", "weight: 55").replace("weight: 40", "weight: 45").replace("moves people", "thrills")
        + "rules:\n  - {kind: count_at_least, level: 4, count: 1}\n",
    )
    found = rubrics.compare(
        scene.desk("ann"), RubricRef(id="short", version=old.version), RubricRef(id="short", version=new.version)
    )
    assert [(x.kind, x.id, x.field, x.competencies) for x in found] == [
        ("competency", "talk", "weight", ()),
        ("competency", "talk", "anchors", ("talk",)),
        ("competency", "care", "weight", ()),
        ("rule", "", "rule", ()),
    ]
    assert "moves people" in found[1].before
    assert "thrills" in found[1].after


def test_impact_names_open_cards_and_changes_nothing(scene):
    scene.analyse()
    scene.submit("bob", {"c1": 3, "c2": 3, "c3": 3})
    card = reviewing.open_review(scene.desk("ann"), scene.interview.id)
    base = a_rubric(must=(1,))
    first, *rest = base.competencies
    new = base.model_copy(
        update={"version": "v2", "competencies": (first.model_copy(update={"definition": "other"}), *rest)}
    )
    found = rubrics.impact(scene.desk("lead"), scene.job.id, new)
    assert [(x.review, x.competencies) for x in found.open_cards] == [(card.id, ("c1",))]
    assert [x.reviewer for x in found.submitted_cards] == [scene.people["bob"].id]
    assert (found.competencies, found.analyses) == (("c1",), 1)
    assert {x.ref.version for x in rubrics.versions(scene.desk("ann"))} == {"v1"}
