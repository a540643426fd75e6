"""Drives the system's Chromium over its debugging pipe, so that pages are tested as a user meets them.

Source: Chrome DevTools Protocol; with ``--remote-debugging-pipe`` messages are JSON ended by a zero byte on
descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--mute-audio", "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
)  # fmt: skip


class Chromium:
    """A browser with one page at a time; ``with Chromium(folder) as browser`` ends it."""

    def __init__(self, folder: Path) -> None:
        """Starts the browser with a fresh profile in ``folder``."""
        assert PROGRAM is not None
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()
        # the child gets the two ends as descriptors 3 and 4 through a shell's redirection
        line = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'
        arguments = [*_FLAGS, f"--user-data-dir={folder / 'profile'}"]
        self._process = subprocess.Popen(
            ["bash", "-c", line, PROGRAM, *arguments],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._number, self._buffer, self._session = 0, b"", ""

    def __enter__(self) -> Self:
        """Returns the browser itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends the browser."""
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._write)
        os.close(self._read)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one protocol method; RuntimeError where the browser refuses it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            more = os.read(self._read, 65536)
            if not more:
                raise RuntimeError("the browser has gone")
            self._buffer += more
        one, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(one))

    def open(self, url: str, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        """Shows a page in a window of that size and waits until it is loaded."""
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
