"""The event log: one event for each change, appended in the transaction of the change and never altered.

Triggers in both databases refuse UPDATE, DELETE and TRUNCATE of the table. A webhook that wants an event gets its
outbox row in the same transaction, so that neither exists without the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import orjson
from django.db import transaction

from awayteam.kernel import bell, bulk, cloudevents, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.kernel.paging import Page, decode_cursor, page_of

BATCH = 5_000
COLUMNS = (
    "at",
    "name",
    "subject_kind",
    "subject_id",
    "subject_label",
    "actor_kind",
    "actor_person_id",
    "actor_label",
    "reason",
    "data",
    "rulebook_version",
)


class EventName(StrEnum):
    """Every event there is: the thing, a dot, and what happened to it. Alphabetised; a test keeps it so."""

    ACCESS_GRANTED = "access.granted"
    ACCESS_REMOVED = "access.removed"
    ACCESS_STRAY_FOUND = "access.stray-found"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    AGENDA_MADE = "agenda.made"
    ALLOCATION_AMENDED = "allocation.amended"
    ALLOCATION_ASKED = "allocation.asked"
    ALLOCATION_DECLINED = "allocation.declined"
    ALLOCATION_ENDING = "allocation.ending"
    ALLOCATION_ESCALATED = "allocation.escalated"
    ALLOCATION_EXPIRED = "allocation.expired"
    ALLOCATION_GRANTED = "allocation.granted"
    ALLOCATION_IMPORTED = "allocation.imported"
    ALLOCATION_LAPSED = "allocation.lapsed"
    ALLOCATION_REASSIGNED = "allocation.reassigned"
    ALLOCATION_RENEWED = "allocation.renewed"
    ALLOCATION_WITHDRAWN = "allocation.withdrawn"
    AUTHOR_CORRECTED = "author.corrected"
    AUTHOR_CORRECTION_WITHDRAWN = "author.correction-withdrawn"
    BAR_RAISER_ABSENT = "bar-raiser.absent"
    BAR_RAISER_BACK = "bar-raiser.back"
    BAR_RAISER_ENDED = "bar-raiser.ended"
    BAR_RAISER_JOINED = "bar-raiser.joined"
    BAR_RAISER_UPDATED = "bar-raiser.updated"
    BUDGET_CAPACITY_DECLARED = "budget.capacity-declared"
    CALENDAR_CREATED = "calendar.created"
    CALENDAR_REVOKED = "calendar.revoked"
    CAPACITY_NOTE_REMOVED = "capacity.note-removed"
    CAPACITY_NOTED = "capacity.noted"
    CHANGE_CLOSED = "change.closed"
    CHANGE_JUDGED = "change.judged"
    CHANGE_MERGED = "change.merged"
    CHANGE_OPENED = "change.opened"
    CHANGE_PASSED = "change.passed"
    CHANGE_PUSHED = "change.pushed"
    CHANGE_REVIEWED = "change.reviewed"
    CLOCK_EXPIRED = "clock.expired"
    CLOCK_EXTENDED = "clock.extended"
    CLOCK_PAUSED = "clock.paused"
    CLOCK_REMINDED = "clock.reminded"
    CLOCK_RESUMED = "clock.resumed"
    CLOCK_STARTED = "clock.started"
    CLOCK_STOPPED = "clock.stopped"
    COMMENT_CREATED = "comment.created"
    COMMENT_DELETED = "comment.deleted"
    COMMENT_EDITED = "comment.edited"
    CONTRACT_DECLINED = "contract.declined"
    CONTRACT_LAPSED = "contract.lapsed"
    CONTRACT_REASSIGNED = "contract.reassigned"
    CONTRACT_SIGNED = "contract.signed"
    CONTRACT_WITHDRAWN = "contract.withdrawn"
    CONTRACT_WRITTEN = "contract.written"
    CREDIT_DISPUTE_PASSED_UP = "credit.dispute-passed-up"
    CREDIT_DISPUTE_TAKEN_BACK = "credit.dispute-taken-back"
    CREDIT_DISPUTED = "credit.disputed"
    CREDIT_REBUILT = "credit.rebuilt"
    CREDIT_THANKED = "credit.thanked"
    CREDIT_UPHELD = "credit.upheld"
    CREDIT_WITHDRAWN = "credit.withdrawn"
    DEFECT_DISMISSED = "defect.dismissed"
    DEFECT_DISPUTED = "defect.disputed"
    DEFECT_EXPIRED = "defect.expired"
    DEFECT_FIXED = "defect.fixed"
    DEFECT_REASSIGNED = "defect.reassigned"
    DEFECT_REPORTED = "defect.reported"
    DEFECT_RULED = "defect.ruled"
    DEFECT_TAKEN = "defect.taken"
    DEPLOYMENT_RECORDED = "deployment.recorded"
    DOCUMENT_CREATED = "document.created"
    DOCUMENT_LINKED = "document.linked"
    DOCUMENT_WRITTEN = "document.written"
    DUPLICATE_ADDED = "duplicate.added"
    DUPLICATE_ANSWERED = "duplicate.answered"
    DUPLICATE_ASKED = "duplicate.asked"
    DUPLICATE_FINISHED = "duplicate.finished"
    DUPLICATE_PASSED_UP = "duplicate.passed-up"
    DUPLICATE_SETTLED = "duplicate.settled"
    DUPLICATE_WITHDRAWN = "duplicate.withdrawn"
    ENGAGEMENT_ACCEPTED = "engagement.accepted"
    ENGAGEMENT_AMENDED = "engagement.amended"
    ENGAGEMENT_CLOSED = "engagement.closed"
    ENGAGEMENT_DECLINED = "engagement.declined"
    ENGAGEMENT_DEPLOYED = "engagement.deployed"
    ENGAGEMENT_EDITED = "engagement.edited"
    ENGAGEMENT_EXPIRED = "engagement.expired"
    ENGAGEMENT_EXTENDED = "engagement.extended"
    ENGAGEMENT_HANDING_OVER = "engagement.handing-over"
    ENGAGEMENT_MEMBER_ADDED = "engagement.member-added"
    ENGAGEMENT_MEMBER_AGREED = "engagement.member-agreed"
    ENGAGEMENT_MEMBER_CHANGED = "engagement.member-changed"
    ENGAGEMENT_MEMBER_LEFT = "engagement.member-left"
    ENGAGEMENT_MEMBER_WELCOMED = "engagement.member-welcomed"
    ENGAGEMENT_OPENED = "engagement.opened"
    ENGAGEMENT_PAUSED = "engagement.paused"
    ENGAGEMENT_PLACE_ANSWERED = "engagement.place-answered"
    ENGAGEMENT_PLACE_APPLIED = "engagement.place-applied"
    ENGAGEMENT_PLACE_CLOSED = "engagement.place-closed"
    ENGAGEMENT_PLACE_OFFERED = "engagement.place-offered"
    ENGAGEMENT_PROPOSED = "engagement.proposed"
    ENGAGEMENT_REASSIGNED = "engagement.reassigned"
    ENGAGEMENT_REORGANISED = "engagement.reorganised"
    ENGAGEMENT_REQUEST_ENDED = "engagement.request-ended"
    ENGAGEMENT_REQUEST_FOLLOWED = "engagement.request-followed"
    ENGAGEMENT_RESUMED = "engagement.resumed"
    ENGAGEMENT_REVISED = "engagement.revised"
    ENGAGEMENT_SIGNED = "engagement.signed"
    ENGAGEMENT_STARTED = "engagement.started"
    ENGAGEMENT_WITHDRAWN = "engagement.withdrawn"
    ENGAGEMENT_WORKED_ON = "engagement.worked-on"
    ENTITY_CREATED = "entity.created"
    ENTITY_EDIT_WITHDRAWN = "entity.edit-withdrawn"
    ENTITY_EDITED = "entity.edited"
    ENTITY_ORPHANED = "entity.orphaned"
    ENTITY_REMOVED = "entity.removed"
    ENTITY_RENAMED = "entity.renamed"
    ENTITY_RESTORED = "entity.restored"
    ENTITY_UPDATED = "entity.updated"
    EXPERIMENT_AMENDED = "experiment.amended"
    EXPERIMENT_APPROVED = "experiment.approved"
    EXPERIMENT_CHECKED = "experiment.checked"
    EXPERIMENT_CLEANED_UP = "experiment.cleaned-up"
    EXPERIMENT_DECIDED = "experiment.decided"
    EXPERIMENT_DESIGNED = "experiment.designed"
    EXPERIMENT_EDITED = "experiment.edited"
    EXPERIMENT_EXPIRED = "experiment.expired"
    EXPERIMENT_LEARNT = "experiment.learnt"
    EXPERIMENT_REALLOCATED = "experiment.reallocated"
    EXPERIMENT_REVISED = "experiment.revised"
    EXPERIMENT_SENDER_CREATED = "experiment.sender-created"
    EXPERIMENT_SENDER_REVOKED = "experiment.sender-revoked"
    EXPERIMENT_SOURCE_CREATED = "experiment.source-created"
    EXPERIMENT_SOURCE_REMOVED = "experiment.source-removed"
    EXPERIMENT_STARTED = "experiment.started"
    EXPERIMENT_STOPPED = "experiment.stopped"
    EXPERIMENT_SUBMITTED = "experiment.submitted"
    EXPERIMENT_WITHDRAWN = "experiment.withdrawn"
    FLAG_ARCHIVED = "flag.archived"
    FLAG_ASKED = "flag.asked"
    FLAG_CREATED = "flag.created"
    FLAG_DEFINED = "flag.defined"
    FLAG_EDITED = "flag.edited"
    FLAG_ENVIRONMENT_CHANGED = "flag.environment-changed"
    FLAG_ENVIRONMENT_CREATED = "flag.environment-created"
    FLAG_KEPT = "flag.kept"
    FLAG_KILLED = "flag.killed"
    FLAG_PLAN_CANCELLED = "flag.plan-cancelled"
    FLAG_PLAN_FAILED = "flag.plan-failed"
    FLAG_PLANNED = "flag.planned"
    FLAG_RELEASED = "flag.released"
    FLAG_RESTORED = "flag.restored"
    FLAG_ROLLED_BACK = "flag.rolled-back"
    FLAG_TOKEN_CREATED = "flag.token-created"  # noqa: S105
    FLAG_TOKEN_REVOKED = "flag.token-revoked"  # noqa: S105
    FORGE_ACCOUNT_LINKED = "forge.account-linked"
    FORGE_ACCOUNT_RENAMED = "forge.account-renamed"
    FORGE_ACCOUNT_UNLINKED = "forge.account-unlinked"
    FORGE_ADDED = "forge.added"
    FORGE_BYPASSED = "forge.bypassed"
    FORGE_DELIVERY_RETRIED = "forge.delivery-retried"
    FORGE_REMOVED = "forge.removed"
    FORGE_REPOSITORY_LINKED = "forge.repository-linked"
    FORGE_REPOSITORY_RENAMED = "forge.repository-renamed"
    FORGE_UPDATED = "forge.updated"
    GOAL_CLOSED = "goal.closed"
    GOAL_CREATED = "goal.created"
    GOAL_EDITED = "goal.edited"
    GOAL_MEASURED = "goal.measured"
    GOAL_REOPENED = "goal.reopened"
    GROWTH_ANSWERED = "growth.answered"
    GROWTH_ENDED = "growth.ended"
    GROWTH_FOUND = "growth.found"
    GROWTH_LAPSED = "growth.lapsed"
    GROWTH_OVERDUE = "growth.overdue"
    GROWTH_PASSED = "growth.passed"
    GROWTH_REASSIGNED = "growth.reassigned"
    GROWTH_RISEN = "growth.risen"
    GUARDS_RESTORED = "guards.restored"
    HANDOVER_ACCEPTED = "handover.accepted"
    HANDOVER_BEGUN = "handover.begun"
    HANDOVER_EVIDENCE_ADDED = "handover.evidence-added"
    HANDOVER_EVIDENCE_REMOVED = "handover.evidence-removed"
    HANDOVER_EXPIRED = "handover.expired"
    HANDOVER_LAPSED = "handover.lapsed"
    HANDOVER_LINE_DONE = "handover.line-done"
    HANDOVER_LINE_REOPENED = "handover.line-reopened"
    HANDOVER_LINE_WAIVED = "handover.line-waived"
    HANDOVER_REASSIGNED = "handover.reassigned"
    HANDOVER_REFUSED = "handover.refused"
    HANDOVER_SUBMITTED = "handover.submitted"
    HANDOVER_TAKEN_BACK = "handover.taken-back"
    HOURS_BOOKED = "hours.booked"
    HOURS_CANCELLED = "hours.cancelled"
    IDENTITY_ADDED = "identity.added"
    IDENTITY_CORRECTED = "identity.corrected"
    IDENTITY_REMOVED = "identity.removed"
    ITEM_DEPENDENCY_ADDED = "item.dependency-added"
    ITEM_DEPENDENCY_REMOVED = "item.dependency-removed"
    ITEM_DROPPED = "item.dropped"
    ITEM_EDITED = "item.edited"
    ITEM_ESTIMATED = "item.estimated"
    ITEM_FINISHED = "item.finished"
    ITEM_MOVED = "item.moved"
    ITEM_PLACED = "item.placed"
    ITEM_STARTED = "item.started"
    ITEM_VALUED = "item.valued"
    LIKENESS_DISMISSED = "likeness.dismissed"
    LIKENESS_RESTORED = "likeness.restored"
    MEMBERSHIP_ENDED = "membership.ended"
    MEMBERSHIP_STARTED = "membership.started"
    METRIC_DEFINED = "metric.defined"
    METRIC_RETIRED = "metric.retired"
    METRIC_UPDATED = "metric.updated"
    OUTBOX_RETRIED = "outbox.retried"
    OWNERSHIP_CHANGED = "ownership.changed"
    PAGER_ANNOUNCED = "pager.announced"
    PAGER_MOVED = "pager.moved"
    PERSON_BECOME = "person.become"
    PERSON_CREATED = "person.created"
    PERSON_LINKED = "person.linked"
    PERSON_UPDATED = "person.updated"
    PREFERENCES_UPDATED = "preferences.updated"
    QUOTA_ENFORCED = "quota.enforced"
    QUOTA_NODE_ADDED = "quota.node-added"
    QUOTA_NODE_REVOKED = "quota.node-revoked"
    QUOTA_SET = "quota.set"
    QUOTA_SHADOWED = "quota.shadowed"
    QUOTA_SWITCHED_OFF = "quota.switched-off"
    REGISTER_ASKED = "register.asked"
    REGISTER_ENTERED = "register.entered"
    REGISTER_REASSIGNED = "register.reassigned"
    REGISTER_TOLD = "register.told"
    REPORT_MADE = "report.made"
    REPOSITORY_FOLLOWED = "repository.followed"
    REPOSITORY_READ = "repository.read"
    REPOSITORY_REFRESH_REQUESTED = "repository.refresh-requested"
    REPOSITORY_UNFOLLOWED = "repository.unfollowed"
    REQUEST_ACCEPTED = "request.accepted"
    REQUEST_ANSWERED = "request.answered"
    REQUEST_ASKED = "request.asked"
    REQUEST_ASKED_AGAIN = "request.asked-again"
    REQUEST_ASKED_BACK = "request.asked-back"
    REQUEST_ASSIGNED = "request.assigned"
    REQUEST_AWAY_FINISHED = "request.away-finished"
    REQUEST_AWAY_SENT = "request.away-sent"
    REQUEST_AWAY_STOPPED = "request.away-stopped"
    REQUEST_AWAY_WELCOMED = "request.away-welcomed"
    REQUEST_CONFIRMED = "request.confirmed"
    REQUEST_DECLINED = "request.declined"
    REQUEST_DELIVERED = "request.delivered"
    REQUEST_DISPUTED = "request.disputed"
    REQUEST_DUPLICATED = "request.duplicated"
    REQUEST_ESCALATED = "request.escalated"
    REQUEST_EXPIRED = "request.expired"
    REQUEST_GIVEN_UP = "request.given-up"
    REQUEST_HOME_LOST = "request.home-lost"
    REQUEST_IMPORTED = "request.imported"
    REQUEST_JOINED = "request.joined"
    REQUEST_LEFT = "request.left"
    REQUEST_MANAGEMENT_TIME = "request.management-time"
    REQUEST_MERGED = "request.merged"
    REQUEST_MOVED = "request.moved"
    REQUEST_POSTPONED = "request.postponed"
    REQUEST_REASSIGNED = "request.reassigned"
    REQUEST_REFUSAL_UPHELD = "request.refusal-upheld"
    REQUEST_RESHUFFLED = "request.reshuffled"
    REQUEST_REVISED = "request.revised"
    REQUEST_RULED_AWAY = "request.ruled-away"
    REQUEST_SENT_BACK = "request.sent-back"
    REQUEST_TAKEN_OVER = "request.taken-over"
    REQUEST_WITHDRAWN = "request.withdrawn"
    RETROSPECTIVE_ANSWERED = "retrospective.answered"
    REVIEW_ASSIGNED = "review.assigned"
    REVIEW_CONDITION_MET = "review.condition-met"
    REVIEW_DECLINED = "review.declined"
    REVIEW_DELIVERED = "review.delivered"
    REVIEW_DRAFTED = "review.drafted"
    REVIEW_EXPIRED = "review.expired"
    REVIEW_FOLLOWED = "review.followed"
    REVIEW_OVERRIDDEN = "review.overridden"
    REVIEW_REASSIGNED = "review.reassigned"
    REVIEW_REQUESTED = "review.requested"
    REVIEW_WITHDRAWN = "review.withdrawn"
    ROADMAP_RESHUFFLED = "roadmap.reshuffled"
    ROUND_ADVISED = "round.advised"
    ROUND_APPROVED = "round.approved"
    ROUND_CHANGES_REQUESTED = "round.changes-requested"
    ROUND_DEMAND_GRANTED = "round.demand-granted"
    ROUND_DEMAND_REFUSED = "round.demand-refused"
    ROUND_DEMANDED = "round.demanded"
    ROUND_EXPIRED = "round.expired"
    ROUND_OPENED = "round.opened"
    ROUND_PASSED_ON = "round.passed-on"
    ROUND_RESUBMITTED = "round.resubmitted"
    ROUND_WITHDRAWN = "round.withdrawn"
    SELF_SERVICE_DISMISSED = "self-service.dismissed"
    SENDER_ADDED = "sender.added"
    SENDER_DISABLED = "sender.disabled"
    SOURCE_CREATED = "source.created"
    SOURCE_IMPORTED = "source.imported"
    SOURCE_REFRESH_REQUESTED = "source.refresh-requested"
    SOURCE_REMOVED = "source.removed"
    SOURCE_RENAMED = "source.renamed"
    SOURCE_UPDATED = "source.updated"
    SPIKE_ANSWERED = "spike.answered"
    SPIKE_FOUND = "spike.found"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    SUCCESSION_ACCEPTED = "succession.accepted"
    SUCCESSION_BEGUN = "succession.begun"
    SUCCESSION_CONFIRMED = "succession.confirmed"
    SUCCESSION_DECIDED = "succession.decided"
    SUCCESSION_DISMISSED = "succession.dismissed"
    SUCCESSION_EXPIRED = "succession.expired"
    SUCCESSION_HALTED = "succession.halted"
    SUCCESSION_LAPSED = "succession.lapsed"
    SUCCESSION_OBJECTED = "succession.objected"
    SUCCESSION_PASSED_UP = "succession.passed-up"
    SUCCESSION_REFUSED = "succession.refused"
    SUCCESSION_RESUMED = "succession.resumed"
    SUCCESSION_TICKED = "succession.ticked"
    SUCCESSION_UNTICKED = "succession.unticked"
    SUCCESSION_WITHDRAWN = "succession.withdrawn"
    TEAM_CHANNEL_CHANGED = "team.channel-changed"
    TEAM_CREATED = "team.created"
    TEAM_DISSOLVED = "team.dissolved"
    TEAM_UPDATED = "team.updated"
    TOKEN_CREATED = "token.created"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    USAGE_NAME_MATCHED = "usage-name.matched"
    USAGE_NAME_UNMATCHED = "usage-name.unmatched"
    USAGE_RULE_ADDED = "usage-rule.added"
    USAGE_RULE_REMOVED = "usage-rule.removed"
    VIEW_CHANGED = "view.changed"
    VIEW_REMOVED = "view.removed"
    VIEW_RESTORED = "view.restored"
    VIEW_SAVED = "view.saved"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_UPDATED = "webhook.updated"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about. `label` is what people call it at that time; the history keeps it after a rename."""

    kind: str
    id: int
    label: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is still to be appended; see `append` for the fields."""

    name: EventName
    subject: Subject
    actor: Actor
    now: datetime
    reason: str = ""
    changes: Mapping[str, tuple[Any, Any]] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def append(
    name: EventName,
    *,
    subject: Subject,
    actor: Actor,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Append one event in the caller's transaction (or one of its own) and queue it for the webhooks that want it.

    `changes` maps a field's name to (old, new); `data` is whatever else a reader of the history needs. Both must be
    JSON values; times are written as ISO 8601. `now` must be aware.
    """
    draft = Draft(name, subject, actor, now, reason, changes, data or {})
    with transaction.atomic():
        event = _event(draft, rulebook.current().version)
        event.save(force_insert=True)
        _queue([event], _webhooks())
    return event


def append_many(drafts: Iterable[Draft]) -> int:
    """Append many events, in order, as fast as the database takes them; returns how many. A generator will do."""
    version, count, rest = rulebook.current().version, 0, iter(drafts)
    with transaction.atomic():
        hooks = _webhooks()
        while batch := list(islice(rest, BATCH)):
            _append_batch(batch, version, hooks)
            count += len(batch)
    return count


def _append_batch(batch: Sequence[Draft], version: str, hooks: Sequence[Webhook]) -> None:
    if any(_wants(hook, name) for hook in hooks for name in {draft.name for draft in batch}):
        _queue(Event.objects.bulk_create([_event(draft, version) for draft in batch]), hooks)
        return
    bulk.insert(Event, COLUMNS, (_values(draft, version) for draft in batch))


def _event(draft: Draft, version: str) -> Event:
    values = dict(zip(COLUMNS, _values(draft, version), strict=True))
    return Event(**values | {"data": orjson.loads(values["data"])})


def _values(draft: Draft, version: str) -> tuple[Any, ...]:
    """The values of `COLUMNS`, `data` as JSON text."""
    if draft.now.tzinfo is None:
        raise ValueError(f"{draft.name}: `now` has no time zone")
    data: Mapping[str, Any] = draft.data
    if draft.changes is not None:
        data = {**data, "changes": draft.changes}
    subject, actor = draft.subject, draft.actor
    return (
        draft.now,
        draft.name.value,
        subject.kind,
        subject.id,
        subject.label[:300],
        actor.kind.value,
        actor.person_id,
        actor.label[:200],
        draft.reason,
        _text(data) if data else "{}",
        version,
    )


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _webhooks() -> list[Webhook]:
    return list(Webhook.objects.filter(active=True))


def _wants(hook: Webhook, name: str) -> bool:
    """An empty list means every event; otherwise one entry is the name itself or its first word (`entity`)."""
    return not hook.events or any(name == want or name.startswith(want.rstrip(".*") + ".") for want in hook.events)


def _queue(events: Sequence[Event], hooks: Sequence[Webhook]) -> None:
    messages = [
        OutboxMessage(
            idempotency_key=f"event-{event.pk}-webhook-{hook.pk}",
            channel="webhook",
            webhook=hook,
            payload=cloudevents.of_event(event),
            next_at=event.at,
            created_at=event.at,
        )
        for event in events
        for hook in hooks
        if _wants(hook, event.name)
    ]
    if messages:
        OutboxMessage.objects.bulk_create(messages, batch_size=BATCH)
        transaction.on_commit(bell.ring)


def history(kind: str, id: int, *, before: str | None = None, limit: int = 50) -> Page[Event]:
    """What happened to one thing, newest first; `before` is the cursor of the page before."""
    return _newest(Event.objects.filter(subject_kind=kind, subject_id=id), before, limit)


def latest(
    *, names: Sequence[str] = (), since: datetime | None = None, before: str | None = None, limit: int = 50
) -> Page[Event]:
    """What happened to anything, newest first: of these names (all where empty) and not before `since`."""
    events = Event.objects.all()
    if names:
        events = events.filter(name__in=names)
    if since is not None:
        events = events.filter(at__gte=since)
    return _newest(events, before, limit)


def _newest(events: Any, before: str | None, limit: int) -> Page[Event]:
    if before:
        events = events.filter(pk__lt=decode_cursor(before, int)[0])
    return page_of(list(events.order_by("-pk")[: limit + 1]), limit, lambda event: (event.pk,))


__all__ = ["Draft", "EventName", "Subject", "append", "append_many", "history", "latest"]
