"""Is it English? From a transcript's words, or from how an English-only recogniser fares on the sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.transcript import Segment
from pipeline.errors import LanguageError
from pipeline.stages.audio import RATE
from pipeline.stages.transcribe.base import Waveform, as_float

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "English": (
            "the and of to that it is was you for with this have they we what so but not are be at on my or "
            "had there if i do like know just as from about when your were would can an been our how them "
            "then all me i'm it's don't that's"
        ),
        "German": (
            "der die das und ist ich nicht ein eine zu den mit von auf wir sie es war auch dass aber als "
            "haben wie für sich dem des noch dann wenn oder mir mich ja habe sind nach bei einen einer einem "
            "hat kann"
        ),
        "French": (
            "le la les et est je pas un une des que qui dans pour vous nous il elle ce avec sur mais était ai "
            "plus par au c'est du en on ne se sont j'ai ça cette comme tout bien très alors"
        ),
        "Spanish": (
            "el la los las y es que de en un una no se por con para lo como pero más yo fue su muy mi del "
            "está esto porque cuando también eso era sí ya hay al"
        ),
        "Italian": (
            "il la che di e un una non è per con sono ma ho come mi si più era del della questo anche perché "
            "gli nel alla abbiamo molto lo"
        ),
        "Portuguese": (
            "o a os as e que de em um uma não se por com para mas eu foi muito mais meu do da no na está isso "
            "porque quando também era você nós ao"
        ),
        "Dutch": (
            "de het een en is ik niet van dat in op te we met voor maar zijn was ook als aan er dan nog heb "
            "hebben wat je bij dit naar"
        ),
        "Swedish": (
            "och det att jag är som en ett inte på för med vi den var har till men av om så de han hon sig kan också"
        ),
        "Polish": "i w nie na się to że z jest do jak ale co tak po od za o ja był było mnie są przez już tylko",
        "Turkish": "ve bir bu da de için ne ben çok ama gibi daha var o mi sonra kadar biz değil olarak en",
    }.items()
}
"""The most frequent function words of each language: about two words in five of any running text."""

CODES = {
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "pl": "Polish",
    "tr": "Turkish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "hi": "Hindi",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ar": "Arabic",
}
"""Whisper's codes of the languages that it meets most."""

LATIN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
ENGLISH_SHARE = 0.22
"""Running English has 0.35 to 0.55 of these words, fillers and names included; other languages under 0.12."""

CLEAR_RATE = 0.9
"""Clear words a second of speech: English has 1.5 to 2.9 even in 0 dB noise, other languages 0 to 0.9."""

CONTRAST_DB = 12.0
"""Less contrast between loud and quiet than this is noise: then bad recognition says nothing about the language."""


class Guess(NamedTuple):
    """The language of a text, and the share of its words that are that language's function words."""

    language: str
    share: float


def detect_language(text: str) -> Guess | None:
    """The language that a text is in, by function words; None when there are fewer than 30 words to tell by.

    A script other than Latin is named ``another script``. Knows English and nine languages; any other counts as
    ``another language`` when English function
    words are too few.
    """
    letters = [char for char in text if char.isalpha()]
    if len(letters) >= 40 and sum(ord(char) > 0x24F for char in letters) > 0.5 * len(letters):
        return Guess("another script", 1.0)
    words = [word.lower().replace("’", "'") for word in LATIN.findall(text)]
    if len(words) < 30:
        return None
    shares = {name: sum(word in known for word in words) / len(words) for name, known in FUNCTION_WORDS.items()}
    best = max(shares, key=lambda name: shares[name])
    if shares["English"] >= ENGLISH_SHARE and shares["English"] >= 0.6 * shares[best]:
        return Guess("English", shares["English"])
    return Guess(best, shares[best]) if shares[best] >= 0.15 and best != "English" else Guess("another language", 0.0)


def require_english_text(text: str, name: str = "The talk") -> None:
    """Raises :class:`LanguageError` when a text is not in English; says nothing about short texts."""
    guess = detect_language(text)
    if guess is not None and guess.language != "English":
        raise not_english(guess.language, name)


def not_english(language: str, name: str = "The talk") -> LanguageError:
    """The error for a talk in another language; ``language`` is its name, or ``another language``."""
    heard = f": it sounds like {language}" if not language.startswith("another") else ""
    return LanguageError(
        f"{name} is not in English{heard}.", "debrief reads English interviews only; give an English recording."
    )


def require_english_sound(samples: Waveform, segments: Sequence[Segment], speech_s: float) -> None:
    """Raises :class:`LanguageError` when an English-only recogniser found no English in speech that it should have
    understood.

    ``speech_s``: seconds of detected speech. Loops must be removed before. On noisy sound, and on less than 8 s of
    speech, it says nothing:
    what is bad English then is for the quality gate.
    """
    require_english_text(" ".join(segment.text for segment in segments))
    if speech_s < 8.0:
        return
    clear = sum((word.probability or 0.0) >= 0.5 for segment in segments for word in segment.words)
    if clear / speech_s < CLEAR_RATE and contrast_db(samples) >= CONTRAST_DB:
        raise not_english("another language")


def require_english_code(code: str, probability: float) -> None:
    """Raises :class:`LanguageError` when a multilingual recogniser is sure (0.5 or more) of a language but English."""
    if code != "en" and probability >= 0.5:
        raise not_english(CODES.get(code, f"another language ({code})"))


def contrast_db(samples: Waveform) -> float:
    """How far loud 50 ms blocks (95 %) lie above quiet ones (10 %), in dB, judged by up to ten minutes of the sound."""
    block = RATE // 20
    count = min(len(samples), 600 * RATE) // block
    if count < 20:
        return 0.0
    blocks: NDArray[np.float32] = as_float(samples[: count * block]).reshape(count, block)
    levels = 10 * np.log10(np.mean(np.square(blocks), axis=1) + 1e-9)
    return float(np.percentile(levels, 95) - np.percentile(levels, 10))
