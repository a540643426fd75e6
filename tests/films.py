"""Videos that tests need."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def write_silent_film(path: Path) -> Path:
    """Twelve seconds of video without any audio track, written to ``path``."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for number in range(60):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, dtype=np.uint8), format="rgb24")
            picture.pts = number
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
    return path
