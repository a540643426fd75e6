"""The accuracy page's figures: whose, of what, and for whom."""

import pytest
from builders import NOON
from scene import Scene

from pipeline.actions import accuracy, deleting, openings, reviewing
from pipeline.errors import ForbiddenError
from pipeline.judgement import accuracy as rules
from pipeline.store import measures


@pytest.fixture
def scene(any_store):
    made = Scene(any_store)
    made.analyse()
    return made


def settle(scene, name, levels, interview=None):
    """Rates blind, keeps one's own beside the draft (3 throughout), submits."""
    desk = scene.desk(name)
    card = reviewing.open_review(desk, (interview or scene.interview).id)
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


def one_by_one(scene, *, hidden=()):
    """The same figures from every settled line by itself, the plain way."""
    with scene.store.read() as c:
        rows = [row for row in measures.scores(c) if row.candidate not in hidden]
    lines = [
        rules.Line(row.submitted_at.strftime("%Y-%m"), row.competency, row.first, bool(row.blind), row.score, row.choice, row.draft)
        for row in rows
    ]  # fmt: skip
    return {
        "overall": rules.draft_accuracy("all", lines), "kappa": rules.draft_kappa(lines),
        "months": rules.by_month(lines), "competencies": rules.by_competency(lines),
        "overrides": rules.override_rates(lines),
    }  # fmt: skip


def shown(scene, name):
    found = accuracy.report(scene.desk(name))
    return {key: getattr(found, key) for key in ("overall", "kappa", "months", "competencies", "overrides")}


def test_figures_counted_by_the_database_are_those_of_every_line_by_itself(scene):
    settle(scene, "ann", {"c1": 3, "c2": 4, "c3": 5})
    settle(scene, "bob", {"c1": 1, "c2": 4, "c3": 2})
    first = scene.candidate
    other = scene.add_interview(scene.add_candidate("Yann Other"))
    scene.analyse(other)
    settle(scene, "ann", {"c1": 3, "c2": 2, "c3": 5}, other)
    assert shown(scene, "lead") == one_by_one(scene)
    openings.create_interview(
        scene.desk("lead"), first.id, "second", NOON, NOON, interviewers=[scene.people["lead"].id]
    )
    assert shown(scene, "lead") == one_by_one(scene, hidden={first.id})
    assert shown(scene, "admin") == one_by_one(scene)


def test_what_was_counted_before_is_counted_again_after_a_change(scene):
    settled = settle(scene, "ann", {"c1": 3, "c2": 4, "c3": 5})
    assert accuracy.report(scene.desk("lead")).overall.n == 3
    settle(scene, "bob", {"c1": 1, "c2": 4, "c3": 2})
    assert accuracy.report(scene.desk("lead")).overall.n == 6
    reviewing.reopen(scene.desk("ann"), settled.id, settled.version, reason="something was missed")
    assert accuracy.report(scene.desk("lead")).overall.n == 3
    deleting.delete_interview(scene.desk("admin"), scene.interview.id)
    after = accuracy.report(scene.desk("lead"))
    assert (after.overall.n, after.interviewers) == (0, ())
