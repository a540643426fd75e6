"""The recordings are what their keys say, and the pipeline hears them right."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pipeline.stages import audio

if TYPE_CHECKING:
    from pipeline.wiring import Engines

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "recordings"
KEYS = sorted(FOLDER.glob("*.json"))
measure = SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "recordings.py"), run_name="recordings"))


@pytest.mark.parametrize("path", KEYS, ids=lambda path: path.stem)
def test_key_covers_every_turn_once_and_fits_the_sound(path: Path) -> None:
    key = json.loads(path.read_text())
    numbers = [t for segment in key["segments"] for t in segment["turns"]]
    assert sorted(numbers) == [turn["t"] for turn in key["turns"]] == list(range(len(numbers)))
    assert list(key["roles"].values()).count("candidate") == 1
    assert {turn["speaker"] for turn in key["turns"]} == set(key["roles"])
    for turn in key["turns"]:
        assert turn["start"] < turn["end"]
        assert " ".join(sentence for sentence, _, _ in turn["sentences"]) == turn["text"]
    sound = FOLDER / key["file"]
    assert 0 < audio.decode(sound).duration_s - max(turn["end"] for turn in key["turns"]) < 2
    assert sound.stat().st_size < 1_500_000


def test_short_recording_is_heard_right(engines: Engines) -> None:
    """Clean, two voices: at most 8 % of words wrong, at most 0.8 % with the wrong speaker."""
    recording = FOLDER / "csm-short.opus"
    key = measure.read_key(recording)
    assert key is not None
    heard = measure.hear(recording, engines)
    assert measure.word_error_rate(heard.turns, key) <= 0.08
    assert measure.wrong_speaker(heard.turns, key) <= 0.008
