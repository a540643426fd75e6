"""Drafts worth confirming: verbatim, explained, the same every time, and silent where there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn, Word
from pipeline import weights
from pipeline.errors import WeightsError
from pipeline.settings import Settings
from pipeline.stages.embed import SentenceEmbedder
from pipeline.stages.evidence import times
from pipeline.stages.score import Scorer
from pipeline.stages.scorer_weights import SHIPPED, read_weights
from scripts.scoring_data import Talk, load_sources


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    """The shipped scorer on the packaged MiniLM."""
    found = weights.find("minilm", Settings().cache)
    return Scorer(found.folder, SentenceEmbedder(found.folder, found.label))


@pytest.fixture(scope="module")
def talks(fixtures: Path) -> dict[str, tuple[Talk, Rubric]]:
    """Three talks of the corpus: punctuated, raw recogniser output, and one without a bank of questions."""
    sources = load_sources()
    chosen = ("dev-a-04", "dev-da-02", "dev-b-05")
    return {talk.id: (talk, sources.rubrics[talk.rubric]) for talk in sources.talks if talk.id in chosen}


@pytest.fixture(scope="module")
def drafts(scorer: Scorer, talks: dict[str, tuple[Talk, Rubric]]) -> dict[str, tuple[DraftScore, ...]]:
    """Their drafts."""
    return {name: scorer.score(talk.turns, talk.answers, rubric) for name, (talk, rubric) in talks.items()}


def test_every_competency_has_a_draft_in_the_rubrics_order(drafts, talks) -> None:
    for name, (_, rubric) in talks.items():
        assert [draft.competency for draft in drafts[name]] == [c.id for c in rubric.competencies]


def test_quotes_are_verbatim_the_candidates_timed_and_at_most_five(drafts, talks) -> None:
    for name, (talk, _) in talks.items():
        turns = {turn.t: turn for turn in talk.turns}
        for draft in drafts[name]:
            assert len(draft.evidence) <= 5
            assert (draft.score is None) == (not draft.evidence)
            for quote in draft.evidence:
                turn = turns[quote.turn]
                assert quote.quote in turn.text
                assert turn.role == "candidate"
                assert turn.start <= quote.start < quote.end <= turn.end


def test_pull_is_what_the_value_loses_without_the_quote(scorer, drafts, talks) -> None:
    """Every quote of every draft: pooled again without its words, the value differs by its pull."""
    for name, (talk, rubric) in talks.items():
        reading = scorer.read(talk.turns, talk.answers, rubric)
        turns = {turn.t: turn.text for turn in talk.turns}
        for c, draft in enumerate(drafts[name]):
            for quote in draft.evidence:
                start = turns[quote.turn].index(quote.quote)
                left = scorer.value_without(reading, c, quote.turn, start, start + len(quote.quote))
                assert quote.pull == pytest.approx(draft.value - left, abs=0.0015)


def test_the_same_talk_gives_the_same_bytes(scorer, drafts, talks) -> None:
    talk, rubric = talks["dev-da-02"]
    scorer.forget()
    again = scorer.score(talk.turns, talk.answers, rubric)
    assert [d.model_dump_json() for d in again] == [d.model_dump_json() for d in drafts["dev-da-02"]]


def test_a_range_holds_its_score_and_a_rationale_says_what_moves_it(drafts) -> None:
    for draft in (draft for found in drafts.values() for draft in found):
        assert draft.rationale
        if draft.score is not None:
            assert draft.plausible[0] <= draft.score <= draft.plausible[1]
            assert 0 < draft.confidence < 1
            assert "Up by one" in draft.rationale or "Down by one" in draft.rationale


def test_a_talk_about_nothing_gets_no_score_and_says_what_is_missing(scorer, talks) -> None:
    rubric = talks["dev-a-04"][1]
    small = (
        Turn(t=0, speaker="S1", role="interviewer", text="How was the trip, did you find the building all right?"),
        Turn(t=1, speaker="S2", role="candidate", text="Yes thanks, the train was on time and the rain has stopped."),
    )
    for draft in scorer.score(small, (), rubric):
        assert draft.score is None
        assert draft.value is None
        assert draft.evidence == ()
        assert "Missing" in draft.rationale


def test_what_the_interviewer_says_is_never_evidence(scorer, talks) -> None:
    talk, rubric = talks["dev-a-04"]
    mute = tuple(turn.model_copy(update={"role": "interviewer"}) for turn in talk.turns)
    assert all(draft.score is None for draft in scorer.score(mute, talk.answers, rubric))


def test_no_turns_give_no_scores(scorer, talks) -> None:
    assert all(draft.score is None for draft in scorer.score((), (), talks["dev-a-04"][1]))


def test_the_name_tells_the_weights(scorer) -> None:
    name, _, digest = scorer.name.partition(" sha256:")
    assert name
    assert len(digest) == 64


def test_quote_times_come_from_the_words_where_there_are_any() -> None:
    words = (Word("I", 1.0, 1.1), Word("rang", 1.2, 1.5), Word("them", 1.6, 1.9), Word("twice.", 2.0, 2.6))
    turn = Turn(t=0, speaker="S1", role="candidate", start=0.0, end=9.0, text="I rang them twice.", words=words)
    assert times(turn, 2, 11) == (1.2, 1.9)
    assert times(turn.model_copy(update={"words": ()}), 9, 18) == (4.5, 9.0)
    assert times(turn.model_copy(update={"words": (), "start": None}), 0, 3) == (None, None)


def test_a_damaged_weights_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Cut off, of another version, rubbish, empty, or gone: never a traceback."""
    whole = SHIPPED.read_bytes()
    other = save({"heads.norm.weight": torch.zeros(3)}, {"scorer": '{"name": "other", "pool": {}}'})
    for content in (whole[: len(whole) // 2], whole[:100], other, b"rubbish", b"", None):
        file = tmp_path / "scorer.safetensors"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(WeightsError, match=r"scorer\.safetensors") as failed:
            read_weights(file)
        assert "Reinstall" in failed.value.remedy


def test_an_open_scorer_does_not_notice_that_its_weights_file_is_replaced(tmp_path: Path, talks, drafts) -> None:
    """An upgrade writes over the file while a worker has it open: the same drafts under the same name, and no crash."""
    file = tmp_path / "scorer.safetensors"
    file.write_bytes(SHIPPED.read_bytes())
    found = weights.find("minilm", Settings().cache)
    open_one = Scorer(found.folder, SentenceEmbedder(found.folder, found.label), file)
    name = open_one.name
    with file.open("r+b") as over:  # in place: who had mapped the file would read this, or be killed
        over.write(b"\xff" * 200_000)
        over.truncate(200_000)
    talk, rubric = talks["dev-a-04"]
    assert open_one.score(talk.turns, talk.answers, rubric) == drafts["dev-a-04"]
    assert open_one.name == name


def test_kept_vectors_spare_embedding_what_was_quoted_and_asked(scorer, drafts, talks, monkeypatch) -> None:
    """With readings and vectors taken back nothing of the talk is embedded again, and what is kept tells no words."""
    talk, rubric = talks["dev-a-04"]
    scorer.forget()
    scorer.score(talk.turns, talk.answers, rubric)
    kept, vectors = scorer.kept(talk.turns), scorer.vectors(talk.turns)
    assert b"customer" not in vectors
    assert scorer.vectors(talk.turns[:1]) == b""
    scorer.forget()
    assert scorer.vectors(talk.turns) == b""
    assert scorer.recall(kept)
    assert scorer.recall(vectors)
    embedded: list[str] = []
    encode = SentenceEmbedder.encode
    monkeypatch.setattr(
        SentenceEmbedder, "encode", lambda self, texts, *a: embedded.extend(texts) or encode(self, texts, *a)
    )
    assert scorer.score(talk.turns, talk.answers, rubric) == drafts["dev-a-04"]
    assert embedded == []
    assert scorer.vectors(talk.turns) == vectors
