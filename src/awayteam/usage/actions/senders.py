"""Letting something send telemetry: a name and a token, of which only the hash is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Team
from awayteam.usage.models import Sender
from awayteam.usage.permissions import can_keep_sender
from awayteam.usage.receiving.senders import SCOPES, digest_of, new_token

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewSender:
    """A sender just made. `token` is kept nowhere: this is the only time that it can be shown."""

    sender: Sender
    token: str


def subject_of(sender: Sender) -> Subject:
    return Subject("sender", sender.pk, sender.name)


def add_sender(
    *, actor: Actor, now: datetime, name: str, team: Team | None = None, scopes: Sequence[str] = (),
    sampling: float | None = None, reason: str = "",
) -> NewSender:  # fmt: skip
    """Let something send: administrators for anybody, leads for their own team.

    `scopes` as in `receiving.senders.SCOPES`, none means all; `sampling` is the share of calls that its spans are where
    they don't say. Raises `NotAllowed`, `InvalidInput`, and `Conflict` for a name that is taken.
    """
    can_keep_sender(actor, team.pk if team else None).require()
    name = _name(name)
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise InvalidInput(
            f"Nobody can send {', '.join(unknown)}.", f"Choose among {', '.join(SCOPES)}.", {"scopes": "unknown"}
        )
    if sampling is not None and not 0 < sampling <= 1:
        raise InvalidInput("Sampling is a share of all calls.", "Write 0.01 for one in a hundred.", {"sampling": "bad"})
    token = new_token()
    sender = Sender(
        name=name, prefix=token[:12], digest=digest_of(token), scopes=sorted(set(scopes)), team=team, sampling=sampling,
        created_at=now,
    )  # fmt: skip
    data = {"team": team.ref if team else None, "scopes": sender.scopes, "sampling": sampling}
    try:
        with transaction.atomic():
            sender.save()
            events.append(
                EventName.SENDER_ADDED, subject=subject_of(sender), actor=actor, now=now, reason=reason, data=data
            )
    except IntegrityError:
        raise Conflict(f"There is a sender {name!r} already.", "Choose another name.") from None
    return NewSender(sender, token)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"A sender has a name of at most {LONGEST_NAME} characters.", "Write what it is: collector-eu.",
            {"name": "bad"},
        )  # fmt: skip
    return name


@transaction.atomic
def disable_sender(*, actor: Actor, now: datetime, name: str, reason: str = "") -> Sender:
    """Let a sender's token open nothing any more; web processes hear of it within seconds.

    What it sent stays. Raises `NotFound`, `NotAllowed`, and `Conflict` where it is disabled already.
    """
    sender = Sender.objects.select_for_update(of=("self",)).filter(name=name.strip()).first()
    if sender is None:
        raise NotFound(f"There is no sender {name.strip()[:100]!r}.", "`awayteam usage sender list` names all.")
    can_keep_sender(actor, sender.team_id).require()
    if sender.disabled_at is not None:
        raise Conflict(f"{sender.name} is disabled already.", "Add another one to let it send again.")
    sender.disabled_at = now
    sender.version += 1
    sender.save(update_fields=["disabled_at", "version"])
    events.append(
        EventName.SENDER_DISABLED, subject=subject_of(sender), actor=actor, now=now, reason=reason,
        changes={"disabled_at": (None, now.isoformat())},
    )  # fmt: skip
    return sender
