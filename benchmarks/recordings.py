"""How well recordings are transcribed, and how many words get the wrong speaker.

    python benchmarks/recordings.py [--drafts] [--markdown benchmarks/recordings.md] [--only PATTERN] [FOLDER ...]

Every FOLDER (default: fixtures/recordings) holds recordings with a key beside each (``<id>.json``, or ``<id>.rttm`` and ``<id>.stm``).
Word error rate: jiwer after Whisper's English normaliser. Wrong speaker: the share of recognised words whose speaker, by the word's own
times and the best mapping of labels, is not the key's; a word without a speaker is wrong. Diarization error rate: pyannote.metrics, no
collar, overlap counted. "By time" is the baseline: every word goes to the voice of the span that covers most of it.
"CPU" is processor seconds (over all cores) for each second of sound, warm or cold as it comes; on a busy machine it is about twice that of an idle
one. Needs ``pip install pyannote.metrics``.

``--drafts`` instead compares the analysis of each recording with the analysis of its reference transcript: the share of the reference's
words whose question, looked up by the time at which they are said, is the same (and the same as in the key), and the drafts' values.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.speaker import SpeakerSpan
from models.transcript import Turn, Word
from pipeline import analyze, wiring
from pipeline.rubrics import load
from pipeline.stages import audio, channels, speaker_words

SOUND = (".opus", ".ogg", ".mp3", ".wav", ".flac", ".m4a")


@dataclass(frozen=True)
class Key:
    """What was really said: the words in order of speech, and who speaks when."""

    text: str
    spans: tuple[SpeakerSpan, ...]


@dataclass(frozen=True)
class Heard:
    """What the pipeline made of a recording, with the baseline's turns, and the processor seconds that the two engines took."""

    turns: tuple[Turn, ...]
    by_time: tuple[Turn, ...]
    spans: tuple[SpeakerSpan, ...]
    seconds: float
    transcribing_s: float
    diarizing_s: float


@dataclass(frozen=True)
class Row:
    """One line of the table; rates are shares."""

    name: str
    seconds: float
    word_error_rate: float
    wrong_speaker: float
    wrong_by_time: float
    diarization_error_rate: float
    speakers: str
    cpu_transcribe: float
    cpu_diarize: float


def read_key(recording: Path) -> Key | None:
    """The key beside a recording; None without one."""
    own = recording.with_suffix(".json")
    if own.is_file():
        turns = json.loads(own.read_text())["turns"]
        spans = [
            SpeakerSpan(speaker=turn["speaker"], start=start, end=end)
            for turn in turns
            for _, start, end in turn["sentences"]
        ]
        return Key(" ".join(turn["text"] for turn in turns), tuple(spans))
    rttm, stm = recording.with_suffix(".rttm"), recording.with_suffix(".stm")
    if not (rttm.is_file() and stm.is_file()):
        return None
    spans = []
    for line in rttm.read_text().splitlines():
        part = line.split()
        spans.append(SpeakerSpan(speaker=part[7], start=float(part[3]), end=float(part[3]) + float(part[4])))
    return Key(
        " ".join(line.split(maxsplit=5)[5] for line in stm.read_text().splitlines() if line.strip()), tuple(spans)
    )


def hear(recording: Path, engines: Any) -> Heard:
    """The recording through the product's own stages."""
    sound = audio.decode(recording)
    start = time.process_time()
    if audio.speakers_on_channels(sound):
        parts = channels.separated(sound.samples)
        spans = channels.channel_spans(parts)
        middle = time.process_time()
        heard = [engines.transcriber.transcribe(part) for part in parts]
        end = time.process_time()
        turns = channels.merged(heard)
        return Heard(turns, turns, spans, sound.duration_s, end - middle, middle - start)
    samples = audio.mono(sound)
    recognition = engines.transcriber.transcribe(samples)
    middle = time.process_time()
    spans = engines.diarizer.diarize(samples)
    end = time.process_time()
    words = [word for segment in recognition.segments for word in segment.words]
    by_time = speaker_words.turns_of([(next(iter(speakers_at(word, spans)), None), word) for word in words])
    turns = speaker_words.assign_speakers(recognition, spans)
    return Heard(turns, by_time, spans, sound.duration_s, middle - start, end - middle)


def speakers_at(word: Word, spans: Sequence[SpeakerSpan]) -> tuple[str, ...]:
    """The speakers whose spans cover most of a word (several where they talk at once); the nearest span's where none does."""
    if not spans:
        return ()
    covered: dict[str, float] = {}
    for span in spans:
        seconds = min(span.end, max(word.end, word.start + 0.01)) - max(span.start, word.start)
        if seconds > 0:
            covered[span.speaker] = covered.get(span.speaker, 0.0) + seconds
    if covered:
        most = max(covered.values())
        return tuple(speaker for speaker, seconds in covered.items() if seconds >= most - 0.005)
    return (min(spans, key=lambda span: max(span.start - word.end, word.start - span.end)).speaker,)


def wrong_speaker(turns: Sequence[Turn], key: Key) -> float:
    """Share of words whose speaker is not the key's, with the labels mapped one to one as well as can be."""
    from scipy.optimize import linear_sum_assignment

    pairs = [(turn.speaker, speakers_at(word, key.spans)) for turn in turns for word in turn.words]
    ours = sorted({speaker for speaker, _ in pairs if speaker is not None})
    theirs = sorted({span.speaker for span in key.spans})
    if not ours or not theirs:
        return 1.0
    counts = np.array([[sum(1 for own, right in pairs if own == a and b in right) for b in theirs] for a in ours])
    rows, columns = linear_sum_assignment(-counts)
    return 1 - float(counts[rows, columns].sum()) / len(pairs)


def word_error_rate(turns: Sequence[Turn], key: Key) -> float:
    """Word error rate after Whisper's English normaliser."""
    import jiwer
    from whisper.normalizers import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    return float(jiwer.wer(normal(key.text), normal(" ".join(turn.text for turn in turns))))


def diarization_error_rate(spans: Sequence[SpeakerSpan], key: Key) -> float:
    """Diarization error rate, no collar, overlap counted."""
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(items: Sequence[SpeakerSpan]) -> Any:
        made = Annotation()
        for track, span in enumerate(items):
            made[Segment(span.start, span.end), track] = span.speaker
        return made

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(DiarizationErrorRate()(annotation(key.spans), annotation(spans)))


def measure(recording: Path, key: Key, engines: Any) -> Row:
    """One line of the table."""
    heard = hear(recording, engines)
    return Row(
        name=recording.name,
        seconds=heard.seconds,
        word_error_rate=word_error_rate(heard.turns, key),
        wrong_speaker=wrong_speaker(heard.turns, key),
        wrong_by_time=wrong_speaker(heard.by_time, key),
        diarization_error_rate=diarization_error_rate(heard.spans, key),
        speakers=f"{len({s.speaker for s in heard.spans})} of {len({s.speaker for s in key.spans})}",
        cpu_transcribe=heard.transcribing_s / heard.seconds,
        cpu_diarize=heard.diarizing_s / heard.seconds,
    )


@dataclass(frozen=True)
class Change:
    """What hearing a talk changes against reading it; ``same`` and ``right`` are shares of words, ``values`` pairs (heard, read)."""

    name: str
    same: float
    right: float
    right_read: float
    values: tuple[tuple[float | None, float | None], ...]

    def cells(self) -> str:
        """The line of the table."""
        both = [abs(a - b) for a, b in self.values if a is not None and b is not None]
        one = sum((a is None) != (b is None) for a, b in self.values)
        mean = f"{np.mean(both):.2f} ({max(both):.2f})" if both else "–"
        return (
            f"| {self.name} | {self.same:.3f} | {self.right:.3f} | {self.right_read:.3f} "
            f"| {mean} | {len(both)} | {one} of {len(self.values)} |"
        )


def change(recording: Path, engines: Any) -> Change | None:
    """The analysis of a recording beside the analysis of its reference transcript; None where the key has no cut."""
    data = json.loads(recording.with_suffix(".json").read_text())
    if not data.get("segments"):
        return None
    rubric = load(data["rubric"])
    heard = analyze.analyze(recording, rubric, engines)
    with tempfile.TemporaryDirectory() as folder:
        transcript = Path(folder) / "reference.json"
        fields = ("t", "speaker", "start", "end", "text")
        transcript.write_text(json.dumps({"turns": [{key: turn[key] for key in fields} for turn in data["turns"]]}))
        read = analyze.analyze(transcript, rubric, engines)
    key = {t: segment["question"] for segment in data["segments"] for t in segment["turns"]}
    said = [(turn["t"], (start + end) / 2) for turn in data["turns"] for _, start, end in turn["words"]]
    by_read = {turn.t: turn.question for turn in read.turns}
    own = [question_at(heard.turns, seconds) for _, seconds in said]
    return Change(
        name=recording.name,
        same=share_alike(own, [by_read[t] for t, _ in said]),
        right=share_alike(own, [key[t] for t, _ in said]),
        right_read=share_alike([by_read[t] for t, _ in said], [key[t] for t, _ in said]),
        values=tuple((a.value, b.value) for a, b in zip(heard.drafts, read.drafts, strict=True)),
    )


def question_at(turns: Sequence[Turn], seconds: float) -> str | None:
    """The question of the turn that is being said at a time, or of the nearest one."""
    timed = [turn for turn in turns if turn.start is not None and turn.end is not None]
    nearest = min(timed, key=lambda turn: max((turn.start or 0.0) - seconds, seconds - (turn.end or 0.0), 0.0))
    return nearest.question


def share_alike(ours: Sequence[str | None], theirs: Sequence[str | None]) -> float:
    """Share of words with the same question; free questions are matched one to one by shared words, as the ruler does."""
    shared = Counter(
        pair for pair in zip(ours, theirs, strict=True) if all((name or "").startswith("free") for name in pair)
    )
    mapped: dict[str | None, str | None] = {}
    for (own, other), _ in shared.most_common():
        if own not in mapped and other not in mapped.values():
            mapped[own] = other
    named = [mapped.get(name, "no other") if (name or "").startswith("free") else name for name in ours]
    return sum(a == b for a, b in zip(named, theirs, strict=True)) / max(1, len(named))


def change_table(rows: Sequence[Change]) -> str:
    """The comparison as Markdown, with the mean over all pairs of drafts."""
    pairs = [(a, b) for row in rows for a, b in row.values if a is not None and b is not None]
    words = f"**{np.mean([row.same for row in rows]):.3f}** | {np.mean([row.right for row in rows]):.3f}"
    words += f" | {np.mean([row.right_read for row in rows]):.3f}"
    moved = f"**{np.mean([abs(a - b) for a, b in pairs]):.2f}**" if pairs else "–"
    lines = [
        "| recording | question_words, heard as read | heard, by the key | read, by the key | change of drafts, mean (most) "
        "| drafts in both | drafted in one only |",
        "|---|---|---|---|---|---|---|",
        *(row.cells() for row in rows),
        f"| all | {words} | {moved} | {len(pairs)} | |",
    ]
    return "\n".join(lines)


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| recording | s | word error rate | wrong speaker | by time (baseline) | diarization error rate | voices | CPU words | CPU voices |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.seconds:.0f} | {row.word_error_rate:.1%} | {row.wrong_speaker:.2%} | {row.wrong_by_time:.2%} "
            f"| {row.diarization_error_rate:.1%} | {row.speakers} | {row.cpu_transcribe:.3f} | {row.cpu_diarize:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the table; with ``--markdown`` also writes it, with how it was made."""
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[root / "fixtures" / "recordings"])
    parser.add_argument("--markdown", type=Path)
    parser.add_argument(
        "--drafts", action="store_true", help="compare analyses of recordings with those of their transcripts"
    )
    parser.add_argument("--only", default="", help="recordings whose name matches this pattern")
    options = parser.parse_args()
    engines = wiring.engines()
    found = [
        path
        for folder in options.folders
        for path in sorted(folder.iterdir())
        if path.suffix in SOUND and re.search(options.only, path.name)
    ]
    if options.drafts:
        changes = [one for path in found if path.with_suffix(".json").is_file() and (one := change(path, engines))]
        text = change_table(changes)
    else:
        rows = []
        for recording in found:
            key = read_key(recording)
            if key is not None:
                rows.append(measure(recording, key, engines))
                print(table(rows[-1:]).splitlines()[-1], file=sys.stderr)
        text = table(rows)
    print(text)
    if options.markdown:
        options.markdown.write_text(f"# Recordings\n\n```\n{(__doc__ or '').strip()}\n```\n\n{text}\n")


if __name__ == "__main__":
    main()
