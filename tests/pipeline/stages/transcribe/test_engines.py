"""The two recognisers on real speech: the same words, honest times, no phantoms, English only."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray

from models.transcript import Recognition
from pipeline import weights
from pipeline.stages.audio import RATE, decode, mono
from pipeline.stages.transcribe.faster import FasterWhisper

RECORDING = "csm-short"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def faster(cache: Path) -> FasterWhisper:
    found = weights.find("tiny.en", cache)
    return FasterWhisper(found.folder, found.label)


@pytest.fixture(scope="module")
def sound(fixtures: Path) -> NDArray[np.float32]:
    """Half a minute of two voices."""
    return mono(decode(fixtures / "recordings" / f"{RECORDING}.opus"))


@pytest.fixture(scope="module")
def recognition(faster: FasterWhisper, sound: NDArray[np.float32]) -> Recognition:
    return faster.transcribe(sound)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9' ]", "", text.lower().replace("-", " "))


def text_of(recognition: Recognition) -> str:
    return " ".join(segment.text for segment in recognition.segments)


def test_faster_whisper_writes_what_is_said(recognition: Recognition, fixtures: Path) -> None:
    truth = json.loads((fixtures / "recordings" / f"{RECORDING}.json").read_text(encoding="utf-8"))
    said = " ".join(turn["text"] for turn in truth["turns"])

    assert jiwer.wer(plain(said), plain(text_of(recognition))) <= 0.10
    assert recognition.language == "en"
    assert re.fullmatch(r"faster-whisper [\d.]+ int8, whisper tiny\.en sha256:[0-9a-f]{64}", recognition.engine)


def test_words_have_times_in_order_and_probabilities(recognition: Recognition, sound: NDArray[np.float32]) -> None:
    words = [word for segment in recognition.segments for word in segment.words]

    assert all(0.0 <= word.start < word.end <= len(sound) / RATE + 0.05 for word in words)
    assert all(one.end <= two.start + 1e-6 for one, two in pairwise(words))
    assert all(0.0 < (word.probability or 0.0) <= 1.0 for word in words)


def test_sentences_begin_and_end_when_they_are_said(recognition: Recognition, fixtures: Path) -> None:
    """Nine in ten of the turns' first words start within a fifth of a second of the truth."""
    truth = json.loads((fixtures / "recordings" / f"{RECORDING}.json").read_text(encoding="utf-8"))
    starts = np.array([word.start for segment in recognition.segments for word in segment.words])
    errors = [float(np.abs(starts - turn["start"]).min()) for turn in truth["turns"]]
    assert np.quantile(errors, 0.9) <= 0.2


def test_the_same_sound_gives_the_same_words_and_int16_is_as_good(
    faster: FasterWhisper, sound: NDArray[np.float32], recognition: Recognition
) -> None:
    assert faster.transcribe((sound * 32768).astype(np.int16)) == recognition


def test_the_words_do_not_depend_on_how_many_threads_numpy_has(
    faster: FasterWhisper, sound: NDArray[np.float32], recognition: Recognition
) -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(2, user_api="blas"):
        two = faster.transcribe(sound)
    with threadpool_limits(1, user_api="blas"):
        one = faster.transcribe(sound)

    assert one == two == recognition


def test_progress_rises_to_one(faster: FasterWhisper, sound: NDArray[np.float32]) -> None:
    shares: list[float] = []
    faster.transcribe(sound, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("kind", ["noise", "silence"])
def test_a_minute_without_speech_adds_no_words(
    faster: FasterWhisper, sound: NDArray[np.float32], recognition: Recognition, kind: str
) -> None:
    level = {"noise": 0.02, "silence": 0.0}[kind]
    rest = np.random.default_rng(0).normal(0, level, 60 * RATE).astype(np.float32)

    found = faster.transcribe(np.concatenate([sound, rest]))

    assert found.segments[-1].end <= len(sound) / RATE + 0.5
    assert jiwer.wer(plain(text_of(recognition)), plain(text_of(found))) <= 0.05


def test_vocabulary_brings_a_name_that_is_wrong_without_it(faster: FasterWhisper, fixtures: Path) -> None:
    name = mono(decode(fixtures / "audio" / "name.opus"))

    assert "Planhat" not in text_of(faster.transcribe(name))
    assert "Planhat" in text_of(faster.transcribe(name, vocabulary=["Planhat", "Zendesk"]))


def test_speech_in_german_is_refused(faster: FasterWhisper, fixtures: Path) -> None:
    from pipeline.errors import LanguageError

    with pytest.raises(LanguageError, match="not in English"):
        faster.transcribe(mono(decode(fixtures / "audio" / "german.opus")))


def test_prepared_checkpoint_matches_openai_whisper_key_for_key(cache: Path) -> None:
    import torch
    import whisper

    found = weights.openai_checkpoint("tiny.en", cache, offline=True)
    checkpoint = torch.load(found.path, weights_only=True)
    expected = whisper.model.Whisper(whisper.model.ModelDimensions(**checkpoint["dims"])).state_dict()

    assert {name: tuple(value.shape) for name, value in checkpoint["model_state_dict"].items()} == {
        name: tuple(value.shape) for name, value in expected.items()
    }


def test_openai_whisper_from_prepared_weights_says_what_faster_whisper_says(
    cache: Path, sound: NDArray[np.float32]
) -> None:
    from pipeline.stages.transcribe.openai import OpenAIWhisper

    checkpoint = weights.openai_checkpoint("tiny.en", cache, offline=True)
    found = weights.find("tiny.en", cache)
    reference = OpenAIWhisper(checkpoint.path, checkpoint.label, threads=1).transcribe(sound[: 12 * RATE])
    exact = FasterWhisper(found.folder, found.label, compute_type="float32", beam_size=1).transcribe(sound[: 12 * RATE])

    assert jiwer.wer(plain(text_of(exact)), plain(text_of(reference))) <= 0.02
    assert reference.engine.startswith("openai-whisper")
