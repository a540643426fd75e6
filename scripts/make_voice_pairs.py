"""Makes interviews in other voices than the fixtures': like and unlike pairs, clean and on the telephone, with the reference beside each.

    python scripts/make_voice_pairs.py FOLDER [--only ID] [--excerpt FROM TO]
    python benchmarks/recordings.py FOLDER

Texts are the openings of the corpus's interviews, with short backchannels laid into long answers and, where a recording is not clean, the
next turn sometimes begun before the last one ends. Voices: flite and espeak-ng (Debian packages of these names) beside those of
make_recordings. Names that begin with ``a-`` are to choose settings on, those that begin with ``b-`` are to judge by. ``fixtures/voices --only
a-men-phone --excerpt 27 64`` made the tests' recording.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).resolve().parent))

from make_recordings import (
    RATE,
    Floats,
    Line,
    Script,
    Voices,
    _one_line_a_turn,
    mix,
    reference,
    room,
    sentences_of,
    speak,
    telephone,
    write,
)

CORPUS = Path(__file__).resolve().parent.parent / "fixtures" / "corpus"
SECONDS = 165
"""About how long a recording is; the turn that begins before this is said to its end."""

WORDS_PER_SECOND = 2.6
LONG = 25
"""Words from which a stretch of an answer gets a backchannel."""

BACKCHANNELS = ("Mm-hm.", "Right.", "Okay.", "I see.", "Sure.", "Yeah.")


@dataclass(frozen=True)
class Case:
    """A recording: the corpus's interview, how it sounds (clean, phone, overlap), the interviewers' voices and the candidate's."""

    interview: str
    form: str
    interviewers: tuple[str, ...]
    candidate: str


CASES = {
    "a-men-phone": Case("dev-pm-01", "phone", ("flite:rms",), "flite:awb"),
    "a-women-phone": Case("dev-wss-01", "phone", ("flite:slt",), "heart"),
    "a-one-throat-overlap": Case("dev-sst-01", "overlap", ("heart",), "heart*0.92"),
    "a-men-overlap": Case("dev-da-02", "overlap", ("joe",), "flite:rms"),
    "a-unlike-clean": Case("dev-fa-01", "clean", ("flite:slt",), "flite:awb"),
    "a-panel-phone": Case("dev-b-06", "phone", ("flite:rms", "flite:slt"), "heart"),
    "b-men-phone": Case("dev-tsa-01", "phone", ("joe",), "flite:awb"),
    "b-men-diphone-phone": Case("dev-sdr-02", "phone", ("flite:kal16",), "flite:rms"),
    "b-women-phone": Case("dev-pd-01", "phone", ("heart*1.06",), "flite:slt*0.95"),
    "b-one-throat-phone": Case("dev-pm-03", "phone", ("joe*1.1",), "joe"),
    "b-women-clean": Case("dev-fa-03", "clean", ("espeak:en-us+f3",), "flite:slt"),
    "b-unlike-overlap": Case("dev-da-04", "overlap", ("heart*0.95",), "flite:rms*1.05"),
    "b-panel-phone": Case("dev-b-02", "phone", ("joe", "flite:awb"), "flite:slt"),
    "b-panel-overlap": Case("dev-a-03", "overlap", ("flite:awb", "heart"), "joe"),
}


class MoreVoices(Voices):
    """The voices of make_recordings, and those of flite and espeak-ng by name (``flite:rms``, ``espeak:en-us+f3``)."""

    def say(self, voice: str, text: str) -> Floats:
        """One sentence."""
        name = voice.partition("*")[0]
        engine, colon, own = name.partition(":")
        if colon and name not in self._loaded:
            self._loaded[name] = {"flite": _flite, "espeak": _espeak}[engine](own)
        return super().say(voice, text)


def _flite(voice: str) -> Callable[[str], Floats]:
    return _program(lambda text, out: ["flite", "-voice", voice, "-t", text, "-o", out])


def _espeak(voice: str) -> Callable[[str], Floats]:
    return _program(lambda text, out: ["espeak-ng", "-v", voice, "-s", "160", "-w", out, text])


def _program(command: Callable[[str, str], list[str]]) -> Callable[[str], Floats]:
    """A voice that is a program which writes a WAV file."""

    def say(text: str) -> Floats:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            subprocess.run(command(text, file.name), check=True, capture_output=True)
            rate, sound = wavfile.read(file.name)
        return np.asarray(resample_poly(sound.astype(np.float64) / 32768, RATE, rate))

    return say


def script_of(name: str, case: Case, rng: np.random.Generator) -> Script:
    """The opening of a corpus interview as a text to speak; two interviewers take turns from question to question."""
    turns = json.loads((CORPUS / "interviews" / f"{case.interview}.json").read_text())["turns"]
    candidate = json.loads((CORPUS / "truth" / f"{case.interview}.json").read_text())["roles"]
    lines: list[Line] = []
    words = asked = 0
    for turn in turns:
        if words > SECONDS * WORDS_PER_SECOND:
            break
        words += len(turn["text"].split())
        if candidate[turn["speaker"]] != "candidate":
            who = "IJ"[asked % len(case.interviewers)]
            asked += turn["text"].count("?") > 0 and len(turn["text"].split()) > 8
        else:
            who = "C"
        early = case.form != "clean" and lines and lines[-1].who != who and rng.random() < 0.2
        for part in parts_of(turn["text"]):
            lines.append(Line(who, "", part, -float(rng.uniform(0.1, 0.4)) if early else None, 0))
            early = False
            if who == "C" and len(part.split()) >= LONG:
                listener = next((line.who for line in reversed(lines) if line.who != "C"), "I")
                said = BACKCHANNELS[int(rng.integers(len(BACKCHANNELS)))]
                lines.append(Line(listener, "", said, float(rng.uniform(0.3, 0.8)), 0))
    speakers = {letter: ("interviewer", voice) for letter, voice in zip("IJ", case.interviewers, strict=False)}
    return Script(
        name, case.interview, case.form, speakers | {"C": ("candidate", case.candidate)}, ["small-talk"], lines
    )


def parts_of(text: str) -> list[str]:
    """A turn in stretches of some ``2 * LONG`` words, cut at sentence ends: a listener says something in each."""
    parts = [""]
    for sentence in sentences_of(text):
        if len(parts[-1].split()) >= 2 * LONG:
            parts.append("")
        parts[-1] = f"{parts[-1]} {sentence}".strip()
    return parts


def make(folder: Path, name: str, voices: MoreVoices, excerpt: tuple[float, float] | None) -> None:
    """One recording and its reference, or the seconds of it that ``excerpt`` names."""
    case, rng = CASES[name], np.random.default_rng(zlib.crc32(name.encode()))
    script = script_of(name, case, rng)
    turns = speak(script, voices, rng)
    sound, rate, suffix, bit_rate = mix(script, turns, stereo=False, rng=rng), RATE, ".opus", 32_000
    if case.form == "overlap":
        sound = room(sound[0], rng, snr_db=15, reverb_s=0.25)[None]
    elif case.form == "phone":
        sound, rate = telephone(room(sound[0], rng, snr_db=15, reverb_s=0.12))[None], 8_000
        suffix, bit_rate = ".mp3", 24_000
    sound *= min(1.0, 0.97 / np.abs(sound).max())
    key = reference(script, turns, name + suffix, case.form) | {"segments": []}
    if excerpt is not None:
        sound = sound[:, int(excerpt[0] * rate) : int(excerpt[1] * rate)]
        key["turns"] = cut_turns(key["turns"], *excerpt)
    write(folder / (name + suffix), sound, rate, bit_rate)
    (folder / f"{name}.json").write_text(_one_line_a_turn(key))
    print(f"{name}{suffix}: {sound.shape[1] / rate:.0f} s, {len(key['turns'])} turns", flush=True)


def cut_turns(turns: list[dict[str, Any]], start: float, end: float) -> list[dict[str, Any]]:
    """The sentences that lie wholly or partly between two times, on the clock of the excerpt."""
    kept = []
    for turn in turns:
        times = [
            [text, round(max(a, start) - start, 3), round(min(b, end) - start, 3)]
            for text, a, b in turn["sentences"]
            if a < end and b > start
        ]
        if times:
            words = [
                [text, round(a - start, 3), round(b - start, 3)] for text, a, b in turn["words"] if start <= a < end
            ]
            text = " ".join(word for word, _, _ in words)
            cut = {"start": times[0][1], "end": times[-1][2], "text": text, "sentences": times, "words": words}
            kept.append(turn | cut)
    return kept


def main() -> None:
    """Makes all recordings, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--excerpt", nargs=2, type=float)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    voices = MoreVoices()
    for name in [options.only] if options.only else CASES:
        make(options.folder, name, voices, tuple(options.excerpt) if options.excerpt else None)


if __name__ == "__main__":
    main()
