"""Uploads in pieces: they go on after a break, arrive whole or not at all, and belong to who sends them."""

import hashlib
import io
from datetime import UTC, datetime

import pytest
from builders import an_analysis
from scene import Scene

from models.report import Source
from models.work import WorkState
from pipeline.actions import deleting, openings, uploading
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError, SourceError, UsageError
from pipeline.store import work

SOUND = b"sound of a call" * 100
SHA = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def scene(any_store):
    return Scene(any_store)


def test_upload_goes_on_where_it_stopped_and_becomes_the_recording(scene):
    desk, interview = scene.desk("ann"), scene.interview
    upload = uploading.begin(desk, "call.m4a", len(SOUND), sha256=SHA, interview_id=interview.id)
    uploading.received(desk, upload.id, 0, 700)
    again = uploading.begin(desk, "call.m4a", len(SOUND), sha256=SHA, interview_id=interview.id)
    assert (again.id, again.received) == (upload.id, 700)
    uploading.received(desk, upload.id, 700, len(SOUND))
    done = uploading.complete(desk, upload.id, io.BytesIO(SOUND))
    assert (done.state, done.sha256) == ("complete", SHA)
    assert uploading.complete(desk, upload.id, io.BytesIO(SOUND)) == done
    held = uploading.attach(desk, upload.id, interview.id, interview.version)
    assert held.recording == SHA
    assert uploading.already_here(desk, SHA).id == interview.id
    assert uploading.already_here(scene.desk("eve"), SHA) is None


def test_piece_that_comes_twice_is_a_conflict(scene):
    desk = scene.desk("ann")
    upload = uploading.begin(desk, "call.m4a", 100)
    uploading.received(desk, upload.id, 0, 50)
    with pytest.raises(ConflictError):
        uploading.received(desk, upload.id, 0, 60)
    with pytest.raises(UsageError):
        uploading.received(desk, upload.id, 50, 101)
    assert uploading.get(desk, upload.id).received == 50


def test_damaged_upload_fails_and_leaves_no_bytes(scene):
    desk = scene.desk("ann")
    upload = uploading.begin(desk, "call.m4a", len(SOUND), sha256="0" * 64)
    with pytest.raises(SourceError, match="damaged"):
        uploading.complete(desk, upload.id, io.BytesIO(SOUND))
    assert uploading.get(desk, upload.id).state == "failed"
    assert scene.store.media.hashes() == ()


def test_upload_is_its_senders_alone_and_needs_the_right_and_consent(scene):
    upload = uploading.begin(scene.desk("ann"), "call.m4a", 5)
    with pytest.raises(NotFoundError):
        uploading.get(scene.desk("admin"), upload.id)
    for name in ("aud", "bob"):
        with pytest.raises(ForbiddenError):
            uploading.begin(scene.desk(name), "call.m4a", 5)
    refused = scene.add_interview(scene.candidate, consent="refused")
    with pytest.raises(ForbiddenError, match="consent"):
        uploading.begin(scene.desk("ann"), "call.m4a", 5, interview_id=refused.id)
    for size in (0, uploading.LARGEST + 1):
        with pytest.raises(UsageError):
            uploading.begin(scene.desk("ann"), "call.m4a", size)


def test_incomplete_or_second_recording_is_not_attached(scene):
    desk, interview = scene.desk("ann"), scene.interview
    upload = uploading.begin(desk, "call.m4a", len(SOUND))
    with pytest.raises(ConflictError, match="complete"):
        uploading.attach(desk, upload.id, interview.id, interview.version)
    uploading.complete(desk, upload.id, io.BytesIO(SOUND))
    held = openings.attach_recording(desk, interview.id, io.BytesIO(b"0" * 10), interview.version)
    sha256 = held.recording
    made = an_analysis(scene.rubric).model_copy(update={"source": Source(name="a", sha256=sha256, duration_s=60.0)})
    scene.analyse(held, made)
    with pytest.raises(ConflictError, match="another recording"):
        uploading.attach(desk, upload.id, interview.id, held.version + 1)


def test_recording_of_which_nothing_was_made_is_replaced_and_its_bytes_go(scene):
    desk, interview = scene.desk("ann"), scene.interview
    silent = uploading.begin(desk, "silent.wav", 5, interview_id=interview.id)
    uploading.complete(desk, silent.id, io.BytesIO(b"hush!"))
    held = uploading.attach(desk, silent.id, interview.id, interview.version)
    upload = uploading.begin(desk, "call.m4a", len(SOUND), interview_id=interview.id)
    uploading.complete(desk, upload.id, io.BytesIO(SOUND))
    assert uploading.attach(desk, upload.id, interview.id, held.version).recording == SHA
    assert scene.store.media.hashes() == (SHA,)
    assert [u.id for u in uploading.uploads(desk)] == [upload.id]


def test_failed_or_unwanted_upload_says_why_and_can_be_discarded(scene):
    desk = scene.desk("ann")
    failed = uploading.fail(desk, uploading.begin(desk, "a.wav", 5).id, "a video without sound")
    assert uploading.uploads(desk) == (failed,)
    kept = uploading.complete(desk, uploading.begin(desk, "b.wav", len(SOUND)).id, io.BytesIO(SOUND))
    uploading.discard(desk, failed.id)
    uploading.discard(desk, kept.id)
    assert uploading.uploads(desk) == ()
    assert scene.store.media.hashes() == ()


def test_deletion_takes_uploads_and_work_along_and_tells_where_else_to_look(scene):
    desk, interview = scene.desk("ann"), scene.interview
    upload = uploading.begin(desk, "Zelda Quux.m4a", len(SOUND), interview_id=interview.id)
    uploading.complete(desk, upload.id, io.BytesIO(SOUND))
    uploading.attach(desk, upload.id, interview.id, interview.version)
    twin = uploading.begin(desk, "Zelda again.m4a", len(SOUND))
    uploading.complete(desk, twin.id, io.BytesIO(SOUND))
    state = WorkState(interview=interview.id, workflow="w1", state="failed", cause="Zelda Quux.m4a: no sound",
                      updated_at=datetime(2026, 11, 20, tzinfo=UTC))  # fmt: skip
    with scene.store.write() as c:
        work.put_work(c, state.model_copy(update={"state": "running", "cause": ""}))
        work.put_work(c, state)
        assert work.works(c, [interview.id, "none"]) == {interview.id: state}
        assert work.works_in(c, "failed", "waiting") == (state,)
        assert work.work_counts(c) == {"failed": 1}
    told = []
    receipt = deleting.delete_interview(
        scene.desk("admin"), interview.id, forget=[lambda trace: told.append(trace) or [trace.workflow]]
    )
    assert (receipt.removed["upload"], receipt.removed["work"], receipt.media) == (2, 1, (SHA,))
    assert (told[0].uploads, told[0].workflow, receipt.elsewhere) == ((upload.id,), "w1", ("w1",))
    assert scene.store.media.hashes() == ()
