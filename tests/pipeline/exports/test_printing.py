"""What a printer makes of a blank scorecard: two pages of paper, nothing cut off."""

import base64
import re

import pytest
from chromium import PROGRAM, Chromium

from pipeline import rubrics
from pipeline.exports import html


def a_long_one():
    """Twelve competencies with five anchors each and a bank of fifteen questions."""
    words = "keeps every promise that was made to a customer and says early when one cannot be kept, with a plan "
    anchors = {str(level): words + f"at level {level}" for level in range(1, 6)}
    base = rubrics.load("csm-2-5y")
    many = [base.competencies[0].model_copy(update={"id": f"c{n}", "name": f"Skill number {n}", "anchors": anchors})
            for n in range(12)]  # fmt: skip
    return base.model_copy(update={"competencies": tuple(many), "questions": base.questions * 3})


@pytest.mark.service
@pytest.mark.skipif(PROGRAM is None, reason="needs Chromium: apt-get install chromium")
def test_blank_scorecards_print_on_two_pages_and_fit_their_width(tmp_path):
    pages, wide = {}, {}
    with Chromium(tmp_path) as browser:
        for name, rubric in {**{name: rubrics.load(name) for name in rubrics.bundled()}, "long": a_long_one()}.items():
            path = tmp_path / f"{name}.html"
            path.write_text(html.blank_html(rubric), encoding="utf-8")
            for paper, size in (("a4", (8.27, 11.69)), ("letter", (8.5, 11.0))):
                browser.open(path.as_uri(), width=719)  # the width of A4 inside its margins, at 96 dots an inch
                printed = browser.call("Page.printToPDF", paperWidth=size[0], paperHeight=size[1])
                pdf = base64.b64decode(printed["data"])
                (tmp_path / f"{name}-{paper}.pdf").write_bytes(pdf)
                pages[name, paper] = len(re.findall(rb"/Type\s*/Page[^s]", pdf))
            wide[name] = browser.run("document.documentElement.scrollWidth")
    assert set(pages.values()) == {2}
    assert max(wide.values()) <= 719
