"""What one cell may owe another beside a copy of a suppression, and who does it there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.dispatch.number_limits.directory import REGISTER, SHARE, act_register, act_share
from service.dispatch.receive.inbound import INBOUND, act_inbound
from service.dispatch.receive.mail_of_cells import MAIL, act_mail
from service.dispatch.records.suppressions import LIFTED, act_lifted
from service.dispatch.runtime.owed import Act

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        INBOUND: act_inbound,
        LIFTED: act_lifted,
        MAIL: act_mail,
        REGISTER: act_register,
        SHARE: act_share,
    }
)
"""By kind."""
