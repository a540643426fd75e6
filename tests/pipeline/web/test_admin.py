"""Admin pages: people, deletion with receipts, the audit log, engines, health."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient
from web_scene import WebScene

from pipeline.actions import deleting, openings, people

As = Callable[[str], TestClient]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def shown(answer_text: str) -> str:
    return answer_text.split('class="secret">')[1].split("<")[0]


def test_an_admin_invites_somebody_who_then_comes_in(office: WebScene, come_in: As) -> None:
    client = come_in("admin")
    answer = client.post("/admin/people", data={"name": "Nia", "email": "nia@example.org", "roles": ["reviewer"]})
    link = shown(answer.text)
    assert link.startswith("http://localhost/link/")
    client.cookies.clear()
    password = {"password": "a long enough phrase", "again": "a long enough phrase"}
    assert client.post(link.removeprefix("http://localhost"), data=password).status_code == 200
    assert "Nia" in client.get("/account").text


def test_a_person_without_role_or_with_a_wrong_address_is_not_added(office: WebScene, come_in: As) -> None:
    client = come_in("admin")
    for form in (
        {"name": "X", "email": "nowhere", "roles": ["reviewer"]},
        {"name": "X", "email": "a@b", "roles": ["king"]},
    ):
        answer = client.post("/admin/people", data=form)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert client.post("/admin/people", data={"name": "X", "email": "ann@example.org"}).status_code == 409


def test_roles_change_and_a_shut_account_is_signed_out(office: WebScene, come_in: As, client: TestClient) -> None:
    ann = office.people["ann"].id
    come_in("admin")
    client.post(f"/admin/people/{ann}", data={"roles": ["reviewer", "interviewer"], "active": "true"})
    assert people.find_user(office.store, "ann@example.org").roles == ("reviewer", "interviewer")
    client.post(f"/admin/people/{ann}", data={"roles": ["reviewer"]})
    assert not people.find_user(office.store, "ann@example.org").active


def test_the_last_admin_stays(office: WebScene, come_in: As) -> None:
    client, owner = come_in("admin"), office.people["admin"].id
    answer = client.post(f"/admin/people/{owner}", data={"roles": ["auditor"], "active": "true"})
    assert answer.status_code == 409
    assert "last admin" in answer.text


def test_an_auditor_sees_the_log_and_nothing_else(office: WebScene, come_in: As) -> None:
    client = come_in("aud")
    assert client.get("/admin", follow_redirects=False).headers["location"] == "/admin/audit"
    page = client.get("/admin/audit").text
    for hidden in ("/admin/people", "/admin/retention", "/admin/engines", "Zelda"):
        assert hidden not in page
    for address in ("/admin/people", "/admin/retention", "/admin/engines", "/admin/health", "/jobs", "/search?q=x"):
        assert client.get(address).status_code == 403, address


def test_the_log_is_filtered_paged_checked_and_taken_along(office: WebScene, come_in: As) -> None:
    client = come_in("aud")
    whole = client.get("/admin/audit/export").text.splitlines()
    entries = [json.loads(line) for line in whole]
    lead = office.people["lead"].id
    page = client.get("/admin/audit", params={"actor": lead, "action": "create"}).text
    made = sum(e["actor"] == lead and e["action"] == "create" for e in entries)
    assert page.count('<td class="r num">') == made
    assert "Nothing" not in client.get("/admin/audit", params={"before": "2"}).text
    assert client.get("/admin/audit", params={"before": "2"}).text.count('<td class="r num">') == 1
    for nonsense in ("-1", "x", "9" * 40, "٣"):
        assert client.get("/admin/audit", params={"before": nonsense}).status_code == 200
    assert "holds together" in client.get("/admin/audit/verify", params={"head": entries[-1]["hash"]}).text


def test_a_changed_log_is_found_out(office: WebScene, come_in: As) -> None:
    client = come_in("aud")
    with office.store.write() as c:
        c.exec_driver_sql("DROP TRIGGER audit_no_update")
        c.exec_driver_sql("UPDATE audit SET action = 'nothing' WHERE seq = 2")
    assert "does not hold together" in client.get("/admin/audit/verify").text


def test_deletion_is_shown_first_and_leaves_a_signed_receipt(office: WebScene, come_in: As) -> None:
    office.analyse()
    client, candidate = come_in("admin"), office.candidate.id
    assert "Zelda Quux" in client.get("/admin/retention", params={"name": "zelda"}).text
    page = client.get(f"/admin/delete/candidate/{candidate}").text
    assert "Analyses with transcripts and drafts" in page
    unsure = client.post(f"/admin/delete/candidate/{candidate}")
    assert unsure.status_code == 400
    done = client.post(f"/admin/delete/candidate/{candidate}", data={"sure": "true"})
    assert "signature is right" in done.text
    assert client.get(f"/candidates/{candidate}").status_code == 404
    receipt = str(done.url).split("/receipts/")[1].split("?")[0]
    taken = client.get(f"/admin/receipts/{receipt}/json")
    assert deleting.check_receipt(office.store, deleting.Receipt.model_validate_json(taken.text))
    assert client.get(f"/admin/delete/candidate/{candidate}").status_code == 404


def test_retention_deletes_what_was_looked_at_and_nothing_else(office: WebScene, come_in: As) -> None:
    desk = office.desk("lead")
    job = openings.create_job(desk, "Old", office.rubric, keep_days=1)
    first = openings.create_candidate(desk, job.id, "Old One")
    then = office.now - timedelta(days=9)
    openings.create_interview(desk, first.id, "first", then, then, interviewers=[office.people["ann"].id])
    client = come_in("admin")
    page = client.get("/admin/retention").text
    seal = page.split('name="seal" value="')[1].split('"')[0]
    assert "Old One" in page
    assert "Zelda" not in page
    second = openings.create_candidate(desk, job.id, "Old Two")
    openings.create_interview(desk, second.id, "first", then, then, interviewers=[office.people["ann"].id])
    late = client.post("/admin/retention", data={"seal": seal, "sure": "true"})
    assert late.status_code == 409
    assert "Old Two" in late.text
    seal = late.text.split('name="seal" value="')[1].split('"')[0]
    assert client.post("/admin/retention", data={"seal": seal}).status_code == 400
    assert client.post("/admin/retention", data={"seal": seal, "sure": "true"}).status_code == 200
    assert "Nothing is due" in client.get("/admin/retention").text
    assert len(deleting.receipts(office.desk("aud"))) == 2


def test_engines_and_health_say_how_it_stands(office: WebScene, come_in: As) -> None:
    client = come_in("admin")
    assert "whisper-tiny.en" in client.get("/admin/engines").text
    health = client.get("/admin/health").text
    assert "not known here" in health, "this server has no queue"
    assert "answer" in health


def test_hostile_names_are_shown_as_text(office: WebScene, come_in: As) -> None:
    client = come_in("admin")
    client.post("/admin/people", data={"name": HOSTILE, "email": f"{HOSTILE}@x", "roles": ["reviewer"]})
    openings.create_candidate(office.desk("lead"), office.job.id, HOSTILE)
    for address in (
        "/admin/people",
        f"/admin/retention?name={HOSTILE}",
        "/admin/audit",
        f"/admin/audit?entity={HOSTILE}",
    ):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;" in client.get("/admin/people").text
