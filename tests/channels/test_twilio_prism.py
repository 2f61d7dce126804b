"""Our requests against Twilio's own description of its API, served by Prism.

The description is the OpenAPI document in the npm package @twilio/cli-core, cut to the four paths that we
use; Prism is @stoplight/prism-cli. Both are fetched from npm once, into a folder of the virtual environment;
nothing of the user's own npm settings is needed. Two things are changed in the document: arrays are sent as
repeated keys, as Twilio's own package sends them, since the description is silent about it and Prism then
expects something else; and the examples of lists are their own last page, since the further page that they
name would be refused by the very description.

What Prism cannot check: that the real service takes what its description allows. It refuses no unknown field
and no telephone number that is none; it has no memory, so what was created cannot be listed; its refusals
have another shape than Twilio's; it sends no receipts, signs nothing, limits nothing and never hangs. All of
that is shown on a double of our own in test_twilio_sms.py and test_twilio_voice.py, which in turn is no
evidence about Twilio."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.adapter import Adapter, CannotTell, Found
from channels.message import Channel
from channels.outcome import Accepted, Rejected
from channels.testing import keeps_the_port, message_on, sought_for
from channels.twilio.client import TwilioConfig
from channels.twilio.receipts import CALL_WORDS, MESSAGE_WORDS
from channels.twilio.sms import TwilioSms
from channels.twilio.voice import TwilioVoice
from channels.twilio.whatsapp import TwilioWhatsApp
from tests.channels.twilio_double import SID, TOKEN
from tests.npm import PATIENT, QUIET, environment
from tests.ports import free_port
from tests.unpacked import unpack

pytestmark = pytest.mark.node

PRISM, DESCRIPTION = "@stoplight/prism-cli@5.14.2", "@twilio/cli-core@9.0.0"
FETCH_SECONDS, START_SECONDS = 240, 60
PATHS = tuple(
    f"/2010-04-01/Accounts/{{AccountSid}}/{rest}"
    for rest in ("Messages.json", "Messages/{Sid}.json", "Calls.json", "Calls/{Sid}.json")
)


@pytest.fixture(scope="module")
def tools() -> Path:
    """The folder with Prism and the description, fetched once for all runs that share the environment, also
    at the same time."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: Prism needs it to serve Twilio's API description")
    folder = Path(sys.prefix) / "prism"
    with (Path(sys.prefix) / "prism.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """Whole or not at all: a folder that was left half, or cleared away meanwhile, is never taken for one
    with Prism in it.

    One of some 360 requests that stalls is given up after a few seconds and made again; what came is kept in
    a cache beside the folder, so that a second run of npm goes on where the first one was ended."""
    making = folder.with_name(f"prism.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    options = [*QUIET, *PATIENT, "--prefer-offline", "--cache", str(folder.with_name("prism.npm"))]
    try:
        for command in (
            ["npm", "install", *options, "--prefix", ".", PRISM],
            ["npm", "pack", *options, DESCRIPTION],
        ):
            _run(command, making)
        with tarfile.open(next(making.glob("twilio-cli-core-*.tgz"))) as archive:
            unpack(archive, making, "package/src/services/twilio-api/twilio_api_v2010.json")
        (making / "complete").touch()
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _run(command: list[str], folder: Path) -> None:
    """npm, twice if need be. Where it cannot be done the tests are skipped with the reason;
    `FORBEAR_EVERY_TEST` makes that a failure."""
    for attempt in (1, 2):
        try:
            subprocess.run(
                command,
                cwd=folder,
                env=environment(),
                capture_output=True,
                timeout=FETCH_SECONDS,
                check=True,
                text=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            if attempt == 1:
                continue
            reason = f"npm did not give {command[-1]}: {error}: {str(error.stderr or '')[-500:]}"
            if "FORBEAR_EVERY_TEST" in os.environ:
                pytest.fail(reason)
            pytest.skip(reason)
        else:
            return


@pytest.fixture(scope="module")
def description(tools: Path) -> dict[str, Any]:
    """The description, cut to our paths and told how arrays are sent."""
    whole = json.loads(
        (tools / "package/src/services/twilio-api/twilio_api_v2010.json").read_text(encoding="utf-8")
    )
    whole["paths"] = {path: whole["paths"][path] for path in PATHS}
    for path in PATHS:
        content = whole["paths"][path].get("post", {}).get("requestBody", {}).get("content", {})
        for form in content.values():
            arrays = [
                name for name, schema in form["schema"]["properties"].items() if schema.get("type") == "array"
            ]
            form["encoding"] = {name: {"style": "form", "explode": True} for name in arrays}
        for response in whole["paths"][path].get("get", {}).get("responses", {}).values():
            for example in response["content"]["application/json"].get("examples", {}).values():
                if "next_page_uri" in example["value"]:
                    example["value"]["next_page_uri"] = None
    return whole


@pytest.fixture(scope="module")
def base_url(
    tools: Path, description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Prism on a free port of loopback; it ends with the module."""
    document = tmp_path_factory.mktemp("prism") / "twilio.json"
    document.write_text(json.dumps(description), encoding="utf-8")
    port = free_port()
    command = [
        "node",
        "node_modules/@stoplight/prism-cli/dist/index.js",
        "mock",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        str(document),
    ]
    with subprocess.Popen(
        command,
        cwd=tools,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        listening = threading.Event()
        said: list[str] = []
        reader = threading.Thread(target=_listen, args=(server, said, listening), daemon=True)
        reader.start()
        try:
            assert listening.wait(START_SECONDS), f"Prism does not listen: {''.join(said)[-2000:]}"
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            reader.join()


def _listen(server: subprocess.Popen[str], said: list[str], listening: threading.Event) -> None:
    """Read on to the end, lest Prism waits for a reader."""
    assert server.stdout is not None
    for line in server.stdout:
        said.append(line)
        if "is listening" in line:
            listening.set()


@pytest.fixture
async def sms(base_url: str) -> AsyncIterator[Adapter]:
    """Messages to Prism."""
    adapter = TwilioSms(
        TwilioConfig(account_sid=SID, auth_token=TOKEN, from_number="+12025550100", base_url=base_url)
    )
    yield adapter
    await adapter.close()


@pytest.fixture
async def voice(base_url: str) -> AsyncIterator[Adapter]:
    """Calls to Prism."""
    adapter = TwilioVoice(
        TwilioConfig(account_sid=SID, auth_token=TOKEN, from_number="+12025550100", base_url=base_url)
    )
    yield adapter
    await adapter.close()


async def test_our_create_of_a_message_has_the_published_shape(sms, base_url):
    """From a number and from a messaging service."""
    await keeps_the_port(sms, Channel.SMS)
    service = TwilioSms(
        TwilioConfig(
            account_sid=SID, auth_token=TOKEN, messaging_service_sid="MG" + "0" * 32, base_url=base_url
        )
    )
    await keeps_the_port(service, Channel.SMS)


async def test_our_create_of_a_call_has_the_published_shape(voice):
    """With its four receipts."""
    await keeps_the_port(voice, Channel.VOICE)


async def test_our_create_of_a_whatsapp_message_has_the_published_shape(base_url):
    """An approved text with its variables, and free words within the day."""
    config = TwilioConfig(account_sid=SID, auth_token=TOKEN, base_url=base_url)
    adapter = TwilioWhatsApp(config, sender="+12025550100")
    await keeps_the_port(adapter, Channel.WHATSAPP)
    content = replace(message_on(Channel.WHATSAPP).content, approved={})  # type: ignore[arg-type]
    free = message_on(Channel.WHATSAPP, content=content, in_session=True)
    assert isinstance(await adapter.send(free, timeout=10.0), Accepted)
    await adapter.close()


async def test_prism_does_look_at_what_we_send(sms, voice):
    """The counter-proof: a receipt URL that is none, and an account that is none, are refused."""
    for adapter, channel in ((sms, Channel.SMS), (voice, Channel.VOICE)):
        outcome = await adapter.send(message_on(channel, receipt_url="no url at all"), timeout=10.0)
        assert isinstance(outcome, Rejected), outcome
        assert "422" == outcome.code
    stranger = TwilioSms(
        TwilioConfig(
            account_sid="AC-no-sid",
            auth_token=TOKEN,
            from_number="+12025550100",
            base_url=sms._config.base_url,
        )
    )
    assert isinstance(await stranger.send(message_on(Channel.SMS), timeout=10.0), Rejected)
    await stranger.close()


async def test_our_look_ups_have_the_published_shape_and_their_answers_are_read(sms, voice):
    """A fetch by sid and a list; Prism makes the answers up from the description's examples."""
    for adapter, channel, prefix in ((sms, Channel.SMS, "SM"), (voice, Channel.VOICE, "CA")):
        message = message_on(channel)
        assert isinstance(await adapter.send(message, timeout=10.0), Accepted)
        assert isinstance(await adapter.look_up(sought_for(message, ref=prefix + "0" * 32)), Found)
        listed = await adapter.look_up(sought_for(message))
        assert not (isinstance(listed, CannotTell) and listed.reason.startswith("no answer")), listed


@pytest.mark.parametrize(
    ("schema", "known", "others"),
    [
        ("message_enum_status", MESSAGE_WORDS, {"receiving", "received", "partially_delivered"}),
        ("call_enum_status", CALL_WORDS, {"completed"}),
    ],
)
def test_every_published_status_is_accounted_for(description, schema, known, others):
    """Those of inbound messages, one that settles nothing, and `completed`, which asks who answered, are
    treated apart."""
    assert set(description["components"]["schemas"][schema]["enum"]) <= set(known) | others
