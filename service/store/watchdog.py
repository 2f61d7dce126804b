"""The embedded server's watchdog: waits until nobody uses the server any more, then stops it and ends.

Run as `python -m service.store.watchdog FOLDER`, detached. It holds no connection and costs one sleeping
process.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from pathlib import Path

from service.store.embedded import LOCK_FILE, WATCHDOG_LOCK_FILE, stop_server


def keep(data: Path) -> None:
    """Wait for the exclusive lock on the users' file, then stop the server. Ends at once where a watchdog
    waits already."""
    watchdog = os.open(data / WATCHDOG_LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(watchdog, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    users = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_EX)
    if data.exists():
        stop_server(data)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # whoever started us waits for this one only, and leaves no zombie behind
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep(Path(sys.argv[1]))
