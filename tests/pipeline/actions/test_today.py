"""Today and enrolling: what a person's day holds, and how a round gets its candidate."""

from datetime import timedelta

import pytest
from builders import NOON, a_rubric
from scene import Scene

from models.work import WorkState
from pipeline.actions import enrolling, today, uploading
from pipeline.actions.lists import candidate_rows, interview_rows
from pipeline.errors import ForbiddenError, UsageError
from pipeline.store import work


@pytest.fixture
def scene(store):
    return Scene(store)


def put(scene, interview, state, **fields):
    with scene.store.write() as c:
        work.put_work(
            c,
            WorkState(
                interview=interview, workflow=f"{interview}.a.1", state=state, updated_at=scene.clock(), **fields
            ),
        )


def test_every_interview_stands_in_one_group(scene):
    made = {name: scene.add_interview(scene.add_candidate(name)) for name in ("run", "fail", "ready", "done")}
    hand = scene.add_interview(scene.add_candidate("hand"), consent="refused")
    put(scene, made["run"].id, "running", stage="transcribe", share=0.3)
    put(scene, made["fail"].id, "failed", cause="silent", remedy="record again")
    for name in ("ready", "done"):
        scene.analyse(made[name])
    scene.submit("ann", dict.fromkeys(("c1", "c2", "c3"), 3), made["done"])
    held = today.today(scene.desk("ann"))
    assert {r.candidate_name for r in held.waiting} == {"ready", "hand"}
    assert [r.candidate_name for r in held.failed] == ["fail"]
    assert {r.candidate_name for r in held.moving} == {"run", scene.candidate.name}
    assert [r.candidate_name for r in held.submitted] == ["done"]
    assert hand.id in {r.id for r in held.waiting}


def test_who_sent_a_recording_for_others_sees_how_it_goes(scene):
    lead = scene.desk("lead")
    uploading.begin(lead, "call.m4a", 100, interview_id=scene.interview.id)
    assert [r.state for r in today.today(lead).moving] == ["uploading"]
    put(scene, scene.interview.id, "running", stage="decode")
    assert [s.interview for s in today.progress(lead)] == [scene.interview.id]
    assert [s.interview for s in today.progress(scene.desk("bob"))] == [scene.interview.id]
    assert today.progress(scene.desk("eve")) == ()
    assert today.today(scene.desk("eve")) == today.Today()


def test_auditor_has_no_day(scene):
    with pytest.raises(ForbiddenError):
        today.today(scene.desk("aud"))
    with pytest.raises(ForbiddenError):
        today.progress(scene.desk("aud"))


def test_enrolling_finds_the_candidate_of_that_name_or_enters_one(scene):
    lead, ann = scene.desk("lead"), scene.people["ann"].id

    def enroll(name, **more):
        return enrolling.enroll(
            lead, scene.job.id, name, "second", NOON, NOON + timedelta(hours=1), interviewers=[ann], **more
        )

    assert enroll(" zelda  QUUX ").candidate == scene.candidate.id
    other = enroll("Zelda Quux", another=True)
    assert other.candidate != scene.candidate.id
    assert candidate_rows(lead, scene.job.id).total == 2
    twice = enroll("Ned", reviewers=[ann, scene.people["bob"].id])
    assert [(r.user, r.kind) for r in twice.raters] == [(ann, "interviewer"), (scene.people["bob"].id, "reviewer")]


def test_enrolling_that_cannot_be_makes_nothing(scene):
    lead = scene.desk("lead")
    for wrong in ({"interviewers": []}, {"ended_at": NOON - timedelta(hours=3)}, {"name": "  "}):
        given = {"name": "New", "ended_at": NOON, "interviewers": [scene.people["ann"].id], **wrong}
        with pytest.raises(UsageError):
            enrolling.enroll(lead, scene.job.id, given["name"], "first", NOON, given["ended_at"],
                             interviewers=given["interviewers"])  # fmt: skip
    assert candidate_rows(lead, scene.job.id).total == 1
    with pytest.raises(ForbiddenError):
        enrolling.enroll(
            scene.desk("ann"), scene.job.id, "New", "first", NOON, NOON, interviewers=[scene.people["ann"].id]
        )


def test_whom_one_rates_blind_has_no_name_in_lists_and_is_not_found_by_it(store):
    scene = Scene(store, a_rubric(blind=True))
    ann, lead = scene.desk("ann"), scene.desk("lead")
    assert [r.name for r in candidate_rows(ann, scene.job.id).rows] == [f"Candidate {scene.candidate.id[:6]}"]
    assert candidate_rows(ann, scene.job.id, name="zelda").rows == ()
    assert interview_rows(ann, scene.job.id, name="zelda").rows == ()
    assert [r.name for r in candidate_rows(lead, scene.job.id, name="zelda").rows] == ["Zelda Quux"]
    with pytest.raises(ForbiddenError):
        enrolling.find_candidate(ann, scene.job.id, "zelda quux")
