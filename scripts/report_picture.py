"""Makes docs/images/report.png, the picture in the README, from a report page: ``report_picture.py report.html``.

The page is what ``debrief demo --html report.html`` writes. Needs Chromium and Pillow.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image

from tests.chromium import Chromium

TARGET = Path(__file__).parents[1] / "docs" / "images" / "report.png"


def main(page: Path) -> None:
    """Opens the page, plays the first quote, and saves what is on the screen in 128 colours."""
    with tempfile.TemporaryDirectory() as folder, Chromium(Path(folder)) as browser:
        browser.open(page.resolve().as_uri(), 1440, 1180)
        browser.run("document.querySelector('a.quote[data-start]').click()")
        time.sleep(4)  # the transcript scrolls there, on a busy machine too
        picture = Image.open(io.BytesIO(browser.picture())).convert("RGB")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(128, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
