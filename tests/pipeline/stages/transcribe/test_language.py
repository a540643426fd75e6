"""English is let through, however noisy or accented; other languages are named or at least refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.transcript import Segment, Word
from pipeline.errors import LanguageError
from pipeline.stages.audio import RATE
from pipeline.stages.transcribe.language import (
    detect_language,
    require_english_code,
    require_english_sound,
    require_english_text,
)

TEXTS = {
    "German": "Guten Tag und vielen Dank, dass Sie sich heute die Zeit nehmen. Erzählen Sie mir bitte etwas über Ihre letzte "
    "Stelle. Ich habe dort drei Jahre lang Kunden betreut und war für die Verlängerung der Verträge verantwortlich.",
    "French": "Bonjour et merci beaucoup de prendre le temps aujourd'hui. Parlez-moi un peu de votre dernier poste. J'ai "
    "travaillé trois ans avec des clients et j'étais responsable du renouvellement des contrats dans la région.",
    "Spanish": "Buenos días y muchas gracias por su tiempo. Cuénteme por favor algo sobre su último trabajo. Trabajé tres "
    "años con clientes y era responsable de la renovación de los contratos. Al principio fue difícil porque muchos no.",
    "Dutch": "Goedemorgen en hartelijk dank voor uw tijd vandaag. Vertel me iets over uw laatste baan. Ik heb drie jaar met "
    "klanten gewerkt en was verantwoordelijk voor de verlenging van de contracten, maar het was niet makkelijk.",
    "another script": "Добрый день и большое спасибо за ваше время. Расскажите мне, пожалуйста, о вашей последней работе.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_other_languages_are_named(language: str) -> None:
    guess = detect_language(TEXTS[language])
    assert guess is not None
    assert guess.language == language


def test_a_language_that_is_not_in_the_table_is_still_not_english() -> None:
    finnish = (
        "Hyvää huomenta ja kiitos ajastanne tänään. Kertokaa vähän viimeisestä työpaikastanne. Työskentelin siellä "
    )
    finnish += "kolme vuotta asiakkaiden kanssa ja vastasin sopimusten uusimisesta. Aluksi se oli vaikeaa, koska monet "
    finnish += "asiakkaat olivat tyytymättömiä, mutta teimme yhdessä suunnitelman ja melkein kaikki jäivät."
    guess = detect_language(finnish)
    assert guess is not None
    assert guess.language != "English"


def test_a_transcript_in_german_is_refused_by_name() -> None:
    with pytest.raises(LanguageError, match=r"call\.vtt is not in English: it sounds like German"):
        require_english_text(TEXTS["German"], "call.vtt")


def test_a_short_text_is_not_judged() -> None:
    assert detect_language("Ja, gut.") is None


def test_every_interview_of_the_corpus_is_english_even_in_parts(fixtures: Path) -> None:
    paths = sorted((fixtures / "corpus" / "interviews").glob("*.json"))
    assert paths
    for path in paths:
        words = " ".join(turn["text"] for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]).split()
        for at in range(0, len(words) - 200, 200):
            guess = detect_language(" ".join(words[at : at + 200]))
            assert guess is not None, path
            assert guess.language == "English", (path, at, guess)


def test_a_multilingual_recogniser_is_believed_only_when_it_is_sure() -> None:
    require_english_code("en", 0.99)
    require_english_code("cy", 0.3)
    with pytest.raises(LanguageError, match="Japanese"):
        require_english_code("ja", 0.9)


def _segment(count: int, probability: float) -> Segment:
    words = tuple(
        Word(word, number * 0.3, number * 0.3 + 0.2, probability) for number, word in enumerate(["the"] * count)
    )
    return Segment(start=0.0, end=count * 0.3, text=" ".join(word.text for word in words), words=words)


def test_clear_sound_without_clear_words_is_another_language() -> None:
    rng = np.random.default_rng(0)
    sound = (rng.normal(0, 0.1, 60 * RATE) * (np.arange(60 * RATE) // RATE % 2)).astype(np.float32)
    with pytest.raises(LanguageError):
        require_english_sound(sound, [_segment(20, 0.2)], 30.0)


def test_noisy_sound_without_clear_words_is_left_to_the_quality_gate() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 60 * RATE).astype(np.float32)
    require_english_sound(noise, [_segment(20, 0.2)], 30.0)
