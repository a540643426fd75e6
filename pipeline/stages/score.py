"""Draft scores: a suggested level for each competency with its evidence, or none with what is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.answer import Answer
from models.evidence import AnchorRef, Evidence
from models.rubric import Competency, Rubric, anchor_levels
from models.score import DraftScore
from models.transcript import Turn, Word
from pipeline.errors import WeightsError
from pipeline.stages.embed import Embedder
from pipeline.stages.evidence import Parser
from pipeline.stages.kept import Kept, packed, unpacked
from pipeline.stages.masking import plain_text
from pipeline.stages.network import (
    READERS,
    WIDTH,
    Encoder,
    Floats,
    Heard,
    Readings,
    build_heads,
    competency_texts,
    hear,
    relevance_logits,
)
from pipeline.stages.passages import Parsed, Reading, parsed, placed, pooled
from pipeline.stages.phrases import Phrases
from pipeline.stages.pooling import PoolWeights, Spread, enough, level_chances, plausible, values
from pipeline.stages.prior import COLUMNS, question_prior
from pipeline.stages.quotes import Quote, choose, stretches
from pipeline.stages.rationale import rationale
from pipeline.stages.reading import Window

SHIPPED = Path(__file__).parent / "data" / "scorer.safetensors"


class Scorer:
    """Reads a talk against a rubric and suggests levels; the same talk, rubric and weights give the same drafts.

    ``folder`` holds MiniLM as sentence-transformers packages it, ``embedder`` is the same model (it reads the rubric), and ``weights`` is
    the trained part (safetensors with its pooling numbers in the metadata). ``name`` tells the weights' sha256. What was read of a talk
    is remembered under hashes of its content, so that another rubric costs one product; :meth:`forget` drops it.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        weights: Path = SHIPPED,
        threads: int | None = None,
        nlp: Parser | None = None,
    ) -> None:
        from safetensors import safe_open

        try:
            with safe_open(str(weights), framework="pt") as file:
                meta = json.loads(file.metadata()["scorer"])
                tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118 - not a mapping
        except (OSError, KeyError, ValueError) as error:
            raise WeightsError(f"{weights.name}: the scorer's weights cannot be read.", "Reinstall debrief.") from error
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.name = f"{meta['name']} sha256:{digest}"
        self._embedder = embedder
        self._nlp = nlp
        self._encoder = Encoder(str(folder), threads)
        self._heads = build_heads()
        self._heads.load_state_dict({key[6:]: value for key, value in tensors.items() if key.startswith("heads.")})
        self._heads.eval()
        self._phrases = Phrases(*(tensors[f"phrases.{key}"].numpy() for key in Phrases._fields))
        self._pool = PoolWeights.from_json(meta["pool"])
        self._known: dict[str, Heard] = {}
        self._talks: dict[str, Parsed] = {}

    def forget(self) -> None:
        """Drop what was remembered of talks: word vectors and what their texts gave."""
        self._known.clear()
        self._talks.clear()

    def kept(self, turns: Sequence[Turn]) -> bytes:
        """Reads the turns and returns what was read, for :meth:`recall`: another rubric then costs one product."""
        talk = self._parsed(turns)
        self._heard(talk.rows)
        return packed(
            Kept(self.name, _talk_key(turns), talk, {key: self._known[key] for key in map(_row_key, talk.rows)})
        )

    def recall(self, data: bytes) -> None:
        """Takes back what :meth:`kept` returned; what other weights have read is left alone."""
        kept = unpacked(data)
        if kept is not None and kept.scorer == self.name:
            self._talks[kept.key] = kept.talk
            self._known.update(kept.heard)

    def score(self, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> tuple[DraftScore, ...]:
        """A draft for every competency of the rubric, in its order, with at most five verbatim quotes of the candidate each."""
        reading = self.read(turns, answers, rubric)
        whole = pooled(reading, self._phrases)
        level = values(whole, self._pool)
        found = stretches(reading.readings, reading.unit_of, reading.units, reading.said)
        by_number = {turn.t: turn for turn in turns}
        chosen = [
            choose(found, reading.units, c, round(float(level[c]), 3), self._pool)
            if enough(whole, c, self._pool)
            else ()
            for c in range(len(rubric.competencies))
        ]
        # one batch for the embedder, which remembers what it has embedded
        anchors = [anchor_texts(competency) for competency in rubric.competencies]
        said = [
            plain_text(by_number[quote.turn].text[quote.start : quote.end]) or "nothing"
            for quotes in chosen
            for quote in quotes
        ]
        self._embedder.encode([*said, *(text for texts in anchors for text in texts)])
        near = [self._embedder.encode(texts) for texts in anchors]
        return tuple(
            self._draft(c, competency, near[c], reading, whole, chosen[c], round(float(level[c]), 3), by_number)
            for c, competency in enumerate(rubric.competencies)
        )

    def read(self, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> Reading:
        """What the network says of every word of the candidate, for every competency."""
        import torch

        talk = self._parsed(turns)
        heard = self._heard(talk.rows)
        passage, none, told = (np.asarray(part)[talk.spoken] for part in heard)
        n = len(rubric.competencies)
        if not len(talk.spoken):
            return placed(Readings(np.zeros((0, n), dtype=np.float32), told), talk, rubric)
        texts = [text for competency in rubric.competencies for text in competency_texts(competency)]
        guess = question_prior(turns, answers, rubric, self._embedder)
        nothing = np.zeros((n, COLUMNS), dtype=np.float32)
        prior = np.stack([guess.get(number, nothing) for number in talk.turn.tolist()])
        with torch.inference_mode():
            logits = relevance_logits(
                self._heads,
                torch.from_numpy(passage),
                torch.from_numpy(none)[:, None],
                torch.from_numpy(self._embedder.encode(texts).reshape(n, 4, -1)),
                torch.from_numpy(prior),
            )
            relevance = torch.softmax(logits, 1)[:, :-1].numpy()
        return placed(Readings(relevance, told), talk, rubric)

    def _parsed(self, turns: Sequence[Turn]) -> Parsed:
        key = _talk_key(turns)
        if key not in self._talks:
            self._talks[key] = parsed(turns, self._phrases, self._nlp)
        return self._talks[key]

    def _heard(self, rows: Sequence[Window]) -> Heard:
        """What the heads make of all words of these rows, one after the other; rows that were read before are remembered."""
        import torch

        keys = [_row_key(row) for row in rows]
        new = list({key: i for i, key in enumerate(keys) if key not in self._known}.values())
        vectors = self._encoder.words(
            [[w.text for w in rows[i]] for i in new], [[w.turn < 0 for w in rows[i]] for i in new]
        )
        made = hear(self._heads, [torch.from_numpy(row) for row in vectors])
        self._known.update({keys[i]: one for i, one in zip(new, made, strict=True)})
        if not keys:
            return Heard(*(np.zeros(shape, dtype=np.float32) for shape in ((0, WIDTH), (0,), (0, READERS, 3))))
        found = [self._known[key] for key in keys]
        return Heard(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def _draft(
        self,
        c: int,
        competency: Competency,
        anchors: Floats,
        reading: Reading,
        whole: Spread,
        quotes: Sequence[Quote],
        value: float,
        turns: dict[int, Turn],
    ) -> DraftScore:
        if not quotes:
            return DraftScore(
                competency=competency.id,
                score=None,
                value=None,
                plausible=None,
                confidence=0.0,
                rationale=rationale(competency, None, (), float(whole.mass[c])),
            )
        evidence = tuple(
            self._evidence(quote, c, competency, anchors, reading, value, turns[quote.turn]) for quote in quotes
        )
        score = min(5, max(1, int(value + 0.5)))
        chance = level_chances(whole, c, value, self._pool)
        return DraftScore(
            competency=competency.id,
            score=score,
            value=value,
            plausible=plausible(chance, score, self._pool.mass),
            confidence=round(float(chance[score - 1]), 3),
            rationale=rationale(competency, value, evidence, float(whole.mass[c])),
            evidence=evidence,
        )

    def value_without(self, reading: Reading, c: int, turn: int, start: int, end: int) -> float:
        """The value of competency ``c`` when the words of a quote are taken away."""
        keep = ~((reading.turn == turn) & (reading.start < end) & (reading.end > start))
        own = reading.readings._replace(relevance=reading.readings.relevance[:, c : c + 1])
        return float(values(pooled(reading._replace(readings=own), self._phrases, keep), self._pool)[0])

    def _evidence(
        self,
        quote: Quote,
        c: int,
        competency: Competency,
        anchors: Floats,
        reading: Reading,
        value: float,
        turn: Turn,
    ) -> Evidence:
        text = turn.text[quote.start : quote.end]
        keys = sorted(competency.anchors, key=anchor_levels)
        cosine = anchors @ self._embedder.encode([plain_text(text) or "nothing"])[0]
        # the anchor that a quote speaks to is the one nearest its level; similarity to the text only tells topics apart
        distance = [
            abs(sum(anchor_levels(key)) / 2 - quote.level) - 0.5 * float(cosine[i]) for i, key in enumerate(keys)
        ]
        best = int(np.argmin(distance))
        begin, finish = times(turn, quote.start, quote.end)
        return Evidence(
            turn=quote.turn,
            quote=text,
            start=begin,
            end=finish,
            polarity="+" if quote.plus >= 0.5 else "-",
            pull=round(value - round(self.value_without(reading, c, quote.turn, quote.start, quote.end), 3), 3),
            anchor=AnchorRef(level=keys[best], text=competency.anchors[keys[best]]),
            similarity=round(float(cosine[best]), 3),
        )


def _talk_key(turns: Sequence[Turn]) -> str:
    return hashlib.sha256("\0".join(f"{turn.t}\1{turn.role}\1{turn.text}" for turn in turns).encode()).hexdigest()


def _row_key(row: Window) -> str:
    return hashlib.sha256("\0".join(f"{word.text}\1{word.turn < 0}" for word in row).encode()).hexdigest()


def anchor_texts(competency: Competency) -> tuple[str, ...]:
    """The competency's anchors, lowest first, as they are compared with quotes."""
    ordered = sorted(competency.anchors, key=anchor_levels)
    return tuple(plain_text(competency.anchors[key]) or "nothing" for key in ordered)


def times(turn: Turn, start: int, end: int) -> tuple[float | None, float | None]:
    """When characters [start, end) of a turn were said: from its words where it has them, else by share of its length."""
    if turn.words:
        at = 0
        inside: list[Word] = []
        for word in turn.words:
            place = turn.text.find(word.text, at)
            if place < 0:
                inside = []
                break
            at = place + len(word.text)
            if place < end and at > start:
                inside.append(word)
        if inside:
            return round(inside[0].start, 3), round(inside[-1].end, 3)
    if turn.start is None or turn.end is None:
        return None, None
    length = max(1, len(turn.text))
    took = turn.end - turn.start
    return round(turn.start + took * start / length, 3), round(turn.start + took * end / length, 3)
