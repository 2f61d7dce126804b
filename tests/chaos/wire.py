"""The network between one process and PostgreSQL, which can be cut: now, for a while, or right after a
COMMIT, so that its reply is lost."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit

COMMIT = b"COMMIT;\0"


class Wire:
    """A proxy on loopback in front of a PostgreSQL that listens on a socket file."""

    def __init__(self, url: str, seed: int) -> None:
        """`url` is the server's own; `self.url` goes through the proxy."""
        parts = urlsplit(url)
        folder = parse_qs(parts.query)["host"][0]
        self._file = f"{folder}/.s.PGSQL.{parts.port or 5432}"
        self._dice = random.Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self.lost_commits = 0.0
        """The share of commits whose reply is lost with the connection."""
        self.cut = Counter[str]()
        self._away = 0.0
        door = f"127.0.0.1:{self._listening.getsockname()[1]}"
        options = parse_qs(parts.query).get("options", [])
        query = f"?{urlencode({'options': options[0]})}" if options else ""
        self.url = f"postgresql://{parts.username}:@{door}{parts.path}{query}"
        threading.Thread(target=self._accept, daemon=True).start()

    def break_off(self, seconds: float = 0.0) -> None:
        """Every connection ends in the middle of whatever it is doing, and none is made for so long."""
        with self._lock:
            self._away = max(self._away, time.monotonic() + seconds)
            pairs = list(self._pairs)
        for pair in pairs:
            self._end(pair)

    def close(self) -> None:
        """End the proxy."""
        self._listening.close()
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self._end(pair)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                if time.monotonic() < self._away:
                    raise ConnectionRefusedError
                far.connect(self._file)
            except OSError:  # the network is cut, or the server away
                near.close()
                far.close()
                continue
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._carry, args=(pair, near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(pair, far, near, False), daemon=True).start()

    def _carry(
        self,
        pair: tuple[socket.socket, socket.socket],
        source: socket.socket,
        target: socket.socket,
        asks: bool,
    ) -> None:
        try:
            while data := source.recv(65536):
                if asks and COMMIT in data and self._loses():
                    target.sendall(data)
                    time.sleep(0.05)  # the server commits; nobody hears of it
                    break
                target.sendall(data)
        except OSError:
            pass
        self._end(pair)

    def _loses(self) -> bool:
        with self._lock:
            if self._dice.random() >= self.lost_commits:
                return False
            self.cut["after a commit, so that its reply is lost"] += 1
            return True

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
