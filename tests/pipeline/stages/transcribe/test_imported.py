"""Transcripts that users bring: every format is told by its content and read with the right speakers and times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.transcript import Transcript
from pipeline.errors import DebriefError, SourceError
from pipeline.stages.transcribe.imported import is_transcript, read_transcript

FIXTURES = Path(__file__).parents[4] / "fixtures"
TRANSCRIPTS = FIXTURES / "transcripts"
FILES = sorted(path for path in TRANSCRIPTS.iterdir() if path.name != "README.md")


def _read(name: str) -> Transcript:
    return read_transcript(TRANSCRIPTS / name)


def _written(folder: Path, text: str | bytes, name: str = "x.vtt") -> Transcript:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_transcript(path)


FORMATS = {
    "brackets.vtt": "webvtt",
    "meet.txt": "meet",
    "named.txt": "labelled-text",
    "noscribe.vtt": "noscribe-vtt",
    "otter.txt": "otter",
    "plain.json": "transcript-json",
    "plain.srt": "srt",
    "speakers.srt": "srt",
    "teams-without-names.vtt": "teams-vtt",
    "teams.vtt": "teams-vtt",
    "voices.vtt": "webvtt",
    "whisper.json": "whisper-json",
    "whisperx.json": "whisperx-json",
    "zoom.vtt": "zoom-vtt",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_read_transcript_tells_the_format_by_content(path: Path, tmp_path: Path) -> None:
    """The name of the file does not matter, and every fixture is a transcript with ordered times."""
    disguised = tmp_path / "call"
    disguised.write_bytes(path.read_bytes())
    transcript = read_transcript(disguised)
    assert transcript.meta["format"] == FORMATS[path.name]
    starts = [turn.start for turn in transcript.turns if turn.start is not None]
    assert starts == sorted(starts)
    assert all(turn.end >= turn.start for turn in transcript.turns if turn.start is not None and turn.end is not None)
    assert is_transcript(path)


def test_read_transcript_zoom_splits_names_and_joins_a_speakers_cues() -> None:
    """Three cues of one speaker are one turn with the first start and the last end."""
    turns = _read("zoom.vtt").turns
    assert [turn.speaker for turn in turns] == ["Dana Reyes", "Tomas Okafor"] * 3
    assert (turns[3].start, turns[3].end) == (16.9, 38.44)
    assert turns[3].text.startswith("I ran forty accounts")
    assert turns[3].text.endswith("I called the manager that day.")
    assert [turn.t for turn in turns] == [0, 1, 2, 3, 4, 5]


def test_read_transcript_teams_resolves_entities_and_open_voice_tags() -> None:
    """Marks, line ends, entities and a missing end tag leave no trace in the text."""
    turns = _read("teams.vtt").turns
    assert [turn.speaker for turn in turns] == ["Dana Reyes", "Okafor, Tomas (Guest)"] * 2
    assert turns[0].text == "Let's talk about churn & renewals. Which numbers did you watch?"
    assert turns[1].text.startswith("Seat usage first. Anything under 60 % in a month went on my list, and I rang")
    assert turns[3].text == 'One year, "give or take a month".'


def test_read_transcript_never_guesses_speakers() -> None:
    """Without attribution nobody has a name, and the reader is told."""
    for name in ("teams-without-names.vtt", "plain.srt", "whisper.json"):
        transcript = _read(name)
        assert {turn.speaker for turn in transcript.turns} == {None}
        assert "The file does not say who speaks." in transcript.warnings


def test_read_transcript_webvtt_parts_two_voices_in_one_cue() -> None:
    """Comments, styles and regions are no speech; two voices share the cue's time, marked approximate."""
    turns = _read("voices.vtt").turns
    assert [(turn.speaker, turn.approximate) for turn in turns] == [
        ("Ana Brandt", False), ("Priya Nair", False), ("Ana Brandt", True), ("Priya Nair", True), ("Priya Nair", False),
    ]  # fmt: skip
    assert turns[0].text == "What went wrong with the rollout at first?"
    assert turns[1].text == "We trained the managers only, so the cashiers never learned it."
    assert (turns[2].start, turns[3].end) == (11.5, 15.5)
    assert (turns[4].start, turns[4].text) == (
        3602.0,
        "By spring nine of the twelve used it daily — that was my measure.",
    )


def test_read_transcript_webvtt_reads_names_in_brackets() -> None:
    """``(laughs)`` is no person, and a dash without a name is nobody known."""
    turns = _read("brackets.vtt").turns
    assert [turn.speaker for turn in turns] == ["Ana Brandt", "Priya Nair", "Ana Brandt", "Priya Nair", None]
    assert "(laughs)" in turns[1].text


def test_read_transcript_noscribe_keeps_its_labels() -> None:
    """S01 and S02 stay what they are."""
    turns = _read("noscribe.vtt").turns
    assert [turn.speaker for turn in turns] == ["S01", "S02", "S01"]
    assert (turns[1].start, turns[1].end) == (5.9, 19.1)


def test_read_transcript_srt_carries_a_name_until_the_next() -> None:
    """A file that names people only when they change means the same person in between."""
    turns = _read("speakers.srt").turns
    assert [turn.speaker for turn in turns] == ["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"]
    assert turns[1].text.endswith("and they took that one.")
    assert turns[3].text == "Three more years."


def test_read_transcript_srt_does_not_carry_where_names_repeat(tmp_path: Path) -> None:
    """Where every cue of a person is named, a cue without a name has no known speaker."""
    cues = ["Ana: One two.", "Ana: Three four.", "Who is this?", "Ben: Five six.", "Ben: Seven."]
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{cue}\n\n" for n, cue in enumerate(cues, 1))
    assert [turn.speaker for turn in _written(tmp_path, text, "x.srt").turns] == ["Ana", None, "Ben"]


def test_read_transcript_does_not_take_a_colon_for_a_name(tmp_path: Path) -> None:
    """A phrase such as "The point is:" and a single "Remember:" among plain cues are what was said."""
    cues = ["Remember: call them.", "so the point is: no plan.", "it was 10:30 by then.", "And that was that.", "Good."]
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{cue}\n\n" for n, cue in enumerate(cues, 1))
    turns = _written(tmp_path, text, "x.srt").turns
    assert {turn.speaker for turn in turns} == {None}
    assert turns[0].text == "Remember: call them."


def test_read_transcript_reports_malformed_cues_with_their_lines() -> None:
    """Broken times and stray text are skipped and named; the rest is used."""
    transcript = _read("plain.srt")
    assert [turn.text for turn in transcript.turns] == [
        "so the point is: we had no plan for it and what did you do about that",
        "i wrote one over the weekend and we tried it on monday",
    ]
    assert transcript.warnings[:3] == (
        "line 9: text without a time; skipped.",
        "line 12: the time is not understood; skipped.",
        "line 16: the time makes no sense; skipped.",
    )


def test_read_transcript_otter_reads_hours_and_ends() -> None:
    """A turn ends where the next begins; a pause of an hour is not speech; an unknown speaker stays unknown."""
    transcript = _read("otter.txt")
    assert [(turn.speaker, turn.start) for turn in transcript.turns] == [
        ("Dana Reyes", 2.0), ("Tomas Okafor", 9.0), ("Dana Reyes", 31.0), (None, 33.0), ("Tomas Okafor", 3598.0),
        ("Dana Reyes", 3607.0),
    ]  # fmt: skip
    assert transcript.turns[0].end == 9.0
    assert (transcript.turns[3].end or 0) < 40
    assert transcript.turns[1].text.endswith("in their first week.")
    assert "otter.ai" not in transcript.turns[-1].text


def test_read_transcript_meet_interpolates_and_drops_presentations() -> None:
    """Times between stamps are marked approximate, a shared screen is no person, the footer is no speech."""
    transcript = _read("meet.txt")
    assert all(turn.approximate for turn in transcript.turns)
    assert {turn.speaker for turn in transcript.turns} == {"Dana Reyes", "Tomas Okafor"}
    assert (transcript.turns[0].start, transcript.turns[2].end) == (0.0, 53.0)
    assert (transcript.turns[-1].start, transcript.turns[-1].end) == (109.0, 118.0)
    assert transcript.turns[3].text.endswith("She renewed for two years. It was the last day of the term.")
    assert "shared screen" in transcript.warnings[0]
    assert "computer generated" not in " ".join(turn.text for turn in transcript.turns)


def test_read_transcript_plain_text_has_speakers_but_no_times() -> None:
    """A script typed by hand can be analysed too."""
    turns = _read("named.txt").turns
    assert [turn.speaker for turn in turns] == ["Interviewer", "Candidate"] * 2
    assert {turn.start for turn in turns} == {None}
    assert turns[1].text.endswith("Everything else waits until ten.")


def test_read_transcript_zoom_reads_family_names_first(tmp_path: Path) -> None:
    """A display name with a comma or a company is one label."""
    cues = ["Reyes, Dana: Hi.", "Okafor, Tomas (Acme): Hello.", "Reyes, Dana: So: what went well?"]
    text = "WEBVTT\n\n" + "".join(f"{n}\n00:00:0{n}.000 --> 00:00:0{n}.900\n{c}\n\n" for n, c in enumerate(cues, 1))
    turns = _written(tmp_path, text).turns
    assert [turn.speaker for turn in turns] == ["Reyes, Dana", "Okafor, Tomas (Acme)", "Reyes, Dana"]
    assert turns[2].text == "So: what went well?"


def test_read_transcript_whisper_keeps_words_with_probabilities() -> None:
    """Word times and probabilities survive."""
    turn = _read("whisper.json").turns[1]
    assert len(turn.words) == len(turn.text.split())
    assert turn.words[0].text == "We"
    assert 0.9 <= (turn.words[0].probability or 0) <= 1


def test_read_transcript_whisperx_gives_numbers_times_and_parts_speakers() -> None:
    """Words without times lie between their neighbours, and a word of another speaker starts a turn."""
    turns = _read("whisperx.json").turns
    assert [turn.speaker for turn in turns] == ["SPEAKER_01", "SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]
    assert turns[3].text == "Six."
    words = turns[1].words
    number = next(place for place, word in enumerate(words) if word.text == "38")
    assert words[number - 1].end <= words[number].start <= words[number].end <= words[number + 1].start


def test_read_transcript_keeps_numbers_and_texts_of_its_own_json() -> None:
    """Turn numbers with gaps, cues of one speaker in a row, and missing times stay as they are."""
    transcript = _read("plain.json")
    assert transcript.id == "plain-01"
    assert [(turn.t, turn.speaker) for turn in transcript.turns] == [(3, "S2"), (4, "S1"), (7, "S1"), (8, "S2")]
    assert transcript.turns[1].text == "Fine, thank you — no traffic."
    assert (transcript.turns[3].start, transcript.turns[3].end) == (None, None)


@pytest.mark.parametrize("path", sorted((FIXTURES / "corpus" / "interviews").glob("*.json"))[::6], ids=lambda p: p.stem)
def test_read_transcript_returns_the_corpus_unchanged(path: Path) -> None:
    """An interview comes through without one changed character."""
    given_turns = json.loads(path.read_text(encoding="utf-8"))["turns"]
    transcript = read_transcript(path)
    assert transcript.warnings == ()
    assert [
        {"t": t.t, "speaker": t.speaker, "start": t.start, "end": t.end, "text": t.text} for t in transcript.turns
    ] == given_turns


def test_read_transcript_reads_an_analysis_back(tmp_path: Path) -> None:
    """An analysis is a transcript with more in it: words come back, roles and questions are found anew."""
    turn = {
        "t": 5, "speaker": "S1", "role": "candidate", "start": 1.0, "end": 2.0, "text": "Hi there", "approximate": True,
        "words": [["Hi", 1.0, 1.2, 0.9], ["there", 1.3, 2.0, None]], "question": "q1", "kind": "answer",
    }  # fmt: skip
    transcript = _written(tmp_path, json.dumps({"schema": "debrief.analysis/1", "turns": [turn]}), "a.json")
    (read,) = transcript.turns
    assert transcript.meta["format"] == "analysis-json"
    assert (read.t, read.role, read.question, read.approximate) == (5, "unknown", None, True)
    assert [tuple(word) for word in read.words] == [("Hi", 1.0, 1.2, 0.9), ("there", 1.3, 2.0, None)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_read_transcript_reads_common_encodings(tmp_path: Path, encoding: str) -> None:
    """Umlauts and curly quotes survive whatever wrote the file."""
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Jörg>It’s “fine”\n"
    (turn,) = _written(tmp_path, text.encode(encoding)).turns
    assert (turn.speaker, turn.text) == ("Jörg", "It’s “fine”")


def test_read_transcript_reads_cues_without_blank_lines_between(tmp_path: Path) -> None:
    """A cue's number is not taken for speech where blank lines are missing."""
    text = "1\n00:00:01,000 --> 00:00:02,000\nOne day.\n2\n00:00:03,000 --> 00:00:04,000\nTwo days."
    assert [turn.text for turn in _written(tmp_path, text, "x.srt").turns] == ["One day.", "Two days."]


BAD: dict[str, Any] = {
    "empty": b"",
    "blank": b"\n \n",
    "header only": b"WEBVTT\n\n",
    "only broken cues": b"WEBVTT\n\n00:99 --> 1\nHi\n",
    "prose": b"Dear all\n\nplease find the notes below\n",
    "letter": b"Subject: the plan\nDear Ana: thank you.\nNote: it is late.\n",
    "binary": bytes(range(256)) * 40,
    "json of nothing": b"{}",
    "json number": b"[1, 2]",
    "json cut off": b'{"turns": [{"t": 0',
    "json bomb": b"[" * 200_000,
    "json bomb of objects": b'{"turns":' * 100_000,
    "huge number": b'{"turns": [' + b"9" * 10_000 + b"]}",
    "turns of rubbish": b'{"turns": [null, 5, "x", [], {"t": -1, "text": "a"}, {"t": 0, "text": 5}, {"t": 1e400}]}',
    "segments of rubbish": b'{"segments": [null, {"text": "a", "start": NaN}, {"text": "b", "start": 5, "end": 1}]}',
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_read_transcript_refuses_what_it_cannot_use(tmp_path: Path, content: bytes) -> None:
    """One error that names the file and says what to do."""
    with pytest.raises(SourceError) as caught:
        _written(tmp_path, content, "talk.json" if content[:1] in b"{[" else "talk.vtt")
    assert "talk." in caught.value.message
    assert caught.value.remedy


def test_read_transcript_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are errors, not tracebacks."""
    for path in (tmp_path / "none.vtt", tmp_path):
        with pytest.raises(SourceError):
            read_transcript(path)


def test_read_transcript_survives_hostile_values(tmp_path: Path) -> None:
    """Impossible times are dropped with a message, control characters and broken surrogates become blanks."""
    turns = [
        {"t": 0, "speaker": 7, "start": "NaN", "end": 3, "text": "a\u001b[31mb"},
        {"t": 1, "speaker": {"x": 1}, "start": 5, "end": 2, "text": "c\ud800d"},
        {"t": 1, "speaker": "S1", "text": "again"},
        {"t": 2, "speaker": "S1", "start": 9, "text": "no end", "words": [["x", 1, 2, 3, 4]]},
    ]
    transcript = _written(tmp_path, json.dumps({"turns": turns}), "x.json")
    assert [(turn.t, turn.speaker, turn.text) for turn in transcript.turns] == [
        (0, "7", "a [31mb"), (1, None, "c d"), (2, "S1", "no end"),
    ]  # fmt: skip
    assert transcript.turns[2].approximate
    assert len(transcript.warnings) >= 5
    transcript.model_dump_json()


def test_read_transcript_caps_its_messages(tmp_path: Path) -> None:
    """Ten thousand broken cues do not become ten thousand lines."""
    text = "WEBVTT\n\n" + "bad --> time\nx\n\n" * 10_000 + "00:01.000 --> 00:02.000\nHi there\n"
    assert len(_written(tmp_path, text).warnings) <= 22


def test_read_transcript_is_linear_in_hostile_lines(tmp_path: Path) -> None:
    """A line of a million brackets, blanks or colons is read, not chewed on (a quadratic reader would take hours)."""
    for sign in ("<", " ", ":", "&", "(", "-", "<v ", "\t\n", "&#"):
        text = f"WEBVTT\n\n00:01.000 --> 00:02.000\nHi {sign * 100_000}\n"
        assert _written(tmp_path, text).turns[0].text.startswith("Hi")
        with_name = f"Ana  0:01\nHi {sign * 100_000}\n"
        assert _written(tmp_path, with_name, "x.txt").turns
    lines = "word\n" * 150_000
    for head, name in (
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n", "x.vtt"),
        ("Ana  0:01\n", "x.txt"),
        ("Ana: Hi\nAna: ", "y.txt"),
    ):
        assert len(_written(tmp_path, head + lines, name).turns) == 1


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("a.vtt", b"", True), ("a.json", b"{}", True), ("a.txt", b"hi", True), ("a.srt", b"", True),
     ("a.m4a", b"\0\0", False), ("a.wav", b"RIFF", False), ("call", b"WEBVTT\n", True),
     ("call", b"\xef\xbb\xbfWEBVTT", True), ("call", b"\0\1", False)],
)  # fmt: skip
def test_is_transcript_goes_by_suffix_then_content(tmp_path: Path, name: str, content: bytes, expected: bool) -> None:
    """Recordings are told from transcripts before anything is decoded."""
    path = tmp_path / name
    path.write_bytes(content)
    assert is_transcript(path) is expected


_TOKENS = st.sampled_from(
    ["WEBVTT\n\n", "00:00:01.000 --> 00:00:02.000\n", "1\n00:00:01,750 --> 00:00:04,100\n", "<v Ana>", "</v>", "Ana: ",
     "(Ben)\n", "- ", "\n\n", "NOTE\n", "STYLE\n", "Ana Brandt  1:05\n", "00:00:53\n", "Transcription ended after 00:55:19\n",
     '{"turns": [', '{"segments": [', '{"t": 0, "text": "x"}', '"start": 1e999', "]}", "&#x110000;", "&#999999999999;",
     "\x00", "\ud800", "\u2028", "\ufeff", "-->", "Tell me about it.", "99:99:99.999 --> 99:99:99.999\n"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(_TOKENS, st.text(max_size=12)), max_size=30))
def test_read_transcript_never_raises_anything_else_on_text(tmp_path: Path, parts: list[str]) -> None:
    """Whatever is put together from pieces of all formats gives turns or one of our errors."""
    _survives(tmp_path, "".join(parts).encode("utf-8", "surrogatepass"))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(FILES), where=st.integers(0, 6000), length=st.integers(0, 60), new=st.binary(max_size=20))
def test_read_transcript_never_raises_anything_else_on_damage(
    tmp_path: Path, path: Path, where: int, length: int, new: bytes
) -> None:
    """A damaged file of any format gives turns or one of our errors."""
    content = path.read_bytes()
    _survives(tmp_path, content[:where] + new + content[where + length :])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["t", "text", "start", "end", "speaker", "words", "word", "score"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(["turns", "segments"]), entries=st.lists(_JSON, max_size=5))
def test_read_transcript_never_raises_anything_else_on_json(tmp_path: Path, key: str, entries: list[Any]) -> None:
    """Any values in the right places give turns or one of our errors."""
    _survives(tmp_path, json.dumps({key: entries}).encode())


def _survives(folder: Path, content: bytes) -> None:
    try:
        transcript = _written(folder, content, "fuzz.txt")
    except DebriefError as error:
        if not error.remedy:
            pytest.fail("an error without a remedy")
        return
    assert transcript.turns
    assert len({turn.t for turn in transcript.turns}) == len(transcript.turns)
    transcript.model_dump_json().encode()
    for turn in transcript.turns:
        assert turn.text.strip()
        assert turn.start is None or turn.end is None or turn.end >= turn.start
