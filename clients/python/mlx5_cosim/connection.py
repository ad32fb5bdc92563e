"""One JSON object per line, either way: requests, their answers, and what comes without being asked."""

from __future__ import annotations

import json
import socket
from collections import deque
from os import PathLike, fspath
from typing import Any, Deque, Dict, Mapping, Optional, Union

Json = Any

# The server skips what is longer, and answers with an error.
LONGEST_LINE = 65536

# An answer to ``look`` may hold every page of a device.
LONGEST_ANSWER = 64 << 20


class ControlError(Exception):
    """The server refused an order, or could not carry it out. The connection goes on."""

    def __init__(self, problem: Mapping[str, Json]) -> None:
        super().__init__(str(problem.get("message", "refused without a word")))
        self.message: str = str(self.args[0])
        #: The line of this client, from 1.
        self.line: Optional[int] = problem.get("line")
        #: Where reading ended, if the line could not be read.
        self.column: Optional[int] = problem.get("column")
        #: The member that is wrong, as ``firmware.request_pages.pages``.
        self.field: Optional[str] = problem.get("field")
        #: What the guest's kernel said.
        self.errno: Optional[int] = problem.get("errno")


class ConnectionLost(Exception):
    """The server has gone, or said what no server says. Nothing more can be asked."""


class Connection:
    """A connection to a control socket. One thread may use it at a time."""

    def __init__(self, path: Union[str, "PathLike[str]"], timeout: Optional[float] = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(fspath(path))
        except OSError:
            self._socket.close()
            raise
        self._rest = b""
        self._ids = 0
        self._news: Deque[Dict[str, Json]] = deque()

    def close(self) -> None:
        """Ends the connection. What was sent is carried out."""
        self._socket.close()

    def ask(self, order: Mapping[str, Json]) -> Json:
        """Sends one order and returns what its answer holds.

        Raises ControlError where the server refuses it, ConnectionLost where there is no answer.
        """
        if len(order) != 1:
            raise ValueError("an order has one member: its name")
        (name,) = order
        self._ids += 1
        number = self._ids
        line = json.dumps({"id": number, **order}, separators=(",", ":")).encode() + b"\n"
        if len(line) > LONGEST_LINE:
            raise ValueError(f"an order has at most {LONGEST_LINE} bytes, this one {len(line)}")
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise ConnectionLost(f"the order `{name}` could not be sent: {error}") from error
        while True:
            told = self._line()
            if told.get("id") == number:
                break
            # Whoever has subscribed hears of records between an order and its answer.
            self._news.append(told)
        if "error" in told:
            raise ControlError(told["error"])
        if name not in told:
            raise ConnectionLost(f"the answer to `{name}` is none: {told!r:.200}")
        return told[name]

    def news(self) -> Dict[str, Json]:
        """The next line that nobody has asked for; waits for it."""
        if self._news:
            return self._news.popleft()
        return self._line()

    def _line(self) -> Dict[str, Json]:
        while b"\n" not in self._rest:
            if len(self._rest) > LONGEST_ANSWER:
                raise ConnectionLost(f"the server sends a line of more than {LONGEST_ANSWER} bytes")
            try:
                more = self._socket.recv(1 << 16)
            except socket.timeout as error:
                raise TimeoutError("the server has not answered in time") from error
            except OSError as error:
                raise ConnectionLost(str(error)) from error
            if not more:
                raise ConnectionLost("the server has closed the connection")
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        try:
            told = json.loads(line)
        except ValueError as error:
            raise ConnectionLost(f"the server sends no JSON: {line!r:.200}") from error
        if not isinstance(told, dict):
            raise ConnectionLost(f"the server sends no object: {line!r:.200}")
        return told
