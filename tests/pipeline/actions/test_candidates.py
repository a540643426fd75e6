"""A candidate's scorecard and debrief: what each person sees of it, and when."""

from __future__ import annotations

import pytest
from builders import a_rubric
from scene import Scene

from pipeline.actions import panels, sending
from pipeline.actions.candidates import HIDDEN, candidate_card, candidate_report
from pipeline.actions.debriefing import debrief
from pipeline.actions.reporting import opening_report
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError
from pipeline.exports import csv, html, json
from pipeline.store import audit


@pytest.fixture
def scene(store):
    return Scene(store)


def test_others_scores_are_hidden_until_own_review_is_in(scene):
    scene.submit("bob", {"c1": 4, "c2": 4, "c3": 4})
    card = candidate_card(scene.desk("ann"), scene.candidate.id)
    assert (card.panel, card.reviews, card.why, card.own) == (None, (), HIDDEN, scene.interview.id)
    assert [r.state for r in card.rounds[0].raters] == ["not opened", "submitted"]
    scene.submit("ann", {"c1": 5, "c2": 4, "c3": None})
    card = candidate_card(scene.desk("ann"), scene.candidate.id)
    assert card.panel is not None
    assert {r.reviewer for r in card.reviews} == {scene.people["ann"].id, scene.people["bob"].id}


def test_lead_sees_submitted_scores_and_history_newest_first(scene):
    scene.submit("bob", {"c1": 4, "c2": 4, "c3": 4})
    card = candidate_card(scene.desk("lead"), scene.candidate.id)
    assert card.panel is not None
    assert str(card.panel.result.total.total) == "4.00"
    assert [e.what for e in card.history] == ["review submitted", "added", "added"]
    assert card.history[0].who == "bob"


def test_strangers_auditors_and_lost_candidates_are_refused(scene):
    for name in ("eve", "aud"):
        with pytest.raises(ForbiddenError):
            candidate_card(scene.desk(name), scene.candidate.id)
    with pytest.raises(NotFoundError):
        candidate_card(scene.desk("lead"), "0" * 32)


def test_who_rates_blind_sees_no_name(store):
    scene = Scene(store, rubric=a_rubric(blind=True))
    assert "Zelda" not in candidate_card(scene.desk("ann"), scene.candidate.id).model_dump_json()
    assert candidate_card(scene.desk("lead"), scene.candidate.id).candidate.name == "Zelda Quux"


def test_nothing_leaves_without_a_confirmed_score(scene):
    with pytest.raises(ConflictError):
        candidate_report(scene.desk("lead"), scene.candidate.id)
    scene.submit("bob", {"c1": 4, "c2": 4, "c3": 4})
    (only,) = candidate_report(scene.desk("lead"), scene.candidate.id).candidates
    assert (only.name, only.rank, len(only.reviews)) == ("Zelda Quux", None, 1)
    with pytest.raises(ForbiddenError):
        candidate_report(scene.desk("ann"), scene.candidate.id)


def test_debrief_shows_both_sides_and_the_draft_as_one_more_rater_outside_the_average(scene):
    scene.analyse()
    scene.submit("ann", {"c1": 5, "c2": 3, "c3": 3})
    assert debrief(scene.desk("bob"), scene.candidate.id).columns == ()
    scene.submit("bob", {"c1": 2, "c2": 3, "c3": 3})
    found = debrief(scene.desk("bob"), scene.candidate.id)
    (dispute,) = found.disputes
    assert [v.line.score for v in dispute.low] == [2]
    assert [v.line.note for v in dispute.high] == ["said so"]
    assert [(c.person, c.levels["c1"]) for c in found.columns] == [
        (scene.people["ann"].id, 5),
        (scene.people["bob"].id, 2),
        ("", 3),
    ]
    assert found.agreement is not None
    assert "draft" in found.agreement.raters
    assert found.card.panel is not None
    assert str(found.card.panel.result.total.averages[0].average) == "3.5000"


def exports(scene):
    with scene.store.read() as c:
        return [(e.kind, e.entity, e.actor) for e in audit.entries(c, action="export")]


def test_every_export_is_in_the_audit_log_by_ids_alone(scene):
    with pytest.raises(ConflictError):
        candidate_report(scene.desk("lead"), scene.candidate.id)
    assert exports(scene) == []
    made = scene.submit("bob", {"c1": 4, "c2": 4, "c3": 4})
    lead = scene.people["lead"].id
    candidate_report(scene.desk("lead"), scene.candidate.id)
    opening_report(scene.desk("lead"), scene.job.id)
    sending.greenhouse_file(scene.desk("lead"), made.id)
    assert exports(scene) == [
        ("candidate", scene.candidate.id, lead), ("job", scene.job.id, lead), ("review", made.id, lead),
    ]  # fmt: skip
    for name in ("ann", "aud"):
        with pytest.raises(ForbiddenError):
            opening_report(scene.desk(name), scene.job.id)
    assert len(exports(scene)) == 3
    with scene.store.read() as c:
        assert audit.verify(c).faults == ()
        assert "Quux" not in repr(list(audit.entries(c)))


def test_export_hides_name_scores_and_decision_of_whom_the_exporter_has_yet_to_rate_blind(store):
    scene = Scene(store, rubric=a_rubric(blind=True))
    scene.submit("ann", {"c1": 5, "c2": 5, "c3": 5})
    scene.submit("bob", {"c1": 5, "c2": 5, "c3": 5})
    panels.decide(scene.desk("lead"), scene.candidate.id, "hire", "clear")
    second = scene.add_interview(scene.candidate, reviewers=("lead",))
    report = opening_report(scene.desk("lead"), scene.job.id)
    for content in (csv.table(report), json.document(report), html.page(report)):
        assert "Quux" not in content
        assert "clear" not in content
    (only,) = report.candidates
    assert (only.name, only.reviews, only.decision) == (f"Candidate {scene.candidate.id[:6]}", (), None)
    assert opening_report(scene.desk("admin"), scene.job.id).candidates[0].name == "Zelda Quux"
    scene.submit("lead", {"c1": 5, "c2": 5, "c3": 5}, second)
    after = opening_report(scene.desk("lead"), scene.job.id).candidates[0]
    assert (after.name, after.decision.outcome) == ("Zelda Quux", "hire")
