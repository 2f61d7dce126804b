"""What one cell may owe another beside a copy of a suppression, and who does it there; and what a worker does
for all cells together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from service.dispatch.audit.heads import note_heads
from service.dispatch.number_limits.directory import REGISTER, SHARE, act_register, act_share
from service.dispatch.receive.inbound import INBOUND, act_inbound
from service.dispatch.receive.mail_of_cells import MAIL, act_mail
from service.dispatch.reconcile.moving import carry_on
from service.dispatch.records.suppressions import LIFTED, act_lifted
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.forgotten import act_erased
from service.dispatch.runtime.owed import ERASED, Act
from service.dispatch.webhooks.copies import copy_endpoints

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        ERASED: act_erased,
        INBOUND: act_inbound,
        LIFTED: act_lifted,
        MAIL: act_mail,
        REGISTER: act_register,
        SHARE: act_share,
    }
)
"""By kind."""
OVER_CELLS: Mapping[str, Callable[[Runtime], Awaitable[object]]] = MappingProxyType(
    {"heads": note_heads, "endpoints": copy_endpoints, "moves": carry_on}
)
"""By name, what a worker does every few seconds where there are several."""
