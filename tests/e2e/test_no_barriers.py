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
PAGES = (
    "/", "/upload", "/jobs", "/rubrics", "/compare", "/calibrate", "/accuracy", "/search", "/account", "/admin",
    "/interviews/{interview}", "/candidates/{candidate}", "/candidates/{candidate}/debrief", "/jobs/{job}", "/compare/{job}",
)  # fmt: skip
FOUND = """async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}))
.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | '))"""


@pytest.mark.parametrize("options", [WIDE, PHONE], ids=["light", "phone-dark"])
def test_nothing_serious_on_any_page(company, recorded, open_as, options):
    company.submit("ann", dict.fromkeys((c.id for c in company.rubric.competencies), 4), company.interview)
    places = {"interview": recorded, "candidate": company.candidate.id, "job": company.job.id}
    page = open_as("admin", "/", **options)
    rater = open_as("bob", f"/interviews/{recorded}", **options)
    rater.locator('#c4 .score[value="3"]').click()
    rater.locator("#c4 .draft").wait_for()
    wrong = {}
    for path in PAGES:
        answer = page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path.format(**places))
        if answer is not None and answer.status == 404:
            continue
        page.evaluate(AXE.read_text())
        wrong[path] = page.evaluate(FOUND)
    rater.evaluate(AXE.read_text())
    wrong["a review after the reveal"] = rater.evaluate(FOUND)
    assert {path: found for path, found in wrong.items() if found} == {}
    assert "/interviews/{interview}" in wrong
