"""What people write or say is never run: every field holds an attack, and every page is opened in a browser."""

from __future__ import annotations

import io

import pytest
from builders import an_analysis
from served import Served

from models.transcript import Turn
from pipeline.actions import analyses, openings, people, reviewing

pytestmark = pytest.mark.service

ATTACK = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
    "</script><script>alert(4)</script>{{7*7}}${7*7}javascript:alert(5)\u2028\u202e<a href='javascript:alert(6)'>x</a>"
)


def test_no_attack_runs_in_any_page(served: Served) -> None:
    scene = served.scene
    lead, ann, bob = scene.desk("lead"), scene.desk("ann"), scene.desk("bob")
    people.add_user(scene.desk("admin"), ATTACK, f"{ATTACK[:40].replace(' ', '')}@example.org", ["reviewer"])
    job = openings.create_job(lead, ATTACK, scene.rubric)
    candidate = openings.create_candidate(lead, job.id, ATTACK, ATTACK)
    held = openings.create_interview(
        lead, candidate.id, ATTACK, scene.interview.held_at, scene.interview.ended_at,
        interviewers=[ann.actor], reviewers=[bob.actor], consent="given",
    )  # fmt: skip
    openings.attach_recording(ann, held.id, io.BytesIO(b"<html>" + ATTACK.encode()), held.version)
    question = scene.rubric.questions[0].id
    turns = tuple(
        Turn(t=n, speaker=ATTACK[:30], role="candidate" if n % 2 else "interviewer", start=9.0 * n, end=9.0 * n + 8,
             text=f"{ATTACK} zebra {n}", question=question, kind="answer" if n % 2 else "question")
        for n in range(6)
    )  # fmt: skip
    made = an_analysis(scene.rubric, (), turns)
    with scene.store.read() as c:
        from pipeline.store import interviews

        sha256 = interviews.get_interview(c, held.id).recording or ""
    drafts = tuple(draft.model_copy(update={"evidence": ()}) for draft in made.drafts)
    source = made.source.model_copy(update={"sha256": sha256, "name": ATTACK})
    analyses.attach_analysis(ann, held.id, made.model_copy(update={"source": source, "drafts": drafts}))
    card = reviewing.open_review(bob, held.id)
    for line in card.scores:
        card = reviewing.rate(bob, card.id, card.version, line.competency, 2, reason=ATTACK)
        card = reviewing.note(bob, card.id, card.version, line.competency, ATTACK)
    card = reviewing.add_evidence(bob, card.id, card.version, card.scores[0].competency, 1, ATTACK)
    card = reviewing.conclude(bob, card.id, card.version, "yes", ATTACK, ATTACK)
    reviewing.submit(bob, card.id, card.version)
    ran: list[str] = []
    pages = ["/", "/jobs", f"/jobs/{job.id}", f"/candidates/{candidate.id}", f"/candidates/{candidate.id}/debrief",
             "/compare", f"/compare/{job.id}", f"/interviews/{held.id}", "/search?q=zebra", "/upload", "/account",
             "/admin/people", "/admin/retention?name=script", f"/admin/delete/candidate/{candidate.id}", "/admin/audit",
             "/rubrics", "/calibrate", "/accuracy"]  # fmt: skip
    for name in ("admin", "bob"):
        window = served.sign_in(name)
        page = window.new_page()
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.log('CSP', e.violatedDirective))"
        )
        page.on("console", lambda message: ran.append(message.text) if message.text.startswith("CSP") else None)
        for address in pages:
            page.goto(served.url + address, wait_until="load")
            assert (
                page.evaluate("document.querySelectorAll('script:not([src]):not([type=\"application/json\"])').length")
                == 0
            )
            assert page.evaluate("document.querySelectorAll('[onerror],[onload],a[href^=javascript]').length") == 0
    assert ran == []
