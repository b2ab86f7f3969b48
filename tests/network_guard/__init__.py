"""Refuses any connection or look-up beyond this machine, in the tests and in every child Python they start.

An audit hook sees what code does however it got hold of the socket module, and can't be taken out again.
"""

import sys

LOCAL_NAMES = ("", "localhost", "::1", "::", "0.0.0.0")
WATCHED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}
"""Audit event → position of the address or host among its arguments."""

refused: list[str] = []
"""What was refused in this process, so that a test fails even where the code swallowed the error."""


def is_local(address: object) -> bool:
    """Whether the address stays on this machine; a path (Unix socket) or None does."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])  # pyright: ignore[reportUnknownArgumentType]
    return host in LOCAL_NAMES or host.startswith("127.")


def guard(event: str, args: tuple[object, ...]) -> None:
    """The audit hook."""
    if event not in WATCHED:
        return
    target = args[WATCHED[event]]
    address = (target,) if isinstance(target, str) and event.startswith("socket.get") else target
    if not is_local(address):
        refused.append(f"{event} {address}")
        raise RuntimeError(f"tests stay on this machine: {event} to {address} was refused")


sys.addaudithook(guard)
