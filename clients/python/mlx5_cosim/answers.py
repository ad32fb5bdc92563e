"""What the server answers, as values. Members that a newer server adds stay in ``raw``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

Json = Any


@dataclass(frozen=True)
class Caught:
    """A command that a hold keeps back."""

    #: Number of the command.
    n: int
    #: Its operation, as ``MANAGE_PAGES``.
    name: str
    #: The function whose driver sent it.
    endpoint: str
    #: When it was caught, in ns of the device's clock.
    since_ns: int

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "Caught":
        return cls(told["n"], told["name"], told["endpoint"], told["since_ns"])


@dataclass(frozen=True)
class OpenCommand:
    """A command that is not over."""

    n: int
    name: str
    op_mod: int
    endpoint: str
    #: The function that it is about, if it names one.
    function: Optional[str]
    since_ns: int
    #: What it waits for.
    waits_for: Json

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "OpenCommand":
        return cls(
            told["n"],
            told["name"],
            told["op_mod"],
            told["endpoint"],
            told.get("function"),
            told["since_ns"],
            told.get("waits_for"),
        )


@dataclass(frozen=True)
class OpenRequest:
    """A page request that the driver has not answered."""

    #: Whose driver it was told to.
    supplier: str
    #: Whose pages they are.
    owner: str
    #: 4 KiB pages; negative: firmware wants to give them back.
    pages: int
    since_ns: int

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "OpenRequest":
        return cls(told["supplier"], told["owner"], told["pages"], told["since_ns"])


@dataclass(frozen=True)
class Snapshot:
    """Firmware's book and what is under way."""

    #: The device's clock, in ns.
    virtual_ns: int
    #: 4 KiB pages by owner.
    ledger: Dict[str, int]
    #: Holds by name: what each has caught, if anything.
    holds: Dict[str, Optional[Caught]]
    commands: List[OpenCommand]
    page_requests: List[OpenRequest]
    raw: Mapping[str, Json]

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "Snapshot":
        caught = {hold["name"]: hold.get("caught") for hold in told["holds"]}
        return cls(
            told["virtual_ns"],
            dict(told["ledger"]),
            {name: Caught.of(what) if what else None for name, what in caught.items()},
            [OpenCommand.of(command) for command in told["commands"]],
            [OpenRequest.of(request) for request in told["page_requests"]],
            told,
        )


@dataclass(frozen=True)
class FunctionInfo:
    """A function of the device."""

    #: Its name, as ``vf1``.
    function: str
    vhca_id: int
    #: Its socket, if it has one.
    socket: Optional[str]
    #: Whether a client is connected there.
    connected: bool
    raw: Mapping[str, Json]

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "FunctionInfo":
        return cls(
            told["function"], told["vhca_id"], told.get("socket"), bool(told.get("connected")), told
        )


@dataclass(frozen=True)
class TimeAnswer:
    """What has come of moving the clock."""

    now_ns: int
    #: Whether something was due.
    acted: bool
    #: When something is due next, if anything is.
    next_due_ns: Optional[int]
    raw: Mapping[str, Json]

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "TimeAnswer":
        return cls(told["now_ns"], bool(told.get("acted")), told.get("next_due_ns"), told)


@dataclass(frozen=True)
class Look:
    """What a judge compares after a step."""

    #: What happened since the last look of anybody.
    records: List[Mapping[str, Json]]
    #: Records that are left for another look.
    left: int
    #: Records that were forgotten.
    lost: int
    raw: Mapping[str, Json]

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> "Look":
        return cls(list(told["records"]), told.get("left", 0), told.get("lost", 0), told)
