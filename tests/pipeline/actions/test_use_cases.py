"""From an opening to a decision, and every way it can go wrong, through the same actions that the command line and
the web use.
"""

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import NOON, a_draft, a_rubric, an_analysis
from scene import Scene

from models.job import Correction
from models.review import HiddenDraft
from models.work import WorkState
from pipeline.actions import (
    analyses,
    auditing,
    calibrating,
    deleting,
    inbox,
    openings,
    panels,
    people,
    reporting,
    reviewing,
    searching,
    uploading,
)
from pipeline.actions.desk import new_id
from pipeline.errors import (
    ConflictError,
    DebriefError,
    EngineError,
    ForbiddenError,
    NotFoundError,
    StorageError,
    UsageError,
)
from pipeline.store import tables, work

ALL = {"c1": 4, "c2": 3, "c3": 5}


@pytest.fixture
def scene(store):
    return Scene(store)


def fix(scene, kind, who="ann", **what):
    return Correction(
        id=new_id(), interview=scene.interview.id, kind=kind, author=scene.people[who].id, at=scene.clock(), **what
    )


def test_from_analysis_to_decision_on_each_database(any_store):
    """The whole way: draft, own scores, reveal, submit, panel, decision; and the audit verifies."""
    scene = Scene(any_store)
    scene.analyse()
    desk = scene.desk("ann")
    card = reviewing.open_review(desk, scene.interview.id)
    assert reviewing.open_review(desk, scene.interview.id) == card
    card = reviewing.rate(desk, card.id, card.version, "c1", 4)
    card = reviewing.accept(desk, card.id, card.version, "c1", reason="the draft saw more")
    card = reviewing.rate(desk, card.id, card.version, "c2", 3)
    card = reviewing.keep(desk, card.id, card.version, "c2")
    card = reviewing.rate(desk, card.id, card.version, "c3", 5)
    card = reviewing.add_evidence(desk, card.id, card.version, "c3", 5, "about zebras")
    card = reviewing.spend(desk, card.id, card.version, "c3", 42, opened=True)
    card = reviewing.conclude(desk, card.id, card.version, "yes", "calm", "thin on data")
    assert reviewing.conduct(desk, card.id).accepted_unopened == ("c1",)
    done = reviewing.submit(desk, card.id, card.version)
    assert [(x.first_score, x.score, x.choice) for x in done.scores] == [
        (4, 3, "took-draft"),
        (3, 3, "kept"),
        (5, 5, "own"),
    ]
    scene.submit("bob", {"c1": 5, "c2": 3, "c3": 5})
    report = panels.panel(scene.desk("lead"), scene.candidate.id)
    assert report.result.total.total == Decimal("3.90"), "(3+5)/2 = 4 at 50 %, 3 at 30 %, 5 at 20 %"
    assert [d.competency for d in report.disagreements] == ["c1"]
    with pytest.raises(ConflictError, match="disagree"):
        panels.decide(scene.desk("lead"), scene.candidate.id, "hire", "good")
    panels.settle(scene.desk("lead"), scene.candidate.id, "c1", "debrief", "bob heard the second story")
    decision = panels.decide(scene.desk("lead"), scene.candidate.id, "hire", "good")
    assert decision.total == Decimal("3.90")
    assert panels.decisions(scene.desk("lead"), scene.candidate.id) == (decision,)
    check = auditing.verify(scene.desk("aud"))
    assert check.faults == ()
    text = "\n".join(auditing.export(scene.desk("aud")))
    for secret in ("Zelda", "zebras", "calm", "saw more", "said so", "example.org"):
        assert secret not in text
    assert json.loads(text.splitlines()[-1])["action"] == "decide"


def test_draft_is_hidden_in_every_answer_until_the_own_score_is_in(scene):
    scene.analyse()
    desk = scene.desk("ann")
    for step in ("unopened", "opened"):
        card = reviewing.open_review(desk, scene.interview.id) if step == "opened" else None
        view = analyses.see_interview(desk, scene.interview.id)
        assert all(isinstance(d, HiddenDraft) for d in view.drafts)
        text = view.model_dump_json(exclude={"rubric"}) + (card.model_dump_json() if card else "")
        for secret in ("SECRET", '"pull"', '"polarity":"+"', '"level":"5"', '"similarity"', '"value"', '"confidence"'):
            assert secret not in text
    card = reviewing.rate(desk, card.id, card.version, "c2", 2)
    kinds = {d.competency: isinstance(d, HiddenDraft) for d in analyses.see_interview(desk, scene.interview.id).drafts}
    assert kinds == {"c1": True, "c2": False, "c3": True}


def test_scorecard_is_filled_by_hand_without_consent_and_nothing_is_analysed(scene):
    quiet = scene.add_interview(scene.candidate, consent="refused")
    with pytest.raises(ForbiddenError, match="consented"):
        scene.analyse(quiet)
    with pytest.raises(ForbiddenError, match="consented"):
        openings.attach_recording(scene.desk("ann"), quiet.id, io.BytesIO(b"x"), quiet.version)
    assert scene.submit("ann", ALL, quiet).state == "submitted"


def test_others_scores_stay_hidden_until_ones_own_are_in(scene):
    theirs = scene.submit("ann", ALL)
    for attempt in (
        lambda: reviewing.read_review(scene.desk("bob"), theirs.id),
        lambda: panels.panel(scene.desk("bob"), scene.candidate.id),
    ):
        with pytest.raises(ForbiddenError):
            attempt()
    scene.submit("bob", ALL)
    assert reviewing.read_review(scene.desk("bob"), theirs.id).score("c1").score == 4
    assert panels.panel(scene.desk("bob"), scene.candidate.id).raters


def test_lead_who_rates_too_sees_no_report_with_others_scores_before_their_own(scene):
    """Ranking, panels, agreement, blind scores and the exports' report alike."""
    scene.submit("ann", ALL)
    second = scene.add_interview(scene.candidate, reviewers=("lead",))
    lead = scene.desk("lead")
    assert panels.ranking(lead, scene.job.id)[0].total is None
    assert panels.panels(lead, scene.job.id) == ()
    assert panels.agreement(lead, scene.job.id).raters == ()
    assert panels.blind_scores(lead) == []
    report = reporting.opening_report(lead, scene.job.id)
    assert (report.candidates[0].reviews, report.candidates[0].panel.result.total.total) == ((), None)
    with pytest.raises(ForbiddenError):
        panels.panel(lead, scene.candidate.id)
    scene.submit("ann", ALL, second)
    scene.submit("lead", ALL, second)
    assert len(reporting.opening_report(lead, scene.job.id).candidates[0].reviews) == 3
    assert panels.ranking(lead, scene.job.id)[0].total == Decimal("3.90")


@pytest.mark.parametrize("who", ["eve", "aud"])
def test_people_without_part_in_an_interview_reach_nothing_of_it(scene, who):
    scene.analyse()
    card = reviewing.open_review(scene.desk("ann"), scene.interview.id)
    desk = scene.desk(who)
    for attempt in (
        lambda: analyses.see_interview(desk, scene.interview.id),
        lambda: reviewing.open_review(desk, scene.interview.id),
        lambda: reviewing.read_review(desk, card.id),
        lambda: reviewing.rate(desk, card.id, card.version, "c1", 3),
        lambda: analyses.correct(desk, fix(scene, "words", who, turn=1, text="x")),
        lambda: panels.panel(desk, scene.candidate.id),
        lambda: panels.ranking(desk, scene.job.id),
        lambda: deleting.delete_interview(desk, scene.interview.id),
    ):
        with pytest.raises(ForbiddenError):
            attempt()


def test_a_review_is_its_owners_alone(scene):
    card = reviewing.open_review(scene.desk("ann"), scene.interview.id)
    for who in ("bob", "admin", "lead"):
        with pytest.raises(ForbiddenError):
            reviewing.rate(scene.desk(who), card.id, card.version, "c1", 3)


def test_two_windows_never_overwrite_each_other(scene):
    desk = scene.desk("ann")
    card = reviewing.open_review(desk, scene.interview.id)
    reviewing.rate(desk, card.id, card.version, "c1", 4)
    with pytest.raises(ConflictError, match="version"):
        reviewing.rate(desk, card.id, card.version, "c1", 2)
    assert reviewing.read_review(desk, card.id).score("c1").score == 4


def test_half_a_card_does_not_count(scene):
    desk = scene.desk("ann")
    card = reviewing.open_review(desk, scene.interview.id)
    card = reviewing.rate(desk, card.id, card.version, "c1", 4)
    with pytest.raises(UsageError, match="not whole"):
        reviewing.submit(desk, card.id, card.version)
    assert panels.panel(scene.desk("lead"), scene.candidate.id).result.total.total is None


def test_reopened_scores_stop_counting_at_once(scene):
    done = scene.submit("ann", ALL)
    lead = scene.desk("lead")
    assert panels.panel(lead, scene.candidate.id).result.total.total == Decimal("3.90")
    with pytest.raises(UsageError, match="reason"):
        reviewing.reopen(scene.desk("ann"), done.id, done.version, reason=" ")
    again = reviewing.reopen(scene.desk("ann"), done.id, done.version, reason="mixed up two people")
    assert panels.panel(lead, scene.candidate.id).result.total.total is None
    again = reviewing.rate(scene.desk("ann"), again.id, again.version, "c1", 2)
    reviewing.submit(scene.desk("ann"), again.id, again.version)
    assert panels.panel(lead, scene.candidate.id).result.total.total == Decimal("2.90")


def test_correction_makes_drafts_stale_flags_scores_and_a_rescore_replaces_only_those(scene):
    first = scene.analyse()
    done = scene.submit("ann", ALL)
    stale = analyses.correct(
        scene.desk("bob"), fix(scene, "words", "bob", turn=1, text="Answer number 1 about horses.")
    )
    assert stale == ("c1",)
    lead = scene.desk("lead")
    report = panels.panel(lead, scene.candidate.id)
    assert report.result.total.waiting == ("c1",)
    assert report.result.total.total is None
    assert [i.state for i in inbox.inbox(scene.desk("ann"))] == ["look again"]
    flagged = reviewing.read_review(scene.desk("ann"), done.id)
    assert flagged.score("c1").score == 4, "a submitted score is never touched"
    reviewing.reaffirm(scene.desk("ann"), done.id, flagged.version, "c1")
    assert panels.panel(lead, scene.candidate.id).result.total.total == Decimal("3.90")

    seen = []

    def scorer(turns, answers, rubric):
        seen.append(turns[1].text)
        return [a_draft(c.id, 5, (1, "about horses")) for c in rubric.competencies]

    changes = analyses.rescore(scene.desk("bob"), scene.interview.id, scorer)
    assert seen == ["Answer number 1 about horses."]
    assert [(x.competency, x.before, x.after) for x in changes] == [("c1", 3.0, 5.0)]
    view = analyses.see_interview(lead, scene.interview.id)
    assert {d.competency: d.score for d in view.drafts} == {"c1": 5, "c2": 3, "c3": 3}
    assert (view.stale, view.turns[1].text) == ({}, "Answer number 1 about horses.")
    assert analyses.rescore(scene.desk("bob"), scene.interview.id, scorer) == ()
    with scene.store.read() as c:
        kept = c.execute(sa.select(tables.analysis.c.body).where(tables.analysis.c.id == first)).scalar()
        assert "zebras" in kept, "the machine's version stays"


def test_stale_draft_can_be_neither_taken_nor_submitted(scene):
    scene.analyse()
    desk = scene.desk("ann")
    card = reviewing.open_review(desk, scene.interview.id)
    card = reviewing.rate(desk, card.id, card.version, "c1", 4)
    card = reviewing.accept(desk, card.id, card.version, "c1", reason="fine")
    analyses.correct(scene.desk("bob"), fix(scene, "words", "bob", turn=1, text="Nothing of the kind."))
    now = reviewing.read_review(desk, card.id)
    assert now.score("c1").flag
    with pytest.raises(ConflictError, match="stale"):
        reviewing.accept(desk, now.id, now.version, "c1", reason="fine")
    for c, v in (("c2", 3), ("c3", 3)):
        now = reviewing.rate(desk, now.id, now.version, c, v)
    now = reviewing.conclude(desk, now.id, now.version, "no", "", "")
    with pytest.raises((ConflictError, UsageError)):
        reviewing.submit(desk, now.id, now.version)


def test_rescore_that_invents_words_or_comes_too_late_writes_nothing(scene):
    scene.analyse()
    analyses.correct(scene.desk("ann"), fix(scene, "words", turn=1, text="New words."))
    with pytest.raises(EngineError):
        analyses.rescore(scene.desk("ann"), scene.interview.id, lambda t, a, r: [a_draft("c1", 5, (1, "never said"))])

    def meanwhile(turns, answers, rubric):
        analyses.correct(scene.desk("bob"), fix(scene, "words", "bob", turn=3, text="Other words."))
        return [a_draft("c1", 5, (1, "New words"))]

    with pytest.raises(ConflictError):
        analyses.rescore(scene.desk("ann"), scene.interview.id, meanwhile)
    assert set(analyses.see_interview(scene.desk("lead"), scene.interview.id).stale) == {"c1", "c2"}


def test_new_rubric_version_leaves_old_cards_and_shows_the_difference(scene):
    scene.analyse()
    scene.submit("ann", ALL)
    newer = a_rubric(40, 40, 20, must=(1,), version="v2")

    def scorer(turns, answers, rubric):
        return [a_draft(c.id, 4, (1, "Answer")) for c in rubric.competencies]

    seen = analyses.rescore(scene.desk("lead"), scene.interview.id, scorer, rubric=newer, dry_run=True)
    assert [(x.before, x.after) for x in seen] == [(3.0, 4.0)] * 3
    with pytest.raises(UsageError, match="rubric version"):
        analyses.rescore(scene.desk("lead"), scene.interview.id, scorer, rubric=newer)
    openings.change_rubric(scene.desk("lead"), scene.job.id, newer, scene.job.version)
    assert panels.panel(scene.desk("lead"), scene.candidate.id).result.total.rubric.version == "v1"
    assert panels.ranking(scene.desk("lead"), scene.job.id)[0].rank is None
    with pytest.raises(UsageError, match="another rubric version"):
        scene.analyse()
    scene.submit("bob", ALL)
    with pytest.raises(ConflictError, match="different rubric versions"):
        panels.panel(scene.desk("lead"), scene.candidate.id)


def test_inbox_says_what_is_due_and_late(scene):
    scene.now = NOON + timedelta(minutes=10)
    mine = inbox.inbox(scene.desk("ann"))
    assert [(i.state, i.late, i.candidate) for i in mine] == [("waiting for analysis", False, "Zelda Quux")]
    assert mine[0].due_at == NOON + timedelta(minutes=30)
    scene.now = NOON + timedelta(minutes=31)
    assert inbox.inbox(scene.desk("ann"))[0].late
    assert inbox.inbox(scene.desk("eve")) == ()


def test_hook_command_gets_a_signed_event_without_names(scene, tmp_path):
    import hashlib
    import hmac

    from pipeline.store.store import signing_key

    script = tmp_path / "hook.sh"
    script.write_text(f'#!/bin/sh\ncat > {tmp_path}/body\nprintf "%s" "$DEBRIEF_SIGNATURE" > {tmp_path}/signature\n')
    script.chmod(0o755)
    inbox.announce(scene.store, str(script), scene.interview.id)
    body = (tmp_path / "body").read_bytes()
    with scene.store.write() as c:
        expected = hmac.new(signing_key(c).encode(), body, hashlib.sha256).hexdigest()
    assert (tmp_path / "signature").read_text() == f"sha256={expected}"
    assert json.loads(body)["interview"] == scene.interview.id
    assert b"Zelda" not in body
    with pytest.raises(StorageError, match="hook failed"):
        inbox.announce(scene.store, "false", scene.interview.id)


def test_hook_webhook_is_posted_with_its_signature(scene):
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers["X-Debrief-Signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    inbox.announce(scene.store, f"http://127.0.0.1:{server.server_port}/", scene.interview.id)
    thread.join()
    server.server_close()
    assert got[0][0].startswith("sha256=")


def test_ranking_and_agreement_with_the_draft_as_one_more_rater(scene):
    scene.analyse()
    scene.submit("ann", ALL)
    second = scene.add_candidate("Other Person")
    scene.submit("ann", {"c1": 1, "c2": 1, "c3": 1}, scene.add_interview(second))
    lead = scene.desk("lead")
    lines = panels.ranking(lead, scene.job.id)
    assert [(x.candidate, x.rank) for x in lines] == [(scene.candidate.id, 1), (second.id, 2)]
    table = panels.agreement(lead, scene.job.id)
    assert panels.DRAFT_RATER in table.raters
    assert len(panels.panels(lead, scene.job.id)) == 2
    assert {(x["level"], x["draft_score"]) for x in panels.blind_scores(lead)} >= {(4, 3), (1, None)}


def test_calibration_session_is_blind_the_same_for_all_and_once_a_month(scene, fixtures):
    samples = calibrating.read_samples(fixtures / "corpus" / "samples" / "csm-2-5y.jsonl")
    chosen = calibrating.session(samples, "2026-11")
    assert chosen == calibrating.session(samples, "2026-11")
    assert {s.level for s in chosen} == {1, 2, 3, 4, 5}
    for who, shift in (("ann", 0), ("bob", 1)):
        for sample in chosen:
            calibrating.rate_sample(scene.desk(who), sample, min(5, sample.level + shift), "2026-11")
    with pytest.raises(ConflictError):
        calibrating.rate_sample(scene.desk("ann"), chosen[0], 3, "2026-11")
    room = {r.rater: r for r in calibrating.results(scene.desk("lead")).raters}
    assert room[scene.people["bob"].id].habit == "lenient"
    assert room[scene.people["ann"].id].exact == 1.0
    assert [r.rater for r in calibrating.results(scene.desk("bob")).raters] == [scene.people["bob"].id]


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("what", ["candidate", "interview"])
def test_deletion_leaves_no_word_and_the_audit_verifies(scene, tmp_path, what):
    sound = openings.attach_recording(
        scene.desk("ann"), scene.interview.id, io.BytesIO(b"ZEBRA-SOUND" * 1000), scene.interview.version
    )
    base = an_analysis(scene.rubric)
    scene.analyse(
        analysis=base.model_copy(update={"source": base.source.model_copy(update={"sha256": sound.recording})})
    )
    analyses.correct(scene.desk("ann"), fix(scene, "words", turn=3, text="Okapi instead."))
    scene.submit("ann", ALL)
    panels.decide(scene.desk("lead"), scene.candidate.id, "hold", "waiting for Quagga")
    before = everything_on_disk(tmp_path)
    assert all(word in before for word in (b"zebras", b"Okapi", b"ZEBRA-SOUND", b"Zelda", b"Quagga"))
    assert searching.search(scene.desk("ann"), "okapi")
    upload = uploading.begin(scene.desk("ann"), "call of Jerboa.m4a", 9, interview_id=scene.interview.id)
    uploading.fail(scene.desk("ann"), upload.id, "line dropped")
    state = WorkState(interview=scene.interview.id, workflow="w", state="failed", cause="Jerboa.m4a: no sound",
                      updated_at=NOON)  # fmt: skip
    with scene.store.write() as c:
        work.put_work(c, state)
    forgotten = []

    def forget(traces):
        forgotten.append(traces)
        return [f"cache:{traces.interview}"]

    admin = scene.desk("admin")
    if what == "candidate":
        receipt = deleting.delete_candidate(admin, scene.candidate.id, forget=[forget])
        gone = (b"zebra", b"Okapi", b"ZEBRA-SOUND", b"Zelda", b"Quux", b"Quagga", b"said so", b"Jerboa", b"okapi")
    else:
        receipt = deleting.delete_interview(admin, scene.interview.id, forget=[forget])
        gone = (b"zebra", b"Okapi", b"ZEBRA-SOUND", b"said so", b"Jerboa", b"okapi")
    assert "Answer number 1 about zebras." in forgotten[0].texts
    assert (receipt.media, receipt.elsewhere) == ((sound.recording,), (f"cache:{scene.interview.id}",))
    assert receipt.removed["review"] == 1
    after = everything_on_disk(tmp_path)
    assert [word for word in gone if word in after] == []
    assert auditing.verify(scene.desk("aud")).faults == ()
    assert deleting.check_receipt(scene.store, receipt)
    assert not deleting.check_receipt(scene.store, receipt.model_copy(update={"media": ()}))
    assert deleting.receipts(admin) == (receipt,)
    with pytest.raises(NotFoundError):
        analyses.see_interview(admin, scene.interview.id)


def test_deletion_that_fails_elsewhere_deletes_nothing_here(scene):
    scene.analyse()

    def broken(traces):
        raise StorageError("The cache is away.", "Repeat.")

    with pytest.raises(StorageError):
        deleting.delete_interview(scene.desk("admin"), scene.interview.id, forget=[broken])
    assert analyses.see_interview(scene.desk("lead"), scene.interview.id).turns


def test_recording_shared_by_two_interviews_goes_with_the_last(scene):
    second = scene.add_interview(scene.candidate)
    for interview in (scene.interview, second):
        held = openings.attach_recording(scene.desk("ann"), interview.id, io.BytesIO(b"same"), interview.version)
    deleting.delete_interview(scene.desk("admin"), scene.interview.id)
    assert scene.store.media.exists(held.recording)
    deleting.delete_interview(scene.desk("admin"), second.id)
    assert not scene.store.media.exists(held.recording)


def test_deletion_that_was_killed_before_the_bytes_went_is_finished_on_opening(scene, tmp_path, monkeypatch):
    held = openings.attach_recording(scene.desk("ann"), scene.interview.id, io.BytesIO(b"x"), scene.interview.version)
    monkeypatch.setattr(type(scene.store), "finish_deletions", lambda self: None)
    deleting.delete_interview(scene.desk("admin"), held.id)
    assert scene.store.media.exists(held.recording)
    monkeypatch.undo()
    again = type(scene.store)(str(scene.store.engine.url), str(tmp_path / "media"))
    assert not again.media.exists(held.recording)


def test_retention_shows_first_and_then_deletes(store):
    scene = Scene(store)
    job = openings.create_job(scene.desk("lead"), "Short", scene.rubric, keep_days=30)
    person = openings.create_candidate(scene.desk("lead"), job.id, "Brief Stay")
    held = scene.add_interview(person)
    assert deleting.due_for_deletion(scene.desk("admin")) == ()
    scene.now = NOON + timedelta(days=31)
    assert [i for i, _ in deleting.due_for_deletion(scene.desk("admin"))] == [held.id]
    receipts = deleting.apply_retention(scene.desk("admin"))
    assert [r.kind for r in receipts] == ["candidate"]
    assert openings.candidates(scene.desk("lead"), job.id) == ()
    assert len(openings.candidates(scene.desk("lead"), scene.job.id)) == 1


def round_of(scene):
    return scene.candidate.id, "second", NOON


BAD = [
    (lambda s: openings.create_job(s.desk("lead"), " ", s.rubric), UsageError),
    (lambda s: openings.create_job(s.desk("lead"), "x", s.rubric, keep_days=0), UsageError),
    (lambda s: openings.create_candidate(s.desk("lead"), "nope", "x"), NotFoundError),
    (lambda s: openings.create_candidate(s.desk("lead"), s.job.id, ""), UsageError),
    (lambda s: openings.create_candidate(s.desk("ann"), s.job.id, "x"), ForbiddenError),
    (lambda s: openings.create_interview(s.desk("lead"), *round_of(s), NOON - timedelta(1), interviewers=["x"]),
     UsageError),
    (lambda s: openings.create_interview(s.desk("lead"), *round_of(s), NOON, interviewers=["x"]), NotFoundError),
    (lambda s: openings.create_interview(s.desk("lead"), *round_of(s), NOON, interviewers=[]), UsageError),
    (lambda s: openings.create_interview(s.desk("lead"), *round_of(s), NOON, interviewers=["x"], covers=["c9"]),
     UsageError),
    (lambda s: openings.set_consent(s.desk("ann"), s.interview.id, "given", 99), ConflictError),
    (lambda s: reviewing.rate(s.desk("ann"), "nope", 1, "c1", 3), NotFoundError),
    (lambda s: reviewing.open_review(s.desk("ann"), "nope"), NotFoundError),
    (lambda s: panels.settle(s.desk("lead"), s.candidate.id, "c1", "debrief", "x"), UsageError),
    (lambda s: panels.settle(s.desk("lead"), s.candidate.id, "c1", "debrief", ""), UsageError),
    (lambda s: panels.decide(s.desk("lead"), s.candidate.id, "hire", "x"), ConflictError),
    (lambda s: panels.decide(s.desk("ann"), s.candidate.id, "hire", "x"), ForbiddenError),
    (lambda s: analyses.correct(s.desk("ann"), fix(s, "words", turn=1, text="x")), UsageError),
    (lambda s: analyses.rescore(s.desk("ann"), s.interview.id, lambda t, a, r: []), UsageError),
    (lambda s: people.add_user(s.desk("admin"), "x", "not-an-address", []), UsageError),
    (lambda s: people.add_user(s.desk("admin"), "x", "ANN@example.org", []), ConflictError),
    (lambda s: people.change_user(s.desk("admin"), s.people["admin"].id, roles=["auditor"]), ConflictError),
    (lambda s: people.first_user(s.store, "x", "x@y"), ConflictError),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "error"), BAD)
def test_bad_input_is_a_clear_error_and_writes_nothing(scene, attempt, error):
    before = auditing.verify(scene.desk("aud"))
    with pytest.raises(error) as caught:
        attempt(scene)
    assert isinstance(caught.value, DebriefError)
    assert caught.value.remedy
    assert auditing.verify(scene.desk("aud")) == before


def test_evidence_must_be_the_candidates_own_words(scene):
    scene.analyse()
    card = reviewing.open_review(scene.desk("ann"), scene.interview.id)
    for turn, quote in ((1, "never said"), (0, "Question 1?"), (99, "x"), (1, " ")):
        with pytest.raises(UsageError):
            reviewing.add_evidence(scene.desk("ann"), card.id, card.version, "c1", turn, quote)


def test_shut_account_may_do_nothing(scene):
    people.change_user(scene.desk("admin"), scene.people["ann"].id, active=False)
    with pytest.raises(ForbiddenError):
        reviewing.open_review(scene.desk("ann"), scene.interview.id)
