"""Who may do what by request: every route of the app with the people who may use it.

A admin, L hiring lead, I the interviewer of the round (her review is in draft), R its reviewer (his review is in), E an
interviewer of other rounds, U the auditor. Everyone else is refused, and nobody at all gets in without signing in,
except where ``OPEN`` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PEOPLE = {"A": "admin", "L": "lead", "I": "ann", "R": "bob", "E": "eve", "U": "aud"}
STAFF, EVERYONE, OPEN = "ALIRE", "ALIREU", "ALIREU-"


@dataclass(frozen=True)
class Row:
    """One request: ``who`` may make it, ``form`` or ``json`` is sent, ``use`` fills the address otherwise than usual."""

    who: str
    form: dict[str, Any] | None = None
    json: Any = None
    query: dict[str, str] = field(default_factory=dict)
    use: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    files: dict[str, str] | None = None


MINE = {"version": 2, "competency": "c1"}
ROUND = {"job": "{job}", "name": "New One", "round": "first", "held_at": "2026-11-20T10:00:00Z", "minutes": 30,
         "interviewers": ["{ann}"], "consent": "given"}  # fmt: skip
WORDS = {"kind": "words", "turn": 1, "text": "Answer number 1 about horses."}

TABLE: dict[str, Row | list[Row]] = {
    # getting in
    "GET /sign-in": Row(OPEN),
    "POST /sign-in": Row(OPEN, form={"email": "nobody@example.org", "password": "wrong"}),
    "GET /link/{secret}": Row(OPEN),
    "POST /link/{secret}": Row(OPEN),
    "POST /sign-out": Row(EVERYONE),
    "GET /healthz": Row(OPEN),
    "GET /readyz": Row(OPEN),
    "GET /account": Row(EVERYONE),
    "POST /account/password": Row(EVERYONE, form={"password": "a long enough phrase", "again": "a long enough phrase"}),
    "POST /account/tokens": Row(EVERYONE, form={"name": "t"}),
    "POST /account/tokens/{token_id}/remove": Row("A"),
    "POST /account/sign-out-everywhere": Row(EVERYONE),
    "GET /api/openapi.json": Row(EVERYONE),
    # the day
    "GET /": Row(EVERYONE),
    "GET /api/progress": Row(STAFF),
    "GET /api/events": Row(STAFF),
    "POST /interviews/{interview_id}/retry": Row("ALI"),
    "POST /interviews/{interview_id}/cancel": Row("ALI"),
    # what comes in
    "GET /upload": Row(STAFF),
    "POST /upload": Row("ALI", form={"interview": "{interview}", "consent": "given"}, files={"file": "no sound"}),
    "POST /upload/{upload_id}/discard": Row("I"),
    "GET /api/uploads": Row(EVERYONE),
    "GET /api/uploads/known": Row(EVERYONE, query={"sha256": "0" * 64}),
    "POST /api/uploads": Row("ALI", json={"interview": "{interview}", "name": "a.wav", "size": 9}),
    "GET /api/uploads/{upload_id}": Row("I"),
    "PUT /api/uploads/{upload_id}": Row("I", query={"at": "0"}, body=b"123"),
    "POST /api/uploads/{upload_id}/complete": Row("I", json={}),
    "DELETE /api/uploads/{upload_id}": Row("I"),
    "POST /api/rounds": Row("AL", json=ROUND),
    "POST /api/rounds/{interview_id}/consent": Row("ALI", json={"consent": "given", "version": 3}),
    "GET /api/jobs/{job_id}/candidate": Row("AL", query={"name": "Zelda Quux"}),
    "GET /jobs": Row(STAFF),
    "POST /jobs": Row("AL", form={"title": "Another", "rubric": "csm-2-5y"}),
    "GET /jobs/{job_id}": Row(STAFF),
    "POST /jobs/{job_id}/rounds": Row(
        "AL",
        form={"name": "New", "round": "first", "held": "2026-11-20T10:00", "interviewers": "{ann}", "consent": "given"},
    ),
    "POST /interviews/{interview_id}/raters": Row("AL", form={"person": "{eve}", "version": "3"}),
    "POST /interviews/{interview_id}/consent": Row("ALI", form={"consent": "given", "version": "3"}),
    # the review
    "GET /media/{interview}": Row("ALIR"),
    "HEAD /media/{interview}": Row("ALIR"),
    "GET /interviews/{interview}": Row("ALIR"),
    "GET /interviews/{interview}/scores": Row("ALIR"),
    "POST /interviews/{interview}/review": Row("IR"),
    "POST /interviews/{interview}/review/{change}": Row("IR", form={"version": "2", "competency": "c2", "text": "x"}),
    "POST /interviews/{interview}/corrections": Row("ALIR", form={**WORDS, "turn": "1"}),
    "POST /interviews/{interview}/rescore": Row("ALIR"),
    "GET /api/interviews/{interview}": Row("ALIR"),
    "GET /api/interviews/{interview}/words": Row("ALIR"),
    "POST /api/interviews/{interview}/review": Row("IR"),
    "POST /api/interviews/{interview}/corrections": Row("ALIR", json=WORDS),
    "POST /api/interviews/{interview}/rescore": Row("ALIR"),
    "GET /api/reviews/{review}": [Row("I"), Row("ALR", use={"review": "bobs"})],
    "POST /api/reviews/{review}/rate": Row("I", json={**MINE, "score": 2, "reason": "heard again"}),
    "POST /api/reviews/{review}/accept": Row("I", json={**MINE, "reason": "heard again"}),
    "POST /api/reviews/{review}/override": Row("I", json={**MINE, "score": 5, "reason": "heard again"}),
    "POST /api/reviews/{review}/keep": Row("I", json=MINE),
    "POST /api/reviews/{review}/dismiss": Row("I", json={**MINE, "reason": "another talk"}),
    "POST /api/reviews/{review}/leave-out": Row("I", json={**MINE, "reason": "not asked"}),
    "POST /api/reviews/{review}/note": Row("I", json={**MINE, "text": "good"}),
    "POST /api/reviews/{review}/add-evidence": Row("I", json={**MINE, "turn": 1, "quote": "about zebras"}),
    "POST /api/reviews/{review}/remove-evidence": Row("I", json={**MINE, "evidence": "{quote}"}),
    "POST /api/reviews/{review}/spend": Row("I", json={**MINE, "seconds": 3}),
    "POST /api/reviews/{review}/conclude": Row("I", json={"version": 2, "recommendation": "yes"}),
    "POST /api/reviews/{review}/reaffirm": Row("I", json=MINE),
    "POST /api/reviews/{review}/submit": Row("I", json={"version": 2}),
    "POST /api/reviews/{review}/reopen": Row("I", json={"version": 2, "reason": "again"}),
    # candidates
    "GET /candidates/{candidate}": Row("ALIR"),
    "POST /candidates/{candidate}/decide": Row("L", form={"outcome": "hold", "reason": "to think"}),
    "GET /candidates/{candidate}/debrief": Row("ALIR"),
    "POST /candidates/{candidate}/settle": Row("L", form={"competency": "c1", "kind": "debrief", "reason": "agreed"}),
    "GET /candidates/{candidate}/export/{kind}": Row("AL", use={"kind": "json"}),
    "GET /candidates/{candidate}/greenhouse/{review}": Row("AL", use={"review": "bobs"}),
    "GET /candidates/{candidate}/send/{review}": Row("AL", use={"review": "bobs"}),
    "POST /candidates/{candidate}/send/{review}": Row("AL", use={"review": "bobs"}),
    "GET /compare": Row("AL"),
    "GET /compare/{job}": Row("AL"),
    "GET /compare/{job}/pair": Row("AL", query={"a": "{candidate}", "b": "{other}"}),
    "GET /compare/{job}/export/{kind}": Row("AL", use={"kind": "json"}),
    "GET /search": Row(STAFF, query={"q": "zebras"}),
    "GET /api/search": Row(STAFF, query={"q": "zebras"}),
    # rubrics
    "POST /api/rubrics/lint": Row("AL", json={"text": "id: x"}),
    "GET /rubrics": Row(STAFF),
    "GET /rubrics/new": Row("AL"),
    "POST /rubrics/new": Row("AL", form={"text": "id: x"}),
    "POST /rubrics/import": Row("AL", files={"file": "id: x"}),
    "GET /rubrics/{rubric}/compare": Row(STAFF, query={"old": "{version}", "new": "{version}"}),
    "GET /rubrics/{rubric}/{version}": Row(STAFF),
    "GET /rubrics/{rubric}/{version}/file.{kind}": Row(STAFF, use={"kind": "yaml"}),
    "GET /rubrics/{rubric}/{version}/move": Row("AL"),
    "POST /rubrics/{rubric}/{version}/move": Row("AL", form={"job": "{job}", "seen": "1"}),
    # calibration and accuracy
    "GET /calibrate": Row(STAFF),
    "POST /calibrate/samples": Row("AL", files={"file": "not samples"}),
    "GET /calibrate/{samples}": Row(STAFF),
    "POST /calibrate/{samples}": Row(STAFF, form={"sample": "{sample}", "level": "3"}),
    "GET /accuracy": Row(STAFF),
    # admin
    "GET /admin": Row(EVERYONE),
    "GET /admin/people": Row("A"),
    "POST /admin/people": Row("A", form={"name": "N", "email": "n@example.org", "roles": "reviewer"}),
    "GET /admin/people/{person}": Row("A"),
    "POST /admin/people/{person}": Row("A", form={"roles": "interviewer", "active": "true"}),
    "POST /admin/people/{person}/link": Row("A"),
    "POST /admin/people/{person}/sign-out": Row("A"),
    "POST /admin/people/{person}/tokens/{token}/remove": Row("A"),
    "GET /admin/engines": Row("A"),
    "GET /admin/health": Row("A"),
    "GET /admin/retention": Row("A"),
    "POST /admin/retention": Row("A", form={"sure": "true"}),
    "GET /admin/delete/{kind}/{subject}": Row("A"),
    "POST /admin/delete/{kind}/{subject}": Row("A", form={"sure": "true"}),
    "GET /admin/receipts": Row("AU"),
    "GET /admin/receipts/{receipt}": Row("AU"),
    "GET /admin/receipts/{receipt}/json": Row("AU"),
    "GET /admin/audit": Row("AU"),
    "GET /admin/audit/verify": Row("AU"),
    "GET /admin/audit/export": Row("AU"),
}
