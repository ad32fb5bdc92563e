"""Commands an emulated mlx5 device through the control socket of mlx5-cosim.

``Device`` is a connection to a server that runs, ``Server`` starts one. The orders are described in
docs/control.md of the project.
"""

from .answers import Caught, FunctionInfo, Look, OpenCommand, OpenRequest, Snapshot, TimeAnswer
from .connection import ConnectionLost, ControlError
from .device import Device, Hold
from .server import Server, ServerFailed

__all__ = [
    "Caught",
    "ConnectionLost",
    "ControlError",
    "Device",
    "FunctionInfo",
    "Hold",
    "Look",
    "OpenCommand",
    "OpenRequest",
    "Server",
    "ServerFailed",
    "Snapshot",
    "TimeAnswer",
]
