"""Amazon SES as a provider: its accounts, what they send, and the topics that tell of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from channels.adapter import Adapter
from channels.callback import Receiver
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider


class SesAccount(Account):
    """`FORBEAR_SES__…`."""

    region: OptionalText = None
    sender: OptionalText = None
    configuration_set: OptionalText = None
    topic_arn: OptionalText = None
    access_key_id: OptionalText = None
    secret_access_key: OptionalSecret = None
    base_url: OptionalText = None
    allow_other_host: bool = False

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """A region, a sender, and what its events come by; keys may come from a role."""
        del channels
        needed = ("region", "sender", "configuration_set", "topic_arn")
        yield from (name for name in needed if getattr(self, name) is None)
        if self.access_key_id is not None and self.secret_access_key is None:
            yield "secret_access_key"

    def answers_at(self, channel: Channel) -> str | None:
        """The sender's mailbox."""
        return self.sender if channel is Channel.EMAIL else None


def _email(account: SesAccount, name: str) -> Adapter:
    from channels.ses.email import Ses, SesConfig

    secret = account.secret_access_key
    config = SesConfig(
        region=account.region or "",
        sender=account.sender or "",
        configuration_set=account.configuration_set or "",
        access_key_id=account.access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
        base_url=account.base_url,
        allow_other_host=account.allow_other_host,
    )
    return Ses(config, name=name)


def _receiver(accounts: Sequence[SesAccount]) -> Receiver | None:
    from channels.ses.receiver import SesReceiver

    topics = [one.topic_arn for one in accounts if one.topic_arn]
    return SesReceiver(topics) if topics else None


PROVIDER = Provider(name="ses", account=SesAccount, adapters={Channel.EMAIL: _email}, receiver=_receiver)
