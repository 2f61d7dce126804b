"""Providers register themselves: a folder of ours, an entry point of anybody's distribution."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from channels import registry
from channels.adapter import ChannelMisconfigured
from channels.message import Channel
from channels.provider import Account, Provider, provider_of
from channels.registry import registered
from channels.testing import keeps_its_word
from channels.twilio.provider import PROVIDER as TWILIO


@pytest.fixture
def fresh():
    """A registry that is made anew, before and after."""
    registered.cache_clear()
    yield
    registered.cache_clear()


ACME: Provider[Account] = Provider(name="acme", account=Account, adapters={Channel.SMS: lambda *_: None})  # type: ignore[arg-type, dict-item, return-value]


class Point:
    """An installed entry point."""

    dist = None

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, str(value)
        self._loaded = value

    def load(self) -> Any:
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def install(monkeypatch, *points: Point) -> None:
    """As if a distribution with these were installed."""
    monkeypatch.setattr(
        registry, "entry_points", lambda group: list(points) if group == "forbear.channels" else []
    )


@pytest.mark.parametrize("name", sorted(registered()))
def test_each_shipped_folder_is_a_provider(name):
    """Under its own name, with an account whose every field has a default."""
    assert name == registered()[name].name
    keeps_its_word(registered()[name])


def test_an_installed_provider_is_registered_beside_ours(fresh, monkeypatch):
    """By its own name, whatever the entry point is called."""
    shipped = set(registered())
    registered.cache_clear()
    install(monkeypatch, Point("anything", ACME))
    assert shipped | {"acme"} == set(registered())


@pytest.mark.parametrize(
    ("point", "says"),
    [
        (Point("broken", ImportError("no module named acme")), "broken"),
        (Point("plain", object()), "expected a Provider, got object"),
        (Point("again", TWILIO), "another provider is named twilio"),
        (Point("spare", replace(ACME, name="acme_backup")), "expected a name"),
        (Point("loud", replace(ACME, name="ACME")), "expected a name"),
    ],
    ids=["broken", "none", "twice", "like a second account", "upper case"],
)
def test_a_plug_in_that_cannot_be_used_is_named(fresh, monkeypatch, point, says):
    """Nothing starts half."""
    install(monkeypatch, point)
    with pytest.raises(ChannelMisconfigured, match=says) as caught:
        registered()
    assert point.name in str(caught.value)


def test_a_second_account_is_the_same_providers():
    """Its receipts come to the same door."""
    assert ["twilio", "twilio", "acme"] == [
        provider_of(one) for one in ("twilio", "twilio_backup", "acme_backup")
    ]


def test_a_real_entry_point_has_what_is_read_of_it():
    """The stand-in above is no other thing than the standard library's."""
    point = EntryPoint(name="twilio", value="channels.twilio.provider:PROVIDER", group="forbear.channels")
    assert TWILIO is point.load()
    assert hasattr(point, "dist")
