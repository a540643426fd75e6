"""Lists: what stands where for whom, page by page."""

from datetime import timedelta

import pytest
from builders import NOON, a_rubric
from scene import Scene

from models.work import WorkState
from pipeline.actions import inbox, lists, openings, panels, people, reviewing, uploading
from pipeline.errors import ForbiddenError, NotFoundError, UsageError
from pipeline.store import interviews, work

ALL = {"c1": 4, "c2": 3, "c3": 5}


@pytest.fixture
def scene(any_store):
    return Scene(any_store)


def standing(scene, name="ann"):
    return {row.id: row.state for row in lists.my_interviews(scene.desk(name)).rows}[scene.interview.id]


def test_my_interviews_say_what_the_machine_does_and_what_i_have_to_do(scene):
    held = scene.interview.id
    assert standing(scene) == "waiting for analysis"
    uploading.begin(scene.desk("ann"), "call.m4a", 10, interview_id=held)
    assert standing(scene) == "uploading"
    upload = uploading.uploads(scene.desk("ann"))[0]
    uploading.fail(scene.desk("ann"), upload.id, "line dropped")
    state = WorkState(interview=held, workflow="w", state="running", stage="transcribe", share=0.4, seconds_left=90.0,
                      updated_at=NOON)  # fmt: skip
    with scene.store.write() as c:
        work.put_work(c, state)
    assert standing(scene) == "processing"
    row = lists.my_interviews(scene.desk("ann")).rows[0]
    assert (row.stage, row.share, row.seconds_left) == ("transcribe", 0.4, 90.0)
    with scene.store.write() as c:
        work.put_work(c, state.model_copy(update={"state": "failed", "cause": "no sound", "remedy": "Record again."}))
    row = lists.my_interviews(scene.desk("ann")).rows[0]
    assert (row.state, row.cause, row.remedy) == ("failed", "no sound", "Record again.")
    analysis = scene.analyse()
    assert standing(scene) == "to review"
    assert {row.state for row in lists.interview_rows(scene.desk("lead"), scene.job.id).rows} == {"ready"}
    reviewing.open_review(scene.desk("ann"), held)
    assert standing(scene) == "in draft"
    with scene.store.write() as c:
        interviews.mark_stale(c, analysis, ["c1"], "words corrected")
    assert lists.my_interviews(scene.desk("ann")).rows[0].stale == 1
    scene.submit("bob", ALL)
    assert standing(scene, "bob") == "submitted"
    assert lists.my_interviews(scene.desk("bob"), unfinished=True).total == 0
    row = lists.my_interviews(scene.desk("ann")).rows[0]
    assert (row.asked, row.submitted) == (2, 1)


def test_late_is_who_has_not_submitted_in_time(scene):
    scene.analyse()
    scene.now = NOON + timedelta(days=900)
    assert lists.my_interviews(scene.desk("ann")).rows[0].late
    assert not lists.interview_rows(scene.desk("lead"), scene.job.id).rows[0].late
    scene.submit("ann", ALL)
    assert not lists.my_interviews(scene.desk("ann")).rows[0].late


def test_lists_hold_what_one_may_see_page_by_page(scene):
    for number in range(6):
        openings.create_interview(
            scene.desk("lead"), scene.add_candidate(f"Person {number}").id, "second", NOON, NOON + timedelta(hours=number),
            interviewers=[scene.people["eve"].id],
        )  # fmt: skip
    page = lists.interview_rows(scene.desk("lead"), scene.job.id, 2, size=3)
    assert (len(page.rows), page.total) == (3, 7)
    seen = [x.id for n in (1, 2, 3) for x in lists.interview_rows(scene.desk("lead"), scene.job.id, n, size=3).rows]
    assert len(set(seen)) == 7
    assert lists.interview_rows(scene.desk("ann"), scene.job.id).total == 1
    assert lists.interview_rows(scene.desk("eve")).total == 6
    assert [x.candidate_name for x in lists.interview_rows(scene.desk("lead"), name="zel QU").rows] == ["Zelda Quux"]
    assert lists.interview_rows(scene.desk("lead"), name="%").total == 0
    assert lists.interview_rows(scene.desk("lead"), candidate=scene.candidate.id).total == 1
    assert lists.candidate_rows(scene.desk("lead"), scene.job.id).total == 7
    assert [k.name for k in lists.candidate_rows(scene.desk("ann"), scene.job.id).rows] == ["Zelda Quux"]
    for page, size in ((0, 3), (1, 0), (1, 501)):
        with pytest.raises(UsageError):
            lists.interview_rows(scene.desk("lead"), scene.job.id, page, size=size)
    with pytest.raises(NotFoundError):
        lists.interview_rows(scene.desk("lead"), "nothing")


def test_auditor_sees_no_list(scene):
    for look in (lists.my_interviews, lists.interview_rows, lists.job_rows):
        with pytest.raises(ForbiddenError):
            look(scene.desk("aud"))
    with pytest.raises(ForbiddenError):
        lists.candidate_rows(scene.desk("aud"), scene.job.id)


def test_openings_and_candidates_come_with_their_numbers(scene):
    empty = openings.create_job(scene.desk("lead"), "Empty", scene.rubric)
    scene.submit("ann", ALL)
    scene.submit("bob", ALL)
    panels.decide(scene.desk("lead"), scene.candidate.id, "hold", "wait")
    rows = {row.id: row for row in lists.job_rows(scene.desk("ann"))}
    full = rows[scene.job.id]
    assert (full.candidates, full.interviews, full.asked, full.submitted) == (1, 1, 2, 2)
    assert (rows[empty.id].candidates, rows[empty.id].interviews) == (0, 0)
    line = lists.candidate_rows(scene.desk("lead"), scene.job.id).rows[0]
    assert (line.interviews, line.asked, line.submitted, line.decision) == (1, 2, 2, "hold")
    assert lists.candidate_rows(scene.desk("ann"), scene.job.id).rows[0].decision is None


def test_blind_rater_sees_no_name_before_their_review_is_in(any_store):
    scene = Scene(any_store, rubric=a_rubric(blind=True))
    assert "Zelda" not in str(lists.my_interviews(scene.desk("ann")))
    assert "Zelda" not in str(inbox.inbox(scene.desk("ann")))
    scene.submit("ann", ALL)
    assert "Zelda" in str(lists.my_interviews(scene.desk("ann")))
    people.change_user(scene.desk("admin"), scene.people["ann"].id, active=False)
    with pytest.raises(ForbiddenError):
        lists.my_interviews(scene.desk("ann"))
