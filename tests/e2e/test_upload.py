"""From a recording on somebody's disk to an interview that is ready to review: in a browser, with real engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect
from served import Served

from pipeline.actions import uploading
from pipeline.web.routes import upload

pytestmark = pytest.mark.service

PIECE = 32 << 10
expect.set_options(timeout=30_000)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short recording travels in several pieces."""
    monkeypatch.setattr(upload, "PIECE_SENT", PIECE)


def choose(page: Page, *files: Path) -> None:
    page.set_input_files("#files", [str(file) for file in files])


def fill(page: Page, name: str, consent: str) -> None:
    """The details of the last card."""
    card = page.locator(".file").last
    card.locator("[name=name]").fill(name)
    card.locator(f"[name=consent][value={consent}]").check()
    card.get_by_role("button", name="Upload", exact=True).click()


def test_broken_upload_goes_on_after_a_reload_and_becomes_ready_to_review(served: Served, fixtures: Path) -> None:
    recording = fixtures / "recordings" / "csm-short.opus"
    page = served.sign_in("lead").new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    offsets: list[str] = []
    cut = True

    def line(route: Route, request: Request) -> None:
        if request.method != "PUT":
            route.continue_()
        elif cut and offsets:
            route.abort("connectionfailed")
        else:
            offsets.append(request.url.partition("at=")[2])
            route.continue_()

    page.route("**/api/uploads/*", line)
    page.goto(f"{served.url}/upload")
    choose(page, recording)
    fill(page, "Zoe Upload", "given")
    expect(page.locator(".say")).to_contain_text("The line dropped")
    page.reload()
    cut = False
    expect(page.get_by_role("heading", name="Not finished")).to_be_visible()
    choose(page, recording)
    expect(page.locator(".say")).to_contain_text("Its analysis is queued", timeout=120_000)
    assert offsets == [str(at) for at in range(0, recording.stat().st_size, PIECE)]
    page.goto(served.url)
    row = page.get_by_role("row", name="Zoe Upload")
    expect(row).to_contain_text("Waits for a worker")
    served.hire()
    expect(row.get_by_role("link", name="Review")).to_be_visible(timeout=600_000)  # nobody reloads the page
    page.goto(f"{served.url}/upload")
    choose(page, recording)
    fill(page, "Zoe Again", "given")
    expect(page.locator(".fault")).to_contain_text("This recording is here already")
    page.goto(served.url)
    expect(page.get_by_role("row", name="Zoe Again")).to_have_count(0)


def test_without_consent_no_byte_of_the_file_leaves_the_browser(served: Served, fixtures: Path) -> None:
    page = served.sign_in("lead").new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/api/uploads" in request.url else None)
    page.goto(f"{served.url}/upload")
    choose(page, fixtures / "recordings" / "csm-short.opus")
    fill(page, "Nia Refused", "refused")
    expect(page.locator(".say")).to_contain_text("The scorecard is filled by hand")
    assert sent == []
    page.goto(served.url)
    row = page.get_by_role("row", name="Nia Refused")
    expect(row).to_contain_text("No consent: fill the scorecard by hand")
    row.get_by_role("link", name="Fill in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_file_that_cannot_be_used_says_why_and_the_others_go_on(served: Served, fixtures: Path, tmp_path: Path) -> None:
    empty, program = tmp_path / "empty.m4a", tmp_path / "call.mp4"
    empty.write_bytes(b"")
    program.write_bytes(b"\x7fELF" + bytes(range(256)) * 400)
    page = served.sign_in("lead").new_page()
    page.goto(f"{served.url}/upload")
    choose(page, empty)
    expect(page.locator(".file").first.locator(".fault")).to_contain_text("The file is empty")
    choose(page, program)
    fill(page, "Pat Program", "given")
    expect(page.locator(".file").nth(1).locator(".fault")).to_contain_text("not a sound or video file", timeout=120_000)
    choose(page, fixtures / "recordings" / "csm-short.opus")
    fill(page, "Gil Good", "given")
    expect(page.locator(".file").nth(2).locator(".say")).to_contain_text("queued", timeout=120_000)
    desk = served.scene.desk("lead")
    assert [sent.name for sent in uploading.uploads(desk) if sent.state == "complete"] == ["csm-short.opus"]
