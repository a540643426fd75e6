"""Draft scores of talks that nothing had seen, against careful readers.

python -m scripts.heldout                     # first: reads every talk with heads and phrases that never saw it
python benchmarks/scoring_heldout.py                  # then: both tables, known and unseen rubrics
python benchmarks/scoring_heldout.py --json FOLDER    # and every figure as <kind>.json
python benchmarks/scoring_heldout.py --only unseen --write benchmarks/left_out.json   # what notebooks/03 shows

The pooling's numbers are nested: for unseen rubrics they are fitted on the talks of all other rubrics, for known ones on the other talks
(six folds), each as read by what had not seen it. The questions are cut as in the corpus's keys.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.evaluation import Evaluation, Labelled  # noqa: E402
from models.evidence import AnchorRef, Evidence  # noqa: E402
from models.recording import Source  # noqa: E402
from models.report import Analysis, Engines, Quality, RubricRef  # noqa: E402
from models.score import DraftScore  # noqa: E402
from pipeline import weights  # noqa: E402
from pipeline.cli.folds import TOGETHER  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.stages.baselines import by_similarity  # noqa: E402
from pipeline.stages.embed import SentenceEmbedder  # noqa: E402
from pipeline.stages.evaluate import evaluate  # noqa: E402
from pipeline.stages.evidence import load_parser  # noqa: E402
from pipeline.stages.labelled import read_corpus  # noqa: E402
from pipeline.stages.pooling import PoolWeights, enough, level_chances, plausible, values  # noqa: E402
from pipeline.stages.quotes import choose  # noqa: E402
from scripts.fit_pooling import Seen, fit  # noqa: E402
from scripts.heldout import rows  # noqa: E402
from scripts.scoring_data import Sources, load_sources  # noqa: E402

FOLDS = 6


def parts(kind: str, unseen: Sequence[Seen], known: Sequence[Seen]) -> list[tuple[list[Seen], list[Seen]]]:
    """What the pooling is fitted on, and what is then measured: talks of other rubrics, or other talks."""
    if kind == "unseen":
        names = sorted({together(row) for row in unseen})
        groups = [[row for row in unseen if together(row) == name] for name in names]
        return [
            ([row for row in unseen if together(row) != name], own) for name, own in zip(names, groups, strict=True)
        ]
    ordered = sorted(known, key=lambda row: row.talk.id)
    groups = [ordered[k::FOLDS] for k in range(FOLDS)]
    out = [{row.talk.id for row in group} for group in groups]
    return [
        ([row for row in (*unseen, *known) if row.talk.id not in ids], own)
        for ids, own in zip(out, groups, strict=True)
    ]


def together(row: Seen) -> str:
    """The rubric, or one name for those that share competencies."""
    return "customer success" if row.talk.rubric in TOGETHER else row.talk.rubric


def drafts(row: Seen, pool: PoolWeights, competencies: Sequence[str]) -> tuple[DraftScore, ...]:
    """The drafts as ``stages.score`` makes them, without pulls and anchors, which no figure needs."""
    texts = {turn.t: turn.text for turn in row.talk.turns}
    found = []
    for c, (name, level) in enumerate(zip(competencies, values(row.spread, pool), strict=True)):
        value = round(float(level), 3)
        chosen = choose(row.stretches, row.reading.units, c, value, pool) if enough(row.spread, c, pool) else ()
        if not chosen:
            found.append(
                DraftScore(competency=name, score=None, value=None, plausible=None, confidence=0.0, rationale="")
            )
            continue
        score = min(5, max(1, int(value + 0.5)))
        chance = level_chances(row.spread, c, value, pool)
        evidence = tuple(
            Evidence(
                turn=quote.turn, quote=texts[quote.turn][quote.start : quote.end], start=None, end=None,
                polarity="+" if quote.plus >= 0.5 else "-", pull=0.0, anchor=AnchorRef(level="3", text=""), similarity=0.0,
            )
            for quote in chosen
        )  # fmt: skip
        found.append(
            DraftScore(
                competency=name, score=score, value=value, plausible=plausible(chance, score, pool.mass),
                confidence=round(float(chance[score - 1]), 3), rationale="", evidence=evidence,
            )
        )  # fmt: skip
    return tuple(found)


def measured(kind: str) -> Evaluation:
    """Every figure over the corpus's 48 talks."""
    sources = load_sources()
    nlp = load_parser(weights.find("spacy", Settings().cache).folder)
    made = {}
    unseen = list(rows("unseen", sources, nlp).values())
    known = list(rows("known", sources, nlp).values()) if kind == "known" else []
    for others, own in parts(kind, unseen, known):
        pool = fit(others)
        for row in own:
            if not row.talk.corpus:
                continue
            ids = [c.id for c in sources.rubrics[row.talk.rubric].competencies]
            made[row.talk.id] = Analysis(
                source=Source(name=row.talk.id, sha256="0" * 64, duration_s=0),
                engines=Engines(
                    transcriber="stored transcript", diarizer="stored transcript", embedder="", scorer=f"held out: {kind}"
                ),
                rubric=RubricRef(id=row.talk.rubric, version=""), quality=Quality(grade="good"), turns=row.talk.turns,
                answers=row.talk.answers, not_covered=(), drafts=drafts(row, pool, ids),
            )  # fmt: skip
    labelled = tuple(one for one in read_corpus(ROOT / "fixtures" / "corpus") if one.id in made)
    minilm = weights.find("minilm", Settings().cache)
    similar = by_cosine(labelled, made, sources, SentenceEmbedder(minilm.folder, minilm.label, threads=1))
    told = "three groups of rubrics in their turn" if kind == "unseen" else None
    return evaluate(labelled, made, similar).model_copy(update={"left_out": told})


def by_cosine(
    labelled: Sequence[Labelled], made: Mapping[str, Analysis], sources: Sources, embedder: SentenceEmbedder
) -> dict[str, dict[tuple[str, str], float]]:
    """The baselines that read the talk: best anchor by cosine, and projection on the axis."""
    best, axis = {}, {}
    for one in labelled:
        for name, near in by_similarity(made[one.id].turns, sources.rubrics[one.rubric], embedder).items():
            best[one.id, name], axis[one.id, name] = near
    return {"best anchor": best, "axis": axis}


def main() -> None:
    """Print the tables."""
    from rich.console import Console

    from pipeline.cli.figures import show

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=["known", "unseen"])
    parser.add_argument("--write", type=Path, help="one kind's figures (see --only) to this file")
    asked = parser.parse_args()
    if asked.write and not asked.only:
        parser.error("--write needs --only known or --only unseen")
    for kind in ("known", "unseen"):
        if asked.only not in (None, kind):
            continue
        found = measured(kind)
        print(f"\n{kind} rubrics")
        show(found, Console(width=120))
        if asked.write:
            asked.write.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        if asked.json:
            asked.json.mkdir(parents=True, exist_ok=True)
            (asked.json / f"{kind}.json").write_text(found.model_dump_json(indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
