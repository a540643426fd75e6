"""The accuracy page's figures: whose, of what, and for whom."""

import pytest
from builders import NOON
from scene import Scene

from pipeline.actions import accuracy, openings, reviewing
from pipeline.errors import ForbiddenError


@pytest.fixture
def scene(any_store):
    made = Scene(any_store)
    made.analyse()
    return made


def settle(scene, name, levels):
    """Rates blind, keeps one's own beside the draft (3 throughout), submits."""
    desk = scene.desk(name)
    card = reviewing.open_review(desk, scene.interview.id)
    for competency, level in levels.items():
        card = reviewing.rate(desk, card.id, card.version, competency, level)
        card = reviewing.keep(desk, card.id, card.version, competency, reason="heard more")
        card = reviewing.note(desk, card.id, card.version, competency, "said so")
    card = reviewing.conclude(desk, card.id, card.version, "yes", "strong", "none")
    return reviewing.submit(desk, card.id, card.version)


def test_drafts_are_compared_with_blind_scores_per_month_and_competency(scene):
    settle(scene, "ann", {"c1": 3, "c2": 4, "c3": 5})
    settle(scene, "bob", {"c1": 3, "c2": 3, "c3": 2})
    found = accuracy.report(scene.desk("lead"), [scene.job.id])
    assert (found.overall.n, found.overall.exact, found.overall.within1) == (6, 0.5, pytest.approx(5 / 6))
    assert [m.n for m in found.months] == [6]
    assert found.competencies[0].name == "c3"
    rates = {rate.competency: (rate.n, rate.overridden) for rate in found.overrides}
    assert rates == {"c1": (2, 0.0), "c2": (2, 0.5), "c3": (2, 1.0)}
    (ann,) = found.interviewers
    assert found.people[ann.person] == "ann"
    assert (ann.interviews, ann.talk_share) == (1, pytest.approx(6 / 21))


def test_interviewer_sees_their_own_figures_alone(scene):
    settle(scene, "ann", {"c1": 3, "c2": 4, "c3": 5})
    settle(scene, "bob", {"c1": 3, "c2": 3, "c3": 2})
    assert accuracy.report(scene.desk("ann")).overall.n == 3
    assert accuracy.report(scene.desk("bob")).interviewers == ()
    assert accuracy.report(scene.desk("eve")).overall.n == 0
    with pytest.raises(ForbiddenError):
        accuracy.report(scene.desk("aud"))


def test_nothing_of_a_candidate_whom_one_has_yet_to_rate_is_counted(scene):
    settle(scene, "ann", {"c1": 3, "c2": 4, "c3": 5})
    openings.create_interview(
        scene.desk("lead"), scene.candidate.id, "second", NOON, NOON, interviewers=[scene.people["lead"].id]
    )
    assert accuracy.report(scene.desk("lead")).overall.n == 0
    assert accuracy.report(scene.desk("admin")).overall.n == 3
