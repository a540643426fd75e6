"""Draft scores: a suggested level for each competency with its evidence, or none with what is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.answer import Answer
from models.evidence import AnchorRef, Evidence
from models.rubric import Competency, Rubric, anchor_levels
from models.score import DraftScore
from models.transcript import Turn
from pipeline.stages.embed import Embedder, Vectors
from pipeline.stages.evidence import Parser, times
from pipeline.stages.kept import Kept, KeptVectors, packed, unpacked
from pipeline.stages.masking import plain_text
from pipeline.stages.network import (
    READERS,
    WIDTH,
    Encoder,
    Floats,
    Heard,
    Readings,
    hear,
    relevance_logits,
)
from pipeline.stages.passages import Parsed, Reading, parsed, placed, pooled
from pipeline.stages.pooling import Spread, enough, level_chances, plausible, values
from pipeline.stages.prior import COLUMNS, question_prior
from pipeline.stages.quotes import Quote, choose, stretches
from pipeline.stages.rationale import rationale
from pipeline.stages.reading import Window
from pipeline.stages.scorer_weights import SHIPPED, read_weights
from pipeline.stages.talk_vectors import RubricRead, TalkVectors, read_rubric


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
        self.name, self._heads, self._phrases, self._pool = read_weights(weights)
        self._embedder = embedder
        self._nlp = nlp
        self._encoder = Encoder(str(folder), threads)
        self._known: dict[str, Heard] = {}
        self._talks: dict[str, Parsed] = {}
        self._vectors: dict[str, dict[str, Vectors]] = {}
        self._rubric: RubricRead | None = None

    def forget(self) -> None:
        """Drop what was remembered of talks: word vectors, what their texts gave, and the vectors of what was quoted and asked."""
        self._known.clear()
        self._talks.clear()
        self._vectors.clear()

    def kept(self, turns: Sequence[Turn]) -> bytes:
        """Reads the turns and returns what was read, for :meth:`recall`: another rubric then costs one product."""
        talk = self._parsed(turns)
        self._heard(talk.rows)
        return packed(
            Kept(self.name, _talk_key(turns), talk, {key: self._known[key] for key in map(_row_key, talk.rows)})
        )

    def vectors(self, turns: Sequence[Turn]) -> bytes:
        """The sentence vectors of what was asked in this talk and quoted of it, for :meth:`recall`; empty where there are none."""
        key = _talk_key(turns)
        found = self._vectors.get(key)
        return packed(KeptVectors(self._embedder.name, key, dict(sorted(found.items())))) if found else b""

    def recall(self, data: bytes) -> bool:
        """Takes back what :meth:`kept` or :meth:`vectors` returned and says so; what other weights have made is left alone."""
        kept = unpacked(data)
        if isinstance(kept, Kept) and kept.scorer == self.name:
            self._talks[kept.key] = kept.talk
            self._known.update(kept.heard)
            return True
        if isinstance(kept, KeptVectors) and kept.embedder == self._embedder.name:
            self._vectors.setdefault(kept.key, {}).update(kept.vectors)
            return True
        return False

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
        said = [[_quoted(quote, by_number) for quote in quotes] for quotes in chosen]
        own = self._talk_vectors(turns, rubric)
        own.encode([text for texts in said for text in texts])  # in one batch; each is then known
        near = [
            [anchors @ vector for vector in own.encode(texts)]
            for texts, anchors in zip(said, self._read_rubric(rubric).anchors, strict=True)
        ]
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
        n, known = len(rubric.competencies), self._read_rubric(rubric)
        if not len(talk.spoken):
            return placed(Readings(np.zeros((0, n), dtype=np.float32), told), talk, known.content)
        guess = question_prior(turns, answers, rubric, self._talk_vectors(turns, rubric))
        nothing = np.zeros((n, COLUMNS), dtype=np.float32)
        prior = np.stack([guess.get(number, nothing) for number in talk.turn.tolist()])
        with torch.inference_mode():
            logits = relevance_logits(
                self._heads,
                torch.from_numpy(passage),
                torch.from_numpy(none)[:, None],
                torch.from_numpy(known.texts),
                torch.from_numpy(prior),
            )
            relevance = torch.softmax(logits, 1)[:, :-1].numpy()
        return placed(Readings(relevance, told), talk, known.content)

    def _read_rubric(self, rubric: Rubric) -> RubricRead:
        """The rubric's texts with their vectors; the last rubric is remembered, since many talks are scored with one."""
        known = self._rubric
        if known is None or known.rubric != rubric:
            self._rubric = known = read_rubric(rubric, self._embedder)
        return known

    def _talk_vectors(self, turns: Sequence[Turn], rubric: Rubric) -> TalkVectors:
        kept = self._vectors.setdefault(_talk_key(turns), {})
        return TalkVectors(self._embedder, kept, self._read_rubric(rubric).vectors)

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
        near: Sequence[Floats],
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
            self._evidence(quote, c, competency, cosine, reading, value, turns[quote.turn])
            for quote, cosine in zip(quotes, near, strict=True)
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
        cosine: Floats,
        reading: Reading,
        value: float,
        turn: Turn,
    ) -> Evidence:
        text = turn.text[quote.start : quote.end]
        keys = sorted(competency.anchors, key=anchor_levels)
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


def _quoted(quote: Quote, turns: dict[int, Turn]) -> str:
    """A quote as it is compared with anchors."""
    return plain_text(turns[quote.turn].text[quote.start : quote.end]) or "nothing"
