"""A device: every order of its control socket as a method."""

from __future__ import annotations

from os import PathLike
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .answers import Caught, FunctionInfo, Look, Snapshot, TimeAnswer
from .closing import Closing
from .connection import Connection

Json = Any


class Hold(Closing):
    """Keeps commands of a driver back until it is released; leaving the block releases it."""

    def __init__(self, device: "Device", name: str) -> None:
        self._device = device
        self.name = name
        self._released = False

    def wait(self, within_ms: int = 10_000) -> Caught:
        """Waits until it has caught a command.

        Raises ControlError if it has not within that time of the device's clock.
        """
        told = self._device.order({"gate": {"wait_held": {"name": self.name, "within_ms": within_ms}}})
        return Caught.of(told["caught"])

    def release(self) -> None:
        """Lets go of what it has caught, and catches nothing more."""
        if not self._released:
            self._released = True
            self._device.order({"gate": {"release": {"name": self.name}}})

    def close(self) -> None:
        """The same: what the end of its block does."""
        self.release()


class Device(Closing):
    """A connection to the control socket of a device.

    Functions are named as in scenarios: ``pf``, ``vf1``, ``sf1``, ``ecpf``, ``host_pf``, ``host_vf1``, ``ec_vf1``, ``spf1``.
    Pages have 4 KiB. Each method raises ControlError where the server refuses, and ConnectionLost where it has gone.
    """

    def __init__(self, path: Union[str, "PathLike[str]"], timeout: Optional[float] = 60.0) -> None:
        self._connection = Connection(path, timeout)

    def close(self) -> None:
        """Ends the connection; the device goes on."""
        self._connection.close()

    def order(self, order: Mapping[str, Json]) -> Json:
        """Any order as it is written on the wire, without its id; returns what the answer holds."""
        return self._connection.ask(order)

    # What firmware does.

    def firmware(self, order: Mapping[str, Json]) -> None:
        """What a ``firmware`` step of a scenario does, as ``{"link": "down"}``."""
        self.order({"firmware": order})

    def request_pages(self, function: str, pages: int) -> None:
        """Firmware asks the driver for pages of a function; with a negative number it wants to give pages back."""
        self.firmware({"request_pages": {"function": function, "pages": pages}})

    def answer(self, command: str, with_: Mapping[str, Json], times: int = 1, **match: Json) -> None:
        """Firmware answers the next commands of this kind in an unusual way, as ``{"late": {"after_ms": 70000}}``."""
        self.firmware({"answer": {"to": {"command": command, **match}, "with": with_, "times": times}})

    def reset(self) -> None:
        """Firmware forgets everything, and no driver is told."""
        self.firmware({"reset": {}})

    def reconfigure(self, **changes: Json) -> None:
        """Changes how firmware behaves, as ``return_order="oldest"``."""
        self.firmware({"reconfigure": changes})

    # What is held back.

    def hold(self, name: str, command: str, **match: Json) -> Hold:
        """Holds the next command of this kind back: ``op_mod``, ``function``, ``other`` say which."""
        self.order({"gate": {"hold": {"name": name, "command": {"command": command, **match}}}})
        return Hold(self, name)

    # What is known.

    def snapshot(self) -> Snapshot:
        """Firmware's book and what is under way."""
        return Snapshot.of(self.order({"snapshot": {}}))

    def look(self, identities: Sequence[Mapping[str, Json]] = ()) -> Look:
        """What a judge compares after a step; takes the records that nobody has looked at."""
        return Look.of(self.order({"look": {"identities": list(identities)}}))

    def functions(self) -> List[FunctionInfo]:
        """The functions, and whether their drivers are there."""
        return [FunctionInfo.of(told) for told in self.order({"functions": {}})]

    def description(self) -> Dict[str, Json]:
        """The device, as a scenario describes it."""
        return dict(self.order({"device": {}}))

    def server_counters(self) -> Dict[str, Json]:
        """What the server has counted."""
        return dict(self.order({"counters": {}}))

    def commands(self) -> List[Dict[str, Json]]:
        """Every command that has ended since this connection asked last, from the first on."""
        all_of_them: List[Dict[str, Json]] = []
        while True:
            told = self.order({"commands": {}})
            all_of_them.extend(told["commands"])
            if not told.get("left"):
                return all_of_them

    def subscribe(self) -> Iterator[Dict[str, Json]]:
        """Everything that happens from now on: lines with ``record`` or ``driver``; waits for each."""
        self.order({"subscribe": {}})
        return self._news()

    def _news(self) -> Iterator[Dict[str, Json]]:
        while True:
            yield self._connection.news()

    # Time, other devices, the end.

    def advance_to(self, ns: int) -> TimeAnswer:
        """Moves the clock of a server with ``--virtual-time``."""
        return TimeAnswer.of(self.order({"time": {"advance_to_ns": ns}}))

    def time(self) -> TimeAnswer:
        """The device's clock."""
        return TimeAnswer.of(self.order({"time": {}}))

    def replace(self, device: Mapping[str, Json], seed: int = 0) -> None:
        """Another device behind the same sockets, as if just powered on."""
        self.order({"replace": {"device": device, "seed": seed}})

    def shutdown(self) -> None:
        """Ends the server; ``vm`` ends its guest first."""
        self.order({"shutdown": {}})

    # The guest of ``vm``.

    def guest_counters(self) -> Dict[str, Dict[str, int]]:
        """The driver's page counters, by PCI address and name."""
        return dict(self.order({"guest": {"counters": {}}})["counters"])

    def insmod(self, name: str, parameters: Optional[str] = None) -> None:
        """Inserts a module of the guest."""
        order: Dict[str, Json] = {"name": name}
        if parameters is not None:
            order["parameters"] = parameters
        self.order({"guest": {"insmod": order}})

    def rmmod(self, name: str) -> None:
        """Removes a module of the guest. It may take minutes: see the time-out of the connection."""
        self.order({"guest": {"rmmod": {"name": name}}})

    def dmesg(self) -> List[Dict[str, Json]]:
        """What the guest's kernel has printed since anybody asked last: ``seconds``, ``level``, ``text``."""
        return list(self.order({"guest": {"dmesg": {}}})["dmesg"])
