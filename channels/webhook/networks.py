"""Which addresses a webhook may reach: those of the public Internet, and the networks that the operator
names.

The table is explicit, after the IANA special-purpose registries (RFC 6890 and its updates): what a library
calls global changes between releases, and takes addresses that carry another one inside (mapped, NAT64, 6to4)
for what they look like."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

SPECIAL_4 = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_6 = IPv6Network("2000::/3")
"""All of IPv6 that is routed between networks; loopback, link-local, unique local, multicast and the rest lie
outside."""
SPECIAL_6 = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: another address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
MAPPED, NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
"""IPv6 addresses that are an IPv4 address: the last 32 bits are it."""


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks between commas. Raises ValueError that names the one that is none."""
    found: list[Network] = []
    for word in (one.strip() for one in text.split(",")):
        if word:
            try:
                found.append(ip_network(word))
            except ValueError:
                raise ValueError(f"expected networks such as 10.20.0.0/16, got {word!r}") from None
    return tuple(found)


class Networks:
    """What may be reached."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        """`allowed`: private or special networks that may be reached all the same, and there without TLS."""
        self._allowed = tuple(allowed)

    def is_allowed(self, address: Address) -> bool:
        """Whether an address lies in a network that the operator names."""
        return any(address in one for one in self._allowed if one.version == address.version)

    def refusal(self, text: str, *, secure: bool) -> str | None:
        """Why the address must not be connected to, with TLS or without; None where it may."""
        try:
            address = _plain(ip_address(text.partition("%")[0]))
        except ValueError:
            return f"{text} is no address"
        if self.is_allowed(address):
            return None
        if _is_special(address):
            return (
                f"{text} lies in a private or special network that FORBEAR_WEBHOOKS__ALLOW_NETWORKS does "
                f"not name"
            )
        return None if secure else "plain http goes to networks of FORBEAR_WEBHOOKS__ALLOW_NETWORKS alone"


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 address that is nothing else."""
    if isinstance(address, IPv6Address) and (address in MAPPED or address in NAT64):
        return IPv4Address(address.packed[-4:])
    return address


def _is_special(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in one for one in SPECIAL_4)
    return address not in GLOBAL_6 or any(address in one for one in SPECIAL_6)


_URL = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(?:[/?][!-~]*)?", re.IGNORECASE)
LONGEST_URL = 2000
LOOK_UP_SECONDS = 3.0


def parsed(url: str) -> SplitResult | None:
    """The parts of a URL that requests can go to: http or https, a host, no name or password, no fragment;
    None for any other."""
    if len(url) > LONGEST_URL or _URL.fullmatch(url) is None or "#" in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


async def refusal_of(url: str, networks: Networks) -> str | None:
    """Why a URL cannot be that of a receiver, as far as can be said now; every connection is looked at again
    when it is made.

    A name that nobody can resolve now may be one with TLS: its receiver may not be there yet."""
    parts = parsed(url)
    if parts is None or parts.hostname is None:
        return "expected an https URL with a host, without a user name and without a fragment"
    secure = parts.scheme.lower() == "https"
    try:
        found = await asyncio.wait_for(
            asyncio.get_running_loop().getaddrinfo(
                parts.hostname, parts.port or (443 if secure else 80), type=socket.SOCK_STREAM
            ),
            LOOK_UP_SECONDS,
        )
    except (OSError, TimeoutError, UnicodeError):
        return None if secure else "plain http goes to networks of FORBEAR_WEBHOOKS__ALLOW_NETWORKS alone"
    refusals = [networks.refusal(str(one[4][0]), secure=secure) for one in found]
    return next((one for one in refusals if one is not None), None)
