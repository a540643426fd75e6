"""The report page: whole, safe, legible, and a click on a quote plays exactly that passage."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import pytest

from models.evidence import AnchorRef, Evidence
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline import rubrics
from pipeline.errors import StorageError
from pipeline.exports.analysis_html import media_link, render_html
from tests.chromium import PROGRAM, Chromium

FIXTURES = Path(__file__).parents[3] / "fixtures"
RECORDING = FIXTURES / "recordings" / "demo.opus"
STYLE = (Path(rubrics.__file__).parents[1] / "exports" / "templates" / "analysis.css").read_text(encoding="utf-8")


def _evidence(turn: Turn, quote: str, polarity: str, pull: float, level: str) -> Evidence:
    assert turn.start is not None
    assert quote in turn.text
    return Evidence(
        turn=turn.t, quote=quote, start=turn.start, end=turn.start + 2.5, polarity=polarity, pull=pull,
        anchor=AnchorRef(level=level, text=f"Anchor of level {level}"), similarity=0.5,
    )  # fmt: skip


def _analysis(rubric: Rubric, hostile: str = "") -> Analysis:
    """The bundled recording's talk with one draft for, one against, and the rest left open."""
    key = json.loads((FIXTURES / "recordings" / "demo.json").read_text(encoding="utf-8"))
    of = {t: (part["question"], part.get("kind")) for part in key["segments"] for t in part["turns"]}
    turns = tuple(
        Turn(
            t=turn["t"], speaker=turn["speaker"], role=key["roles"][turn["speaker"]], start=turn["start"],
            end=turn["end"], text=turn["text"] + hostile, question=of[turn["t"]][0], kind=of[turn["t"]][1] or "answer",
        )
        for turn in key["turns"]
    )  # fmt: skip
    said = [turn for turn in turns if turn.role == "candidate" and turn.question]
    first, second = said[0], said[1]
    quotes = (
        _evidence(first, first.text.split(". ")[0], "+", 0.42, "5"),
        _evidence(second, second.text.split(". ")[0], "-", -0.3, "1"),
    )
    one, two, *rest = rubric.competencies
    open_ = tuple(
        DraftScore(
            competency=c.id, score=None, value=None, plausible=None, confidence=0, rationale=f"Too little. {hostile}"
        )
        for c in rest
    )
    drafts = (
        DraftScore(competency=one.id, score=4, value=3.8, plausible=(3, 5), confidence=0.71, rationale="Two passages.",
                   evidence=quotes),
        DraftScore(competency=two.id, score=2, value=2.2, plausible=(1, 2), confidence=0.4, rationale="One passage.",
                   evidence=quotes[1:]),
        *open_,
    )  # fmt: skip
    return Analysis(
        source=Source(name=f"demo{hostile}.opus", sha256="ab" * 32, duration_s=242.4),
        engines=Engines(transcriber="hears", diarizer="tells apart", embedder="embeds", scorer="scores", debrief="0.1"),
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        quality=Quality(grade="fair", reasons=("Some words are doubtful.",), measures={"word_probability": 0.82}),
        turns=turns, answers=(), not_covered=(rest[-1].id,), drafts=drafts, warnings=("line 9: skipped.",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    """The rubric of the bundled recording."""
    return rubrics.load("csm-2-5y")


@pytest.fixture(scope="module")
def page(rubric: Rubric) -> str:
    """The report of the bundled recording, with the sound in it."""
    return render_html(_analysis(rubric), rubric, media_link(RECORDING))


def _text(page: str) -> str:
    body = page[page.index("<body") : page.rindex("<script>")]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", body)))


def test_render_html_says_that_drafts_are_suggestions(page: str) -> None:
    """The banner stands on the page, and no total does."""
    text = _text(page)
    assert (
        "Draft scores are suggestions: confirm, override or dismiss each; nothing is weighted until confirmed." in text
    )
    assert "total" not in text.lower()


def test_render_html_shows_every_draft_with_its_range_and_reason(page: str, rubric: Rubric) -> None:
    """Level, label, plausible range, confidence, rationale; and 'No draft' with what is missing."""
    text = _text(page)
    assert "Draft 4 Exceeds Expectations plausible 3–5 · confidence 71% · unrounded 3.80 Two passages." in text
    assert text.count("No draft Too little.") == len(rubric.competencies) - 2
    for competency in rubric.competencies:
        assert competency.name in text
    assert "Some words are doubtful." in text
    assert "line 9: skipped." in text
    assert "nothing that was said speaks to them: Adaptability & Prioritization." in text
    for engine in ("hears", "tells apart", "embeds", "scores", rubric.version, "ab" * 32):
        assert engine in text


def test_render_html_gives_each_quote_its_times_polarity_pull_and_anchor(page: str, rubric: Rubric) -> None:
    """A quote carries the passage to play, and says in words and signs which way it speaks."""
    first = _analysis(rubric).drafts[0].evidence[0]
    assert f'href="#t{first.turn}" data-start="{first.start}" data-end="{first.end}"' in page
    text = _text(page)
    assert (
        text.index("+ Speaks for a higher level")
        < text.index(f"“{first.quote}”")
        < text.index("− Speaks for a lower level")
    )
    assert "pull +0.42 · nearest anchor: level 5 (similarity 0.50)" in text
    assert "pull −0.30 · nearest anchor: level 1 (similarity 0.50)" in text
    assert "Level 5 Anchor of level 5" in text


def test_render_html_shows_the_whole_transcript_by_question(page: str, rubric: Rubric) -> None:
    """Every turn has its place, under its question."""
    text = _text(page)
    for turn in _analysis(rubric).turns:
        assert f'id="t{turn.t}"' in page
    assert "q1. Tell me about your experience managing a portfolio" in text
    assert "Technical. Evaluates Customer Relationship Management, Data-Driven Decision Making." in text
    assert "Small talk · Logistics" in text


def test_render_html_marks_quotes_in_the_transcript_without_changing_it(rubric: Rubric) -> None:
    """Marks and raised figures stand around the words; the words themselves stay."""
    analysis = _analysis(rubric)
    page = render_html(analysis, rubric)
    for turn in analysis.turns:
        (inner,) = re.findall(rf'<div class="turn [a-z]+" id="t{turn.t}".*?</p></div>', page, re.DOTALL)
        bare = re.sub(r'<a class="ref.*?</a>|<a class="time.*?</a>|<span.*?</span>', "", inner, flags=re.DOTALL)
        assert html.unescape(re.sub(r"<[^>]*>", "", bare)).strip() == turn.text
    both = analysis.drafts[1].evidence[0]
    assert f'<mark class="against">{html.escape(both.quote, quote=False)}'.replace("&#x27;", "&#39;") in page.replace(
        "&#39;", "'"
    )


def test_render_html_is_one_file_that_loads_nothing(page: str) -> None:
    """No address, no external style, script, font or picture; the sound is inside."""
    outside = page.replace(page[page.index('src="data:audio') : page.index('"></audio>')], "")
    assert "http" not in outside.replace("http-equiv", "")
    assert re.findall(r"<(?:link|img|iframe|object|embed)\b", outside) == []
    assert re.findall(r"\s(?:style|on[a-z]+)=", outside) == []
    assert "@import" not in STYLE
    assert "url(" not in STYLE


def test_render_html_allows_only_its_own_style_and_script(page: str) -> None:
    """The policy names the hashes of exactly the style and script on the page."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    for tag in ("style", "script"):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in html.unescape(policy[1])
    assert "default-src 'none'" in html.unescape(policy[1])


def test_render_html_escapes_whatever_was_said(rubric: Rubric) -> None:
    """Markup in words, names and reasons is shown, never interpreted."""
    hostile = " <script>alert(1)</script><img src=x onerror=alert(2)> \"' {{ 7*7 }} </style>"
    page = render_html(_analysis(rubric, hostile), rubric)
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("</style>") == 1


def test_render_html_works_without_times_and_without_a_recording(rubric: Rubric) -> None:
    """A transcript without times has turn numbers instead, and no player."""
    analysis = _analysis(rubric)
    drafts = tuple(
        draft.model_copy(
            update={"evidence": tuple(e.model_copy(update={"start": None, "end": None}) for e in draft.evidence)}
        )
        for draft in analysis.drafts
    )
    turns = tuple(turn.model_copy(update={"start": None, "end": None}) for turn in analysis.turns)
    page = render_html(analysis.model_copy(update={"turns": turns, "drafts": drafts}), rubric)
    assert "data-start" not in page[: page.rindex("<script>")].replace(STYLE, "")
    assert "<audio" not in page
    assert f"turn {analysis.drafts[0].evidence[0].turn}" in _text(page)


def test_render_html_is_the_same_every_time(page: str, rubric: Rubric) -> None:
    """The same analysis gives the same bytes."""
    assert render_html(_analysis(rubric), rubric, media_link(RECORDING)) == page


def test_render_html_names_a_free_question_by_what_was_asked(rubric: Rubric) -> None:
    """Without a bank entry, the heading is the interviewer's own words."""
    from models.answer import Answer

    analysis = _analysis(rubric)
    asked = next(turn for turn in analysis.turns if turn.question == "q1")
    turns = tuple(t.model_copy(update={"question": "free-1"}) if t.question == "q1" else t for t in analysis.turns)
    answers = (Answer(question="free-1", asked_in=(asked.t,), probes_in=(), turns=(asked.t,)),)
    text = _text(render_html(analysis.model_copy(update={"turns": turns, "answers": answers}), rubric))
    assert f"“{asked.text[:60]}" in text
    assert "Question outside the bank (free-1)." in text


def test_media_link_embeds_small_and_links_large_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the limit the page carries the sound; above it the page finds it beside itself; a transcript has none."""
    small = media_link(RECORDING)
    assert small is not None
    assert base64.b64decode(small.src.removeprefix("data:audio/ogg;base64,")) == RECORDING.read_bytes()
    monkeypatch.setattr("pipeline.exports.analysis_html.EMBED_BELOW_BYTES", 10)
    call = tmp_path / "calls" / "round 1 #2.mp3"
    call.parent.mkdir()
    call.write_bytes(b"x" * 20)
    linked = media_link(call, tmp_path / "reports" / "page.html")
    assert linked is not None
    assert linked.src == "../calls/round%201%20%232.mp3"
    assert media_link(tmp_path / "talk.vtt") is None
    with pytest.raises(StorageError):
        media_link(tmp_path / "none.mp3")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


PAIRS = [
    ("ink", "bg"), ("ink", "paper"), ("ink", "soft"), ("ink", "range"), ("ink", "for-bg"), ("ink", "against-bg"),
    ("ink", "note-bg"), ("ink", "now-bg"), ("muted", "bg"), ("muted", "paper"), ("muted", "soft"), ("muted", "now-bg"),
    ("accent", "bg"), ("accent", "paper"), ("accent", "for-bg"), ("accent", "against-bg"), ("on-accent", "accent"),
    ("for", "paper"), ("for", "now-bg"), ("against", "paper"), ("against", "now-bg"), ("note", "paper"),
    ("note", "note-bg"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_render_html_text_has_the_contrast_of_wcag_aa(scheme: str) -> None:
    """Every colour of text on every ground that it stands on reaches 4.5 to 1, in light and in dark."""
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[0], STYLE.split("prefers-color-scheme: dark")[1]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark.split("\n* ")[0]))
    for text, ground in PAIRS:
        one, two = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
        assert (one + 0.05) / (two + 0.05) >= 4.5, (text, ground)


@pytest.mark.service
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
def test_report_plays_exactly_the_passage_of_a_clicked_quote(page: str, tmp_path: Path, rubric: Rubric) -> None:
    """The sound starts a second before the quote and stops at its end; the page fits a phone; nothing is blocked."""
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    quote = _analysis(rubric).drafts[0].evidence[0]
    assert quote.start is not None
    assert quote.end is not None
    with Chromium(tmp_path) as browser:
        browser.open(path.as_uri(), 1440, 900)
        seen = browser.run(
            """(async () => {
              const audio = document.querySelector("audio");
              const link = document.querySelector("a.quote[data-start]");
              const once = (name) => new Promise((go) =>
                audio.addEventListener(name, () => go(audio.currentTime), {once: true}));
              const starts = once("playing"), ends = once("pause");
              link.click();
              const start = await starts;
              return [start, await ends, document.querySelectorAll(".playing").length];
            })()"""
        )
        assert seen[0] == pytest.approx(max(0.0, quote.start - 1), abs=0.35)
        assert seen[1] == pytest.approx(quote.end, abs=0.25)
        assert seen[2] == 0
        browser.open(path.as_uri(), 360, 740)
        assert browser.run("document.documentElement.scrollWidth") <= 360
