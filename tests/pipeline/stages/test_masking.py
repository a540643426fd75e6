"""What the scorer reads is the same for everybody: names, gender, spelling and small words do not reach it."""

from __future__ import annotations

import pytest

from pipeline.stages.masking import MASK, plain_text, plain_words

SAID = "So, um, Dana Reyes told me she organised the colours for a customer in Poznań, and I didn't miss 1,200 of them."


@pytest.mark.parametrize(
    "other",
    [
        SAID.lower(),
        SAID.replace(",", "").replace(".", ""),
        SAID.replace("she", "he"),
        SAID.replace("Dana Reyes", "Kwabena Oyelaran"),
        SAID.replace("organised", "organized").replace("colours", "colors"),
        SAID.replace("So, um,", "").replace("and I", "and, you know, I"),
        SAID.replace("the colours", "colours").replace("for a", "for"),
        SAID.replace("didn't", "didn’t"),
    ],
    ids=["case", "punctuation", "gender", "name", "spelling", "fillers", "articles", "apostrophe"],
)
def test_plain_words_do_not_change_with_who_speaks_or_how_it_is_written(other: str) -> None:
    assert plain_text(other) == plain_text(SAID)


def test_a_name_becomes_one_mask_and_keeps_its_characters() -> None:
    words = plain_words("I called Renata Kowalczyk twice")
    masked = next(word for word in words if word.text == MASK)
    assert "I called Renata Kowalczyk twice"[masked.start : masked.end] == "Renata Kowalczyk"


def test_negation_survives() -> None:
    assert "not" in plain_text("I wouldn't say we missed it").split()


def test_every_plain_word_points_at_its_characters() -> None:
    for word in plain_words(SAID):
        assert 0 <= word.start < word.end <= len(SAID)


def test_laughter_is_no_word() -> None:
    assert plain_text("it broke (laughs) twice [crosstalk]") == "it broke twice"
