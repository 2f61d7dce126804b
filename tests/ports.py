"""Ports of loopback for the servers that tests and benchmarks start."""

from __future__ import annotations

import os
import random
import socket

_FIRST, _LAST = 20_000, 30_000
"""Below the ephemeral ranges of Linux (32768 to 60999) and of RFC 6335 (from 49152): a port of those may
become the near end of anybody's connection before the server that asked for it listens on it."""


def free_port() -> int:
    """A port that nobody listens on and that no outgoing connection is given."""
    dice = random.Random(os.urandom(8))  # not the tests' own: two processes with one seed would meet
    for _ in range(200):
        port = dice.randint(_FIRST, _LAST)
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no port between {_FIRST} and {_LAST} is free")
