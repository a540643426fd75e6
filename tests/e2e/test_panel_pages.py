# ruff: noqa: F811 - fixtures are imported by name
"""Scorecard, debrief, comparison, rubrics and calibration as people use them: quotes that play, lint, keys alone, a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from review_company import address, browser, company, empty, open_as, picture, recorded, site, store  # noqa: F401

from pipeline import rubrics
from pipeline.actions import panels
from pipeline.actions import rubrics as versions

pytestmark = pytest.mark.service
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter((one) => ['serious', 'critical'].includes(one.impact))
  .map((one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' | '))"""
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def panel(company, recorded):
    """Two reviews of the recorded interview that differ, another candidate with a hostile name, a second rubric version."""
    levels = {c.id: 4 for c in company.rubric.competencies}
    first = company.rubric.competencies[0].id
    company.submit("ann", levels)
    company.submit("bob", {**levels, first: 2})
    other = company.add_candidate(HOSTILE)
    company.submit("ann", dict.fromkeys(levels, 2), company.add_interview(other, reviewers=()))
    changed = rubrics.to_yaml(company.rubric).replace("fails to maintain", HOSTILE)
    second = versions.save(company.desk("lead"), changed)
    return {"job": company.job.id, "a": company.candidate.id, "b": other.id, "old": company.rubric.version,
            "new": second.version, "first": first}  # fmt: skip


def pages(panel):
    """Every page of this kind."""
    return {
        "scorecard": f"/candidates/{panel['a']}",
        "debrief": f"/candidates/{panel['a']}/debrief",
        "compare-jobs": "/compare",
        "compare": f"/compare/{panel['job']}",
        "pair": f"/compare/{panel['job']}/pair?a={panel['a']}&b={panel['b']}",
        "rubrics": "/rubrics",
        "rubric": f"/rubrics/csm-2-5y/{panel['new']}",
        "rubric-compare": f"/rubrics/csm-2-5y/compare?old={panel['old']}&new={panel['new']}",
        "rubric-edit": f"/rubrics/new?base=csm-2-5y@{panel['new']}",
        "rubric-move": f"/rubrics/csm-2-5y/{panel['new']}/move",
        "calibrate": "/calibrate",
        "sample": "/calibrate/csm-2-5y",
        "accuracy": "/accuracy",
        "gone": "/candidates/00000000000000000000000000000000",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_no_hostile_word_runs(panel, address, open_as, picture, scheme):
    page = open_as("lead", "/compare", color_scheme=scheme)
    found = {}
    for name, path in pages(panel).items():
        page.goto(address + path)
        picture(page, f"{name}-{scheme}")
        page.evaluate(AXE.read_text())
        found[name] = page.evaluate(FOUND)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_every_page_fits_a_phone(panel, address, open_as, picture):
    page = open_as("lead", "/compare", viewport={"width": 390, "height": 800})
    widths = {}
    for name, path in pages(panel).items():
        page.goto(address + path)
        picture(page, f"{name}-phone")
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > 390} == {}


def test_a_quote_plays_its_passage_from_the_scorecard(panel, open_as):
    page = open_as("lead", f"/candidates/{panel['a']}")
    play = page.locator("button.play").first
    expect(play).to_contain_text("Play")
    play.click()
    expect(play).to_contain_text("Stop")
    play.click()
    expect(play).to_contain_text("Play")


def test_lint_follows_the_typing_and_leads_to_the_line(panel, open_as):
    page = open_as("lead", f"/rubrics/new?base=csm-2-5y@{panel['old']}")
    text = page.locator("#text")
    broken = text.input_value().replace("weight: 20", "weight: 25", 1)
    text.fill(broken)
    finding = page.locator("#lint li.error button")
    expect(finding).to_contain_text("sum to 105")
    finding.click()
    line = page.evaluate(
        "() => { const t = document.getElementById('text'); return t.value.slice(t.selectionStart, t.selectionEnd) }"
    )
    assert line.startswith("competencies:")
    text.fill(broken.replace("weight: 25", "weight: 20", 1))
    expect(page.locator("#lint li.error")).to_have_count(0)


def test_settled_and_decided_with_keys_alone(panel, company, open_as):
    page = open_as("lead", f"/candidates/{panel['a']}/debrief")
    page.get_by_label("Agreed in the debrief").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Bob had not heard of Riga")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".resolved")).to_contain_text("Bob had not heard of Riga")
    page.get_by_role("link", name="Scorecard").press("Enter")
    expect(page).to_have_url(re.compile(r"/candidates/\w+$"))
    page.get_by_label("Hire").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Strong, and the panel agrees")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Strong, and the panel agrees")
    assert panels.decisions(company.desk("lead"), panel["a"])[-1].outcome == "hire"
