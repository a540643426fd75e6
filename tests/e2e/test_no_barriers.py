# ruff: noqa: F811 - fixtures are imported by name
"""Axe finds nothing on any page that keeps people from using it, in light and dark, wide and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_company import address, browser, company, empty, open_as, picture, recorded, site, store  # noqa: F401

pytestmark = pytest.mark.service
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
PAGES = {
    "admin": (
        "/", "/upload", "/jobs", "/jobs/{job}", "/search?q=accounts", "/interviews/{interview}", "/candidates/{candidate}",
        "/candidates/{candidate}/debrief", "/compare", "/compare/{job}", "/rubrics", "/rubrics/new",
        "/rubrics/{rubric}/{version}", "/calibrate", "/accuracy", "/account", "/admin/people", "/admin/people/{person}",
        "/admin/retention", "/admin/delete/candidate/{candidate}", "/admin/receipts", "/admin/audit", "/admin/audit/verify",
        "/admin/engines", "/admin/health", "/nowhere",
    ),
    "bob": ("/", "/upload", "/search?q=accounts", "/accuracy"),
}  # fmt: skip
FOUND = """async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}))
.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | '))"""


@pytest.mark.parametrize("options", [WIDE, PHONE], ids=["light", "phone-dark"])
def test_nothing_serious_on_any_page(company, recorded, open_as, picture, options):
    company.submit("ann", dict.fromkeys((c.id for c in company.rubric.competencies), 4), company.interview)
    places = {"interview": recorded, "candidate": company.candidate.id, "job": company.job.id,
              "person": company.people["ann"].id, "rubric": company.rubric.id, "version": company.rubric.version}  # fmt: skip
    wrong = {}

    def look(page, name):
        page.evaluate(AXE.read_text())
        wrong[name] = page.evaluate(FOUND)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong[name].append("the page is wider than the window")
        picture(page, f"{name.strip('/').replace('/', '-').replace('?', '-')} {options['viewport']['width']}")

    for name, paths in PAGES.items():
        page = open_as(name, "/", **options)
        origin = page.url.rstrip("/")
        for path in paths:
            answer = page.goto(origin + path.format(**places))
            assert answer is not None
            assert answer.status == (404 if path == "/nowhere" else 200), path
            look(page, f"{name}{path}")
    page.context.clear_cookies()
    page.goto(origin + "/sign-in")
    look(page, "sign-in")
    rater = open_as("bob", f"/interviews/{recorded}", **options)
    look(rater, "a review before the reveal")
    rater.locator('#c4 .score[value="3"]').click()
    rater.locator("#c4 .draft").wait_for()
    look(rater, "a review after the reveal")
    assert {path: found for path, found in wrong.items() if found} == {}
