"""Whisper's published weights in the format of openai-whisper, made from the CTranslate2 file that is packaged.

The two formats hold the same numbers: CTranslate2 fuses the query, key and value projections (and key and value of the
cross
attention) into one matrix, gives the key a bias of zeros, and calls the layers by other names.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightsError

_DTYPES = ("<f4", "<i1", "<i2", "<i4", "<f2")
_NORM = {"gamma": "weight", "beta": "bias"}

Variables = dict[str, NDArray[Any]]


def write_checkpoint(model_bin: Path, target: Path) -> None:
    """Writes ``target`` (a ``.pt`` that ``whisper.load_model`` reads) from ``model_bin``, whole or not at all."""
    import torch

    variables = read_variables(model_bin)
    state = {name: torch.from_numpy(np.array(value)) for name, value in state_dict(variables).items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    try:
        torch.save({"dims": dimensions(variables), "model_state_dict": state}, scratch)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def read_variables(model_bin: Path) -> Variables:
    """All variables of a CTranslate2 ``model.bin`` of binary version 6, by name; WeightsError for any other file."""
    with model_bin.open("rb") as file:
        version = _number(file, "<I")
        if version != 6:
            raise WeightsError(
                f"{model_bin.name}: CTranslate2 binary version {version} is not known.", "Use version 6."
            )
        _text(file), _number(file, "<I")
        variables: Variables = {}
        for _ in range(_number(file, "<I")):
            name = _text(file)
            shape = tuple(_number(file, "<I") for _ in range(_number(file, "<B")))
            dtype = _DTYPES[_number(file, "<B")]
            size = _number(file, "<I")
            variables[name] = np.frombuffer(file.read(size), dtype=dtype).reshape(shape)
    return variables


def dimensions(variables: Variables) -> dict[str, int]:
    """The model's dimensions as openai-whisper names them."""
    state, mels, _ = variables["encoder/conv1/weight"].shape
    vocabulary, text_state = variables["decoder/embeddings/weight"].shape
    return {
        "n_mels": mels,
        "n_audio_ctx": variables["encoder/position_encodings/encodings"].shape[0],
        "n_audio_state": state,
        "n_audio_head": int(variables["encoder/num_heads"]),
        "n_audio_layer": _layers(variables, "encoder"),
        "n_vocab": vocabulary,
        "n_text_ctx": variables["decoder/position_encodings/encodings"].shape[0],
        "n_text_state": text_state,
        "n_text_head": int(variables["decoder/num_heads"]),
        "n_text_layer": _layers(variables, "decoder"),
    }


def state_dict(variables: Variables) -> Variables:
    """openai-whisper's state dict, key for key, in the precision of the file."""
    state: Variables = {}
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            state[f"encoder.{conv}.{part}"] = variables[f"encoder/{conv}/{part}"]
    state["decoder.token_embedding.weight"] = variables["decoder/embeddings/weight"]
    for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
        state[f"{side}.positional_embedding"] = variables[f"{side}/position_encodings/encodings"]
        state.update(_norm(variables, f"{side}/layer_norm", f"{side}.{last}"))
        for layer in range(_layers(variables, side)):
            state.update(_block(variables, f"{side}/layer_{layer}", f"{side}.blocks.{layer}"))
    return state


def _block(variables: Variables, old: str, new: str) -> Variables:
    state: Variables = {}
    attention: list[tuple[str, str, tuple[tuple[str, ...], ...]]] = [
        ("self_attention", "attn", (("query", "key", "value"), ("out",))),
    ]
    if f"{old}/attention/linear_0/weight" in variables:
        attention.append(("attention", "cross_attn", (("query",), ("key", "value"), ("out",))))
    for theirs, ours, groups in attention:
        state.update(_norm(variables, f"{old}/{theirs}/layer_norm", f"{new}.{ours}_ln"))
        for index, names in enumerate(groups):
            state.update(_split(variables, f"{old}/{theirs}/linear_{index}", f"{new}.{ours}", names))
    state.update(_norm(variables, f"{old}/ffn/layer_norm", f"{new}.mlp_ln"))
    for index, name in enumerate(("mlp.0", "mlp.2")):
        state.update(_split(variables, f"{old}/ffn/linear_{index}", new, (name,)))
    return state


def _split(variables: Variables, old: str, new: str, names: tuple[str, ...]) -> Variables:
    """A fused linear layer as its parts; the key's bias, which is zero, is left out."""
    state: Variables = {}
    weights = np.split(variables[f"{old}/weight"], len(names))
    biases = np.split(variables[f"{old}/bias"], len(names))
    for name, weight, bias in zip(names, weights, biases, strict=True):
        state[f"{new}.{name}.weight"] = weight
        if name != "key":
            state[f"{new}.{name}.bias"] = bias
        elif bias.any():
            raise WeightsError(
                f"{old}: the key has a bias, which Whisper has not.", "Use the packaged Whisper weights."
            )
    return state


def _norm(variables: Variables, old: str, new: str) -> Iterator[tuple[str, NDArray[Any]]]:
    return ((f"{new}.{ours}", variables[f"{old}/{theirs}"]) for theirs, ours in _NORM.items())


def _layers(variables: Variables, side: str) -> int:
    return len(
        {
            name.split("/")[1]
            for name in variables
            if name.startswith(f"{side}/layer_") and "layer_norm" not in name.split("/")[1]
        }
    )


def _number(file: BinaryIO, kind: str) -> int:
    return int(struct.unpack(kind, file.read(struct.calcsize(kind)))[0])


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "<H"))[:-1].decode("utf-8")
