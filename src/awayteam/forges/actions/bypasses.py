"""What went in past the gate: an entry of the public register for each, made once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from awayteam.catalog.models import Entity
from awayteam.forges import accounts, owners, repositories
from awayteam.forges.models import ForgeAccount, ForgeBypass, ForgeChange, ForgeRepository
from awayteam.forges.port import BypassHeard
from awayteam.gate.actions.emergencies import entity_in, entity_of
from awayteam.gate.models import Change
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Team
from awayteam.reviews.actions.deciding import enter_register
from awayteam.reviews.machine import EntryState
from awayteam.reviews.models import Kind, RegisterEntry
from awayteam.reviews.plots import ENTRY_PLOT

LONGEST_TITLE, LONGEST_SAYS = 200, 2_000


def heard(repository: ForgeRepository, told: BypassHeard, now: datetime) -> ForgeBypass | None:
    """A rule of the forge was gone around; None where this is known already."""
    by = accounts.heard(repository.forge, told.by, now)
    made = ForgeBypass(
        repository=repository, external_id=told.id[:200], by=by, ref=told.ref[:300], before=told.before[:64],
        after=told.after[:64], says=told.says[:LONGEST_SAYS], at=min(told.at, now),
    )  # fmt: skip
    says = told.says.strip() or "a rule was gone around"
    title = f"{by.login} went around the rules of {repository.slug}"
    reason = f"{by.login} pushed {told.after[:12]} to {told.ref} in {repository.slug}: {says}"
    about = _About(owners.owner_of(repository), entity_in(repository.repository_id), repository.url)
    return made if _enter(made, title, reason, about, now) else None


def merged_past_the_gate(row: ForgeChange, change: Change, by: ForgeAccount | None, why: str, now: datetime) -> bool:
    """A change was merged although the gate hadn't let it in; False where this is known already."""
    repository = row.repository
    made = ForgeBypass(
        repository=repository, external_id=f"merge:{row.number}", by=by, ref=change.base_ref[:300], before=change.base,
        after=change.head, says=why[:LONGEST_SAYS], at=change.merged_at or now,
    )  # fmt: skip
    who = by.login if by is not None else "somebody"
    title = f"{who} merged {repository.slug} {change.key} past the gate"
    reason = f"{who} merged {change.key} ({change.title}) of {repository.slug} at {change.head[:12]}: {why}"
    about = _About(change.home_team or owners.owner_of(repository), entity_of(change), change.url)
    return _enter(made, title, reason, about, now)


@dataclass(frozen=True, slots=True)
class _About:
    """What the register says it is about; where that is restricted, its words are kept back."""

    team: Team | None
    entity: Entity | None
    url: str


def _enter(made: ForgeBypass, title: str, reason: str, about: _About, now: datetime) -> bool:
    """The row, its event and its entry in one transaction; the unique index sees to it that there is one of each."""
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            entry = _entry(made, title, reason, about, now)
            if entry is not None:
                made.entry_id = entry.pk
                made.save(update_fields=["entry_id"])
            events.append(
                EventName.FORGE_BYPASSED, subject=repositories.subject_of(made.repository), actor=SYSTEM, now=now,
                reason=made.says, data={
                    "forge": made.repository.forge.name, "by": made.by.login if made.by else "", "ref": made.ref,
                    "before": made.before, "after": made.after, "entry": made.entry_id,
                },
            )  # fmt: skip
    except IntegrityError:
        if ForgeBypass.objects.filter(repository=made.repository, external_id=made.external_id).exists():
            return False
        raise
    return True


def _entry(made: ForgeBypass, title: str, reason: str, about: _About, now: datetime) -> RegisterEntry | None:
    """None where there is no team at all that could stand in the register."""
    team = about.team or owners.keeper()
    if team is None:
        return None
    person = made.by.person if made.by is not None else None
    on = now.date() + timedelta(days=rulebook.current().reviews.look_again_days)
    label = str(person) if person is not None else (made.by.login if made.by is not None else "unknown")
    entry = RegisterEntry(
        kind=Kind.EMERGENCY, title=" ".join(title.split())[:LONGEST_TITLE], practice="The gate",
        team=team, entity=about.entity, decider=person,
        decider_label=label[:200], reason=reason.strip(), decided_at=now, look_again_on=on,
        data=[{"words": "On the forge", "url": about.url}] if about.url else [], state=EntryState.STANDING.value,
    )  # fmt: skip
    enter_register(entry, actor=SYSTEM, now=now, text=f"{ENTRY_PLOT.label(entry)}.")
    return entry
