"""A server of one's own, for as long as a test takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from os import PathLike
from pathlib import Path
from typing import List, Optional, Sequence, Union

from .closing import Closing
from .device import Device


class ServerFailed(Exception):
    """The server did not come up, or has ended by itself; the words are its own."""


class Server(Closing):
    """Starts ``mlx5-cosim serve`` in a folder of its own, and ends it.

    ``device`` is a file with a device, or a scenario's; without it the server takes its own. ``arguments`` are further ones of
    ``serve``. ``program`` is the tool; without it ``$MLX5_COSIM``, or ``mlx5-cosim`` on the path.
    """

    def __init__(
        self,
        device: Optional[Union[str, "PathLike[str]"]] = None,
        arguments: Sequence[str] = (),
        program: Optional[Union[str, "PathLike[str]"]] = None,
        within_s: float = 30.0,
    ) -> None:
        # A folder of mode 0700: the server refuses one that others may write into.
        self.folder = Path(tempfile.mkdtemp(prefix="mlx5-cosim-"))
        self.control = self.folder / "control.sock"
        self._log = open(self.folder / "log", "w+b")
        chosen = os.fspath(program) if program is not None else os.environ.get("MLX5_COSIM", "mlx5-cosim")
        command: List[str] = [chosen, "serve"]
        command += ["--socket-dir", str(self.folder), "--control", str(self.control)]
        if device is not None:
            command += ["--device", os.fspath(device)]
        command += arguments
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log
            )
        except OSError:
            self._clear()
            raise
        try:
            self.device = self._connected(within_s)
        except BaseException:
            self.close()
            raise

    def _connected(self, within_s: float) -> Device:
        end = time.monotonic() + within_s
        while True:
            try:
                return Device(self.control)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise ServerFailed(self.log().strip() or "the server says nothing") from None
                time.sleep(0.02)

    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log").read_text(errors="replace")

    def close(self) -> None:
        """Ends the server and removes its folder."""
        device = getattr(self, "device", None)
        if device is not None:
            device.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._clear()

    def _clear(self) -> None:
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
