"""The quality gate against the word error rate: bundled recordings with noise of several kinds and strengths.

Command: ``python benchmarks/quality_gate.py [--seconds 75] [--write benchmarks/quality_gate.md]``. Expected: ``poor`` for every row above
35 % word error rate, never below 15 %. Noise is seeded; "babble" is the recordings themselves laid over each other.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np

from pipeline import wiring
from pipeline.errors import DebriefError
from pipeline.rubrics import load
from pipeline.stages import quality
from pipeline.stages.audio import RATE, decode, mono
from pipeline.stages.speaker_words import turns_of

RECORDINGS = Path(__file__).resolve().parent.parent / "fixtures" / "recordings"


def noise(kind: str, length: int, babble: np.ndarray) -> np.ndarray:
    """Unit-power noise."""
    rng = np.random.default_rng(0)
    if kind == "babble":
        made = np.resize(babble, length)
    else:
        made = rng.standard_normal(length)
        if kind == "pink":
            spectrum = np.fft.rfft(made)
            made = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1.0), length)
    return made / np.sqrt(np.mean(made**2))


def telephone(samples: np.ndarray) -> np.ndarray:
    """300 to 3300 Hz."""
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(6, [300, 3300], "bandpass", fs=RATE, output="sos"), samples)


def reference(path: Path, seconds: float) -> str:
    """The words of the key that are said before ``seconds``."""
    turns = json.loads(path.with_suffix(".json").read_text())["turns"]
    said = [word for turn in turns for word in turn.get("words", []) if word[2] <= seconds]
    text = " ".join(word[0] for word in said) if said else " ".join(t["text"] for t in turns if t["end"] <= seconds)
    return re.sub(r"\s+", " ", text)


def main() -> None:
    """Measure and print the table."""
    import jiwer
    from whisper.normalizers import EnglishTextNormalizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=75)
    parser.add_argument("--recordings", default="demo.opus,csm-phone.mp3,senior-overlap.opus")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    normalise, engines, rubric = EnglishTextNormalizer(), wiring.engines(), load("csm-2-5y")
    clean = {name: mono(decode(RECORDINGS / name))[: options.seconds * RATE] for name in options.recordings.split(",")}
    babble = sum(np.roll(next(iter(clean.values())), int(k * 7.3 * RATE)) for k in range(6))
    conditions = [("clean", None), ("telephone", None)] + [
        (kind, snr) for kind in ("white", "pink", "babble") for snr in (10, 0, -5)
    ]
    rows, wrong = [], 0
    for name, sound in clean.items():
        text = normalise(reference(RECORDINGS / name, options.seconds))
        power = np.sqrt(np.mean(sound[np.abs(sound) > 1e-4] ** 2))
        for kind, snr in conditions:
            mixed = telephone(sound) if kind == "telephone" else sound
            if snr is not None:
                mixed = sound + noise(kind, len(sound), babble) * power * 10 ** (-snr / 20)
            mixed = (mixed / np.abs(mixed).max() * 0.9).astype(np.float32)
            try:
                heard = engines.transcriber.transcribe(mixed)
            except DebriefError as error:
                rows.append(f"| {name} | {kind} {'' if snr is None else snr} | refused: {type(error).__name__} | | | |")
                continue
            words = [word for segment in heard.segments for word in segment.words]
            rate = jiwer.wer(text, normalise(" ".join(word.text for word in words))) if words else 1.0
            turns = [t.model_copy(update={"role": "candidate"}) for t in turns_of([("S1", word) for word in words])]
            found = quality.grade(turns, (), rubric, removed=heard.removed)
            bad = (rate > 0.35 and found.grade != "poor") or (rate < 0.15 and found.grade == "poor")
            wrong += bad
            sure = found.measures.get("mean_word_probability", 0.0)
            rows.append(
                f"| {name} | {kind} {'' if snr is None else snr} | {rate:.1%} | {sure:.2f} | {found.measures['removed_share']:.0%} | "
                f"{found.grade}{' **wrong**' if bad else ''} |"
            )
            print(rows[-1], flush=True)
    head = [
        "# Quality gate",
        "",
        f"`python benchmarks/quality_gate.py --seconds {options.seconds}`: {wrong} of {len(rows)} rows wrong.",
        "",
    ]
    head += [
        "| recording | condition, dB | word error rate | mean word probability | removed | grade |",
        "|---|---|---|---|---|---|",
    ]
    if options.write:
        options.write.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
