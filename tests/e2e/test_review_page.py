# ruff: noqa: F811 - fixtures are imported by name
"""The review page as people use it: with the mouse, with keys alone, in two windows, on a phone, without script."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect
from review_company import address, browser, company, empty, open_as, picture, recorded, site, store  # noqa: F401
from scene import Scene

from pipeline.store import interviews, reviews

pytestmark = pytest.mark.service
SPOKEN = "[...(CSS.highlights.get('now') ?? [])].map((range) => range.toString()).join()"


def stored(company: Scene, interview: str, name: str):
    with company.store.read() as c:
        return next(r for r in reviews.reviews(c, interview=interview) if r.reviewer == company.people[name].id)


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved"))


def spoken(page: Page, word: str) -> None:
    """Waits until that word is marked; asked from here, as the page's policy lets no test poll in it by eval."""
    until = time.monotonic() + 60
    while (found := page.evaluate(SPOKEN)) != word:
        assert time.monotonic() < until, f"{found!r} is marked, never {word!r}"
        page.wait_for_timeout(20)


def test_a_review_with_the_mouse_to_submission(company, recorded, open_as):
    page = open_as("bob", f"/interviews/{recorded}")
    fourth = page.locator("#c4")
    expect(fourth).not_to_contain_text("Draft")
    fourth.locator(".quote").click()
    expect(page.locator("#play")).to_have_text("Pause")
    page.locator('#c4 .score[value="3"]').click()
    expect(fourth).to_contain_text("plausible 3 to 5")
    fourth.get_by_role("button", name="Take the draft's 4").scroll_into_view_if_needed()
    page.locator("#c4 .choices input[name=reason]").fill("the numbers are there")
    fourth.get_by_role("button", name="Take the draft's 4").click()
    expect(fourth.locator("h2")).to_contain_text("changed to the draft's level")
    for number in (1, 2, 3, 5, 6, 7, 8):
        page.locator(f'#c{number} .score[value="2"]').click()
        expect(page.locator(f"#c{number} h2 .tag")).to_contain_text("2, your own score")
        page.locator(f"#note{number}").fill("hardly spoken of")
    page.locator("#t1 .text").select_text()
    page.locator("#select-for").select_option("customer-relationship-management")
    page.locator("#select-add").click()
    expect(page.locator("#c1 .quote .tag")).to_have_text("added by you")
    page.get_by_label("Strong yes").check()
    page.locator("#strengths").fill("numbers")
    expect(page.locator("#overall")).to_contain_text("Nothing is missing")
    page.get_by_role("button", name="Submit my review").click()
    expect(page.locator("#scores")).to_contain_text("Your scores count now")
    done = stored(company, recorded, "bob")
    assert (done.state, done.recommendation, done.strengths) == ("submitted", "strong_yes", "numbers")
    line = done.score("data-driven-decision-making")
    assert (line.first_score, line.score, line.choice, line.opened_evidence) == (3, 4, "took-draft", True)
    with company.store.read() as c:
        talk = interviews.get_analysis(c, done.analysis)
    assert done.score("customer-relationship-management").quotes[-1].quote == talk.turns[1].text


def test_a_review_with_keys_alone_to_submission(company, recorded, open_as):
    page = open_as("ann", f"/interviews/{recorded}")
    key = page.keyboard
    for number in range(1, 9):
        expect(page.locator(f"#c{number}")).to_have_attribute("aria-current", "true")
        key.press("4")
        expect(page.locator(f"#c{number} h2 .tag")).to_contain_text("4, your own score")
        if number == 4:
            key.press("e")
            expect(page.locator("#play")).to_have_text("Pause")
            key.press("y")
            expect(page.locator("#c4 h2 .tag")).to_contain_text("kept beside the draft")
        key.press("n")
        key.type("said so")
        key.press("Escape")
        key.press("j")
    key.press("2")
    expect(page.locator("#why8")).to_be_focused()
    key.type("heard it again")
    key.press("Enter")
    expect(page.locator("#c8 h2 .tag")).to_contain_text("2, your own score")
    key.press("?")
    expect(page.locator("#help")).to_be_visible()
    key.press("Escape")
    key.press("o")
    key.press("Space")
    expect(page.locator("#rec-strong_no")).to_be_checked()
    key.press("ArrowDown")
    expect(page.locator("#overall")).to_contain_text("Nothing is missing")
    key.press("Tab")
    key.type("steady")
    key.press("Tab")
    key.press("Tab")
    expect(page.get_by_role("button", name="Submit my review")).to_be_focused()
    key.press("Enter")
    expect(page.locator("#scores")).to_contain_text("Your scores count now")
    done = stored(company, recorded, "ann")
    assert (done.state, done.recommendation, done.strengths) == ("submitted", "no", "steady")
    assert {line.note for line in done.scores} == {"said so"}
    assert done.score("adaptability-prioritization").reason == "heard it again"


def test_two_windows_never_overwrite_each_other(company, recorded, open_as):
    one = open_as("bob", f"/interviews/{recorded}")
    two = open_as("bob", f"/interviews/{recorded}")
    one.locator("#note1").fill("from the first window")
    saved(one)
    two.locator("#note2").fill("somewhere else: no conflict")
    saved(two)
    expect(two.locator("#note1")).to_have_value("from the first window")
    two.locator("#note1").fill("from the second window")
    saved(two)
    expect(two.locator("#saved")).not_to_have_text("Not saved yet")
    one.locator("#note1").fill("the first window again")
    dialog = one.locator("#conflict")
    expect(dialog).to_be_visible()
    expect(dialog.locator("#conflict-theirs")).to_have_text("from the second window")
    expect(dialog.locator("#conflict-mine")).to_have_text("the first window again")
    dialog.get_by_role("button", name="Save mine instead").click()
    saved(one)
    two.locator("#note1").fill("too late")
    expect(two.locator("#conflict-theirs")).to_have_text("the first window again")
    two.get_by_role("button", name="Leave what is saved").click()
    expect(two.locator("#note1")).to_have_value("the first window again")
    lines = stored(company, recorded, "bob").scores
    assert [line.note for line in lines[:2]] == ["the first window again", "somewhere else: no conflict"]


def test_the_spoken_word_is_marked_and_a_click_on_a_word_plays_it(recorded, open_as):
    page = open_as("bob", f"/interviews/{recorded}")
    expect(page.locator("body.timed")).to_have_count(1)
    page.keyboard.press("Space")
    spoken(page, "experience")
    spoken(page, "customer")
    expect(page.locator("#t0")).to_have_class(re.compile("now"))
    page.keyboard.press("Space")
    box = page.evaluate(
        """() => { const node = document.createTreeWalker(document.querySelector('#t1 .text'), NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        range.setStart(node, 2); range.setEnd(node, 9); const box = range.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; }"""
    )
    page.mouse.click(*box)
    spoken(page, "managed")
    assert page.evaluate("[...CSS.highlights.get('unsure')].map(String).join()") == "logins,"


def test_a_passage_stops_where_it_ends(recorded, open_as):
    page = open_as("bob", f"/interviews/{recorded}")
    quote = page.locator("#c4 .quote")
    end = float(quote.get_attribute("data-end"))
    page.locator("#speed").select_option("2")
    quote.click()
    expect(quote).to_have_class(re.compile("playing"))
    expect(page.locator("#play")).to_have_text("Play")
    assert end <= page.evaluate("document.getElementById('audio').currentTime") < end + 1.6


def test_words_are_put_right_in_place(company, recorded, open_as):
    page = open_as("bob", f"/interviews/{recorded}")
    page.locator("#t1").hover()
    page.locator("#t1 .fix").click()
    page.locator("#fix-text").fill("I managed 52 accounts.")
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.locator("#t1 .text")).to_contain_text("52 accounts")
    expect(page.locator("#t1")).to_contain_text("corrected")
    expect(page.locator("#c4")).to_contain_text("The draft is out of date")
    expect(page.locator("#talk")).to_contain_text("the machine had")


def test_the_page_reads_on_a_phone_and_in_the_dark(recorded, open_as, picture):
    page = open_as("bob", f"/interviews/{recorded}", viewport={"width": 390, "height": 844}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator('#c4 .score[value="3"]').click()
    expect(page.locator("#c4 .draft")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 23, 26)"
    picture(page, "review-phone-dark")
    wide = open_as("ann", f"/interviews/{recorded}")
    picture(wide, "review")


def test_scores_are_entered_without_script(company, recorded, open_as):
    page = open_as("bob", f"/interviews/{recorded}", java_script_enabled=False)
    page.locator('#c1 .score[value="5"]').click()
    expect(page.locator("#c1 h2 .tag")).to_contain_text("5, your own score")
    page.locator("#note1").fill("written without script")
    page.locator("#c1").get_by_role("button", name="Save the note").click()
    assert stored(company, recorded, "bob").score("customer-relationship-management").note == "written without script"


def test_a_card_is_filled_by_hand(company, empty, open_as):
    silent = company.add_interview(company.add_candidate("Sam"), consent="refused")
    page = open_as("bob", f"/interviews/{silent.id}")
    page.get_by_role("button", name="Fill in by hand").click()
    expect(page.locator("#c1")).to_be_visible()
    page.wait_for_load_state("load")  # the keys are the script's
    page.keyboard.press("3")
    expect(page.locator("#c1 h2 .tag")).to_contain_text("3, your own score")


def test_hostile_names_and_words_run_nowhere(company, recorded, open_as):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>{{7*7}}"
    page = open_as("bob", f"/interviews/{recorded}")
    page.locator("#note1").fill(evil)
    saved(page)
    page.locator("#t1").hover()
    page.locator("#t1 .fix").click()
    page.locator("#fix-text").fill(evil)
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.locator("#t1 .text")).to_have_text(evil)
    expect(page.locator("#note1")).to_have_value(evil)
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_a_review_deleted_meanwhile_says_so(company, recorded, open_as):
    from pipeline.actions import deleting

    page = open_as("bob", f"/interviews/{recorded}")
    deleting.delete_interview(company.desk("admin"), recorded)
    page.locator("#note1").fill("lost?")
    expect(page.locator("#saved")).to_have_class(re.compile("wrong"))
    expect(page.locator("#note1")).to_have_value("lost?")
