"""Taking down what origins tell of changes: twice is once, and what is older never comes in place of what is newer."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.contributions.models import Repository
from awayteam.gate import plain, rulefiles
from awayteam.gate.change import Approval, Author, Check, Said
from awayteam.gate.models import Change, ChangeReview, Stand
from awayteam.gate.ownership import named
from awayteam.gate.told import LONGEST, LONGEST_LABEL, Told, check, check_checks, check_reviews, cleaned, people_of
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Person

KIND = "change"
__all__ = ["KIND", "Told", "hold", "record", "record_checks", "record_reviews", "subject_of"]


def subject_of(change: Change) -> Subject:
    """A change as events name it; everybody may read that."""
    return Subject(KIND, change.pk, str(change))


def hold(change: Change) -> Change:
    """The row as it is now, locked until the transaction's end."""
    rows = Change.objects.select_for_update(of=("self",)).select_related("author", "followed", "rules")
    return rows.defer("rules__files").get(pk=change.pk)


def record(*, told: Told, now: datetime, actor: Actor = SYSTEM) -> Change:
    """Take down a change as its origin knows it: a new row, or the known one brought up to date. Judge it afterwards.

    Telling the same again changes nothing; what was so before the newest telling is left, but that it was merged.
    Raises `InvalidInput`.
    """
    check(told)
    with transaction.atomic():
        given = _values(told, now)
        row, is_new = Change.objects.select_for_update().get_or_create(
            origin=told.origin,
            origin_key=told.origin_key,
            defaults={
                **given, "recorded_at": now, "pushed_at": told.at, "teller_id": actor.user_id, "judge_at": now,
                "changed_at": now, **_ending(told),
            },
        )  # fmt: skip
        if is_new:
            _append(EventName.CHANGE_OPENED, row, actor, now, head=row.head, base=row.base)
            if row.state != Stand.OPEN:
                _append(_ENDED[row.state], row, actor, now, head=row.head)
        elif told.at >= row.told_at:
            _bring_up(row, told, given, actor, now)
        elif told.stand == "merged" and row.state != Stand.MERGED:
            _end(row, told, actor, now)
    return row


_ENDED = {Stand.MERGED.value: EventName.CHANGE_MERGED, Stand.CLOSED.value: EventName.CHANGE_CLOSED}


def _values(told: Told, now: datetime) -> dict[str, Any]:
    """What a telling says, as columns; but for how it ended."""
    people = _persons([told.author, *([told.merged_by] if told.merged_by else [])])
    followed = _followed(told)
    return {
        "repository": followed.name if followed is not None else told.repository,
        "followed_id": followed.pk if followed is not None else None,
        "way": told.way.value,
        "key": cleaned(told.key, LONGEST["key"]),
        "url": told.url,
        "title": cleaned(told.title, LONGEST["title"]),
        "author_id": people.get(told.author.person),
        "author_label": cleaned(told.author.label, LONGEST_LABEL),
        "author_is_bot": told.author.is_bot,
        "hands": people_of(told.hands),
        "base_ref": cleaned(told.base_ref, LONGEST["base_ref"]),
        "base": told.base,
        "head": told.head,
        "paths": list(map(plain.quoted, dict.fromkeys(told.paths))),
        "is_whole": told.is_whole,
        "rules_id": rulefiles.keep(told.rule_files, now),
        "is_draft": told.is_draft,
        "from_fork": told.from_fork,
        "opened_at": told.opened_at,
        "told_at": told.at,
    }


def _followed(told: Told) -> Repository | None:
    """The repository that is followed: by its number where that was told, else by name."""
    if told.followed is not None:
        return Repository.objects.filter(pk=told.followed).first()
    return named(told.repository)


def _persons(authors: Iterable[Author]) -> dict[str, int]:
    """Numbers of those whom the organisation knows, by reference."""
    refs = {one.person for one in authors if one.person}
    return dict(Person.objects.filter(ref__in=refs).values_list("ref", "pk")) if refs else {}


def _ending(told: Told) -> dict[str, Any]:
    """How it ended, as columns."""
    merged = told.stand == "merged"
    by = told.merged_by if merged else None
    return {
        "state": told.stand,
        "closed_at": None if told.stand == "open" else told.at,
        "merged_at": told.at if merged else None,
        "merged_by_id": _persons([by]).get(by.person) if by is not None else None,
        "merged_by_label": cleaned(by.label, LONGEST_LABEL) if by is not None else "",
    }


def _bring_up(row: Change, told: Told, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Write what differs. What was merged stays so, whatever is told afterwards."""
    before = {"head": row.head, "base": row.base, "base_ref": row.base_ref}
    if told.rule_files is None and told.base == row.base:  # what was told of that commit holds
        given = {**given, "rules_id": row.rules_id}
    names = [name for name, value in given.items() if name != "told_at" and getattr(row, name) != value]
    for name in names:
        setattr(row, name, given[name])
    if row.head != before["head"]:
        row.pushed_at, row.checks = told.at, []
        names += ["pushed_at", "checks"]
    was = row.state
    if told.stand != was and was != Stand.MERGED:
        for name, value in _ending(told).items():
            setattr(row, name, value)
            names.append(name)
    if names:
        row.changed_at, row.judge_at = now, now
        names += ["changed_at", "judge_at"]
    if names or told.at > row.told_at:
        row.told_at = told.at
        row.save(update_fields=[*names, "told_at"])
    if row.head != before["head"] or row.base_ref != before["base_ref"]:
        changes = {name: (old, getattr(row, name)) for name, old in before.items() if old != getattr(row, name)}
        _append(EventName.CHANGE_PUSHED, row, actor, now, changes=changes)
    if row.state != was:
        _append(_ENDED.get(row.state, EventName.CHANGE_OPENED), row, actor, now, head=row.head, was=was)


def _end(row: Change, told: Told, actor: Actor, now: datetime) -> None:
    """It was merged, and that is told late; all else stays as the newer telling has it."""
    ending = _ending(told)
    for name, value in ending.items():
        setattr(row, name, value)
    row.changed_at = now
    row.save(update_fields=[*ending, "changed_at"])
    _append(EventName.CHANGE_MERGED, row, actor, now, head=told.head)


def _append(name: EventName, row: Change, actor: Actor, now: datetime, **data: Any) -> None:
    changes = data.pop("changes", None)
    events.append(name, subject=subject_of(row), actor=actor, now=now, changes=changes, data=data)


def record_reviews(
    *, change: Change, reviews: Sequence[tuple[str, Approval]], now: datetime, actor: Actor = SYSTEM
) -> int:  # fmt: skip
    """Take down reviews by their own keys at the origin; returns how many were new or had become different.

    A later word under one key comes in place of the earlier one. Of two of the same moment the dismissal counts: a
    forge gives it the time of what it dismisses. Raises `InvalidInput`.
    """
    check_reviews(reviews)
    with transaction.atomic():
        row = hold(change)
        known = {one.origin_key: one for one in ChangeReview.objects.filter(change=row)}
        persons = _persons(Author(one.person, one.label) for _, one in reviews)
        changed = [
            found
            for key, one in reviews
            if (found := _heard(row, known, key, one, persons.get(one.person))) is not None
        ]
        if not changed:
            return 0
        for one in changed:
            one.save()
        _note_first_review(row, known.values())
        row.changed_at = row.judge_at = now
        row.save(update_fields=["changed_at", "judge_at", "first_reviewed_at"])
        said = [{"by": one.label, "said": one.said, "commit": one.commit} for one in changed[:50]]
        _append(EventName.CHANGE_REVIEWED, row, actor, now, reviews=said)
    return len(changed)


def _heard(
    row: Change, known: dict[str, ChangeReview], key: str, said: Approval, person: int | None
) -> ChangeReview | None:  # fmt: skip
    """The review as it is now, to be written; None where nothing newer was said."""
    found = known.get(key)
    if found is not None and (said.at, said.said is Said.DISMISSED) < (found.at, found.said == Said.DISMISSED):
        return None
    values = {
        "person_id": person, "label": cleaned(said.label, LONGEST_LABEL), "is_bot": said.is_bot,
        "said": said.said.value, "commit": said.commit, "at": said.at,
    }  # fmt: skip
    if found is None:
        found = known[key] = ChangeReview(change=row, origin_key=key, **values)
        return found
    if all(getattr(found, name) == value for name, value in values.items()):
        return None
    for name, value in values.items():
        setattr(found, name, value)
    return found


def _note_first_review(row: Change, reviews: Iterable[ChangeReview]) -> None:
    """When somebody first looked who has no hand in it; a program doesn't look."""
    own = {one["label"] for one in row.hands if not one["person"]} | {row.author_label}
    refs = [one["person"] for one in row.hands if one["person"]]
    hands = {row.author_id, *Person.objects.filter(ref__in=refs).values_list("pk", flat=True)} - {None}
    looked = [
        one.at
        for one in reviews
        if not one.is_bot and one.at >= row.opened_at
        and (one.person_id not in hands if one.person_id is not None else one.label not in own)
    ]  # fmt: skip
    row.first_reviewed_at = min(looked, default=None)


def record_checks(*, change: Change, checks: Sequence[Check], now: datetime, head: str = "") -> bool:
    """Take down the checks of a change as they are now; whether anything is different.

    With `head`, what was asked of a commit that isn't the head any more is left. Raises `InvalidInput`.
    """
    check_checks(checks)
    by_name = {cleaned(one.name, LONGEST_LABEL): one.passed for one in checks}
    found = [{"name": name, "passed": passed} for name, passed in sorted(by_name.items())]
    with transaction.atomic():
        row = hold(change)
        if (head and head != row.head) or row.checks == found:
            return False
        row.checks, row.changed_at, row.judge_at = found, now, now
        row.save(update_fields=["checks", "changed_at", "judge_at"])
    return True
