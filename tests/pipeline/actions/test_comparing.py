"""Candidates side by side: always as the reviews stand now, whatever was remembered."""

import pytest
from builders import NOON, a_rubric
from scene import Scene

from pipeline.actions import comparing, deleting, openings, panels, reviewing
from pipeline.errors import ForbiddenError, UsageError
from pipeline.judgement.ranking import rank, stand
from pipeline.store import restore
from pipeline.store import totals as totals_kept

GOOD, POOR = {"c1": 5, "c2": 5, "c3": 5}, {"c1": 1, "c2": 2, "c3": 1}


@pytest.fixture
def scene(any_store):
    return Scene(any_store)


def fresh(scene):
    """The ranking without anything remembered."""
    with scene.store.read() as c:
        cards = restore.confirmed(c, job=scene.job.id)
    return rank(scene.rubric, {k: v.scores for k, v in cards.items()}, {k: v.waiting for k, v in cards.items()})


def totals(scene):
    return {line.candidate: line.total for line in panels.ranking(scene.desk("lead"), scene.job.id)}


def test_what_is_remembered_follows_every_change(scene):
    first = scene.candidate.id
    assert totals(scene) == {first: None}
    card = scene.submit("ann", GOOD)
    assert str(totals(scene)[first]) == "5.00"
    other = scene.add_candidate("Other")
    scene.submit("ann", POOR, scene.add_interview(other, reviewers=()))
    lines = panels.ranking(scene.desk("lead"), scene.job.id)
    assert lines == fresh(scene)
    assert [line.candidate for line in lines] == [first, other.id]
    assert panels.ranking(scene.desk("lead"), scene.job.id) is lines
    reviewing.reopen(scene.desk("ann"), card.id, card.version, reason="looked again")
    assert totals(scene)[first] is None
    deleting.delete_candidate(scene.desk("admin"), first)
    assert set(totals(scene)) == {other.id}


def test_what_was_drawn_is_kept_for_the_next_start(scene, monkeypatch):
    """A comparison after a restart draws nobody again whose reviews are as they were."""
    drawn = []

    def noted(rubric, scores, waiting=()):
        drawn.append(len(scores))
        return stand(rubric, scores, waiting)

    monkeypatch.setattr(comparing, "stand", noted)
    scene.submit("ann", GOOD)
    other = scene.add_candidate("Other")
    lead = scene.desk("lead")
    lines = panels.ranking(lead, scene.job.id)
    assert len(drawn) == 2
    comparing.forget()
    assert panels.ranking(lead, scene.job.id) == lines
    assert lines[:1] == fresh(scene)
    assert len(drawn) == 2
    scene.submit("ann", POOR, scene.add_interview(other, reviewers=()))
    comparing.forget()
    assert panels.ranking(lead, scene.job.id) == fresh(scene)
    assert drawn[2:] == [3], "only the changed one"


def test_nothing_drawn_outlives_its_interview(scene):
    scene.submit("ann", GOOD)
    panels.ranking(scene.desk("lead"), scene.job.id)
    deleting.delete_interview(scene.desk("admin"), scene.interview.id)
    with scene.store.read() as c:
        assert totals_kept.kept(c, scene.job.id) == {}
    assert totals(scene)[scene.candidate.id] is None


def test_what_changed_before_it_could_be_kept_is_not_kept(scene, monkeypatch):
    card = scene.submit("ann", GOOD)
    keep = comparing._keep

    def late(store, job):
        reviewing.reopen(scene.desk("ann"), card.id, card.version, reason="looked again")
        keep(store, job)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(comparing, "_keep", late)
        panels.ranking(scene.desk("lead"), scene.job.id)
    with scene.store.read() as c:
        assert totals_kept.kept(c, scene.job.id) == {}
    assert totals(scene)[scene.candidate.id] is None


def test_comparison_shows_averages_spread_and_rules_page_by_page(scene):
    scene.submit("ann", {"c1": 5, "c2": 4, "c3": 3})
    scene.submit("bob", {"c1": 2, "c2": 4, "c3": 3})
    poor = scene.add_candidate("Poor")
    scene.submit("ann", POOR, scene.add_interview(poor, reviewers=()))
    page = comparing.compare(scene.desk("lead"), scene.job.id)
    best, last = page.rows
    assert (best.name, str(best.averages["c1"]), best.spreads["c1"], best.open_disagreements) == (
        "Zelda Quux",
        "3.5000",
        3,
        1,
    )
    assert (last.name, last.outcome, last.rules[0].state) == ("Poor", "disqualified", "not met")
    assert [r.id for r in comparing.compare(scene.desk("lead"), scene.job.id, outcome="disqualified").rows] == [poor.id]
    assert [r.id for r in comparing.compare(scene.desk("lead"), scene.job.id, 2, size=1).rows] == [poor.id]
    assert comparing.compare(scene.desk("lead"), scene.job.id, only=[poor.id]).total == 1
    panels.settle(scene.desk("lead"), scene.candidate.id, "c1", "debrief", "we agreed")
    assert comparing.compare(scene.desk("lead"), scene.job.id).rows[0].open_disagreements == 0
    with pytest.raises(UsageError):
        comparing.compare(scene.desk("lead"), scene.job.id, 0)
    with pytest.raises(ForbiddenError):
        comparing.compare(scene.desk("ann"), scene.job.id)


def test_lead_who_still_has_to_rate_sees_that_candidate_without_scores(scene):
    held = openings.create_interview(
        scene.desk("lead"), scene.candidate.id, "second", NOON, NOON, interviewers=[scene.people["lead"].id]
    )
    scene.submit("ann", GOOD)
    (row,) = comparing.compare(scene.desk("lead"), scene.job.id).rows
    assert (row.hidden, row.total, set(row.averages.values()), row.spreads) == (True, None, {None}, {})
    assert not comparing.compare(scene.desk("admin"), scene.job.id).rows[0].hidden
    scene.submit("lead", GOOD, held)
    assert str(comparing.compare(scene.desk("lead"), scene.job.id).rows[0].total) == "5.00"


def test_many_candidates_are_compared_as_few_are(scene):
    """Above a certain number the cards come from one query."""
    for number in range(comparing.MANY + 2):
        person = scene.add_candidate(f"Person {number}")
        if number % 14 == 0:
            scene.submit("ann", GOOD if number else POOR, scene.add_interview(person, reviewers=()))
    lines = panels.ranking(scene.desk("lead"), scene.job.id)
    assert [line for line in lines if line.total is not None] == list(fresh(scene))


def test_new_rubric_version_leaves_old_cards_without_a_rank(scene):
    scene.submit("ann", GOOD)
    assert str(totals(scene)[scene.candidate.id]) == "5.00"
    changed = a_rubric(40, 40, 20, must=(1,)).model_copy(update={"version": "v2"})
    openings.change_rubric(scene.desk("lead"), scene.job.id, changed, scene.job.version)
    assert totals(scene)[scene.candidate.id] is None


def test_comparison_is_narrowed_by_name_and_by_rule(scene):
    scene.submit("ann", GOOD)
    poor = scene.add_candidate("Poor Soul")
    scene.submit("ann", POOR, scene.add_interview(poor, reviewers=()))
    lead = scene.desk("lead")

    def narrowed(**how):
        return [r.id for r in comparing.compare(lead, scene.job.id, **how).rows]

    assert narrowed(name="soul") == [poor.id]
    assert narrowed(rule=(0, "not met")) == [poor.id]
    assert narrowed(rule=(0, "met"), name="zelda") == [scene.candidate.id]
    assert narrowed(rule=(7, "met")) == []
