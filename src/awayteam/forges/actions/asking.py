"""Asking forges about changes of which there is news, and having the gate judge them.

Several changes are asked about at the same time, by threads that touch no database; what came back is written by the
caller's own thread, each in one transaction, if nobody else took the change meanwhile. What a forge answers counts only
for the very repository that we know, and never over newer news.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import PurePosixPath

from django.db import transaction
from django.db.models import F, Q

from awayteam.forges import accounts, health, leasing, news, registry, repositories
from awayteam.forges.actions import bypasses, telling
from awayteam.forges.models import Forge, ForgeChange, ForgeRepository, ForgeState
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import Account, ChangeHeard, CheckRun, Client, ForgeError, Place, ReviewHeard, Stand, Wrote
from awayteam.gate.actions import changes, judging
from awayteam.gate.actions.changes import Told
from awayteam.gate.change import Approval, Author, Check
from awayteam.gate.judged import Judged
from awayteam.gate.models import Change, Judgement, Passage
from awayteam.gate.verdict import Outcome
from awayteam.kernel import bell, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.log import Log
from awayteam.organisation.models import Identity
from awayteam.sources.ownership import gitea, github, gitlab, maintainers

log = Log(__name__)

RULE_PLACES = (*github.PLACES, *gitlab.PLACES, *gitea.PLACES, *maintainers.PLACES, "OWNERS", "OWNERS_ALIASES")
RULE_NAMES = frozenset(place.rpartition("/")[2] for place in RULE_PLACES)
MOST_FOLDERS = 300
"""Folders of a change in which files of owners are looked for."""
PASSED = {Outcome.ALLOWED: True, Outcome.WAITING: None, Outcome.DENIED: False}
"""What our check says on a forge, by the verdict that it shows."""
AHEAD = timedelta(hours=1)
"""How far a forge's clock may be ahead of ours before its times are cut."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a forge answered about a change; `rules` are the rule files where it is to go in, at the commit `base`."""

    change: ChangeHeard
    base: str
    paths: Sequence[str]
    commits: Sequence[Wrote]
    reviews: Sequence[ReviewHeard]
    checks: Sequence[CheckRun]
    rules: Mapping[str, bytes] = field(repr=False)


def ask_due(now: datetime, limit: int = 50, stopping: Callable[[], bool] = lambda: False) -> int:
    """Ask about up to `limit` changes whose time has come, some at the same time; returns how many were asked about."""
    rows = ForgeChange.objects.filter(
        leasing.free(now), Q(wanted__gt=F("asked")), is_dead=False, next_at__lte=now,
        repository__forge__state=ForgeState.ACTIVE,
    ).order_by("next_at", "pk")  # fmt: skip
    due = iter(list(rows.values_list("pk", "attempts", "repository__forge")[:limit]))
    threads, done = rulebook.current().forges.asked_at_once, 0
    held: set[int] = set()
    """Forges that said to wait: the others of theirs are left for later."""
    running: dict[Future[Answer], _Taken] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="forges-asking") as pool:
        while True:
            while len(running) < threads and (taken := _next(due, held, now, stopping)) is not None:
                running[pool.submit(_asked, taken.client, taken.row)] = taken
            if not running:
                return done
            for answered in wait(running, return_when=FIRST_COMPLETED).done:
                taken = running.pop(answered)
                done += 1
                if not _settle(taken, answered.result, now):
                    held.add(taken.row.repository.forge_id)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A change that is ours to ask about, by `token`, with what asks."""

    row: ForgeChange
    token: str
    client: Client


def _next(
    due: Iterator[tuple[int, int, int]], held: Container[int], now: datetime, stopping: Callable[[], bool]
) -> _Taken | None:
    """The next change that nobody else takes and that can be asked about; None where there is none."""
    for pk, attempts, forge in due:
        if stopping():
            return None
        token = leasing.take(ForgeChange, pk, attempts, now) if forge not in held else ""
        if not token:
            continue
        row = ForgeChange.objects.select_related("repository__forge", "repository__repository").get(pk=pk)
        client = _client(row, token, now)
        if client is not None:
            return _Taken(row, token, client)
    return None


def _client(row: ForgeChange, token: str, now: datetime) -> Client | None:
    """What asks the forge of a change; None where it can't be asked, which is noted."""
    try:
        if row.attempts > rulebook.current().forges.attempts_max:
            raise ForgeError("the worker ended during the last attempt", final=True)
        client, _grants = registry.connect(row.repository.forge)
        if client is None:
            raise ForgeError("this kind of forge can't be asked", final=True)
    except ForgeError as error:
        _failed(row, token, error, now)
        return None
    except Exception as error:
        _failed_otherwise(row, token, error, now)
        return None
    return client


def _settle(taken: _Taken, answer: Callable[[], Answer], now: datetime) -> bool:
    """Write what was answered, or what went wrong. False where the forge says to wait."""
    row = taken.row
    try:
        given = answer()
        health.answered(row.repository.forge, taken.client, now)
        with transaction.atomic():
            _write(row, taken.token, given, now)
    except ForgeError as error:
        return _failed(row, taken.token, error, now)
    except Exception as error:
        return _failed_otherwise(row, taken.token, error, now)
    return True


def _failed_otherwise(row: ForgeChange, token: str, error: Exception, now: datetime) -> bool:
    """What is neither the forge's nor ours to expect."""
    if not isinstance(error, InvalidInput):
        log.error("forges.asking-failed", forge=row.repository.forge.name, change=str(row), exc_info=error)
    return _failed(row, token, ForgeError(leasing.says(error), final=isinstance(error, InvalidInput)), now)


def _asked(client: Client, row: ForgeChange) -> Answer:
    repository = row.repository
    place = repositories.place_of(repository)
    heard = client.change(place, row.number)
    if heard.place.id != repository.external_id:
        raise ForgeError(f"{repository.slug} is another repository now, and the one that we know isn't found")
    if row.external_id and heard.id != row.external_id:
        raise ForgeError(f"change {row.number} is another one than we know", final=True)
    if row.forge_at is not None and heard.at < row.forge_at:
        raise ForgeError("the forge answered with older news than it gave before")
    paths = client.paths(place, heard)
    base = _base(client, place, heard)
    rules = _rules(client, row, base, paths)
    return Answer(
        heard,
        base,
        paths,
        client.commits(place, heard),
        client.reviews(place, heard),
        client.checks(place, heard.head),
        rules,
    )


@dataclass
class _People:
    """Accounts of one answer, each looked up once. `is_new`: the change wasn't asked about before."""

    forge: Forge
    now: datetime
    is_new: bool
    known: dict[str, Author] = field(default_factory=dict)

    def author(self, account: Account, *, proposes: bool = False) -> Author:
        found = self.known.get(account.id)
        if found is None:
            row = accounts.heard(self.forge, account, self.now, took_part=int(proposes and self.is_new))
            found = self.known[account.id] = accounts.author_of(row)
        return found


class _Asker:
    """Reads rule files of a commit, which never change; equal to any other of the same forge, for the cache's sake."""

    def __init__(self, client: Client, row: ForgeRepository) -> None:
        self.client, self.place, self.forge = client, repositories.place_of(row), row.forge_id

    def __hash__(self) -> int:
        return hash((id(self.client), self.forge, self.place.id))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asker) and (self.client, self.forge, self.place.id) == (
            other.client, other.forge, other.place.id
        )  # fmt: skip


@lru_cache(maxsize=256)
def _files(asker: _Asker, commit: str, places: tuple[str, ...]) -> Mapping[str, bytes]:
    return asker.client.files(asker.place, commit, places)


def _base(client: Client, place: Place, heard: ChangeHeard) -> str:
    """Where the change is to go in now: forges name as its base where that branch was when somebody last pushed to the
    change, and rules may have changed since."""
    is_open = heard.stand is Stand.OPEN and heard.base_ref
    return (client.tip(place, heard.base_ref) if is_open else "") or heard.base


def _rules(client: Client, row: ForgeChange, base: str, paths: Sequence[str]) -> Mapping[str, bytes]:
    """The rule files at `base`; never those of the change."""
    asker = _Asker(client, row.repository)
    found = dict(_files(asker, base, RULE_PLACES))
    if "OWNERS" in found or "OWNERS_ALIASES" in found:
        folders = {str(folder) for path in paths for folder in PurePosixPath(path).parents} - {"."}
        nested = tuple(f"{folder}/OWNERS" for folder in sorted(folders)[:MOST_FOLDERS])
        found |= _files(asker, base, nested) if nested else {}
    return found


def _write(row: ForgeChange, token: str, answer: Answer, now: datetime) -> None:
    """What was answered, if the change is still ours: the gate's rows, and that it was asked about."""
    held = ForgeChange.objects.select_for_update(of=("self",)).filter(pk=row.pk, lease_token=token).first()
    if held is None:
        return
    repository, heard = row.repository, answer.change
    forge = repository.forge
    repositories.heard(forge, heard.place, now)
    people = _People(forge, now, is_new=row.asked == 0)
    told = _told(people, repository, answer)
    rows = Change.objects.filter(origin=told.origin, origin_key=told.origin_key)
    state, head, base = rows.values_list("state", "head", "base").first() or ("", "", "")
    if heard.stand is not Stand.OPEN and head == heard.head:  # the rules by which it was judged while it was open
        told = replace(told, base=base, rule_files=None)
    # what was said before it was merged counts, also if all of it is told at once
    as_open = heard.stand is Stand.MERGED and state != Stand.MERGED.value
    change = changes.record(told=replace(told, stand="open", merged_by=None) if as_open else told, now=now)
    before = heard.ended_at or heard.at
    said = [
        (one.id, _approval(people, one)) for one in answer.reviews if not as_open or one.at <= before
    ]  # fmt: skip
    changes.record_reviews(change=change, reviews=said, now=now)
    seen = [Check(one.name, one.passed) for one in answer.checks if not one.is_ours]
    changes.record_checks(change=change, checks=seen, now=now, head=heard.head)
    # before it is judged: whoever hears of the verdict looks the row up by the change
    values = {
        "change_id": change.pk, "external_id": heard.id[:200], "head": heard.head, "stand": heard.stand.value,
        "forge_at": heard.at,
    }  # fmt: skip
    ForgeChange.objects.filter(pk=row.pk).update(**values)
    if as_open:
        judging.judge(change=Change.objects.get(pk=change.pk), now=now)
        change = changes.record(told=told, now=now)
    judged = _judge(held, Change.objects.get(pk=change.pk), heard, now)
    shown = [one.passed for one in answer.checks if one.is_ours]
    if judged is not None and held.published_key and shown and shown[0] is not PASSED[judged.public.outcome]:
        held.repository = repository
        telling.queue_verdict(held, judged, again=now)
    leasing.note(
        ForgeChange, row.pk, token, asked=row.wanted, attempts=0, last_error="", judged_at=now, next_at=now,
        heard_at=None if held.wanted == row.wanted else held.heard_at,
    )  # fmt: skip


def _judge(row: ForgeChange, change: Change, heard: ChangeHeard, now: datetime) -> Judged | None:
    """An open change is judged; a merged one that wasn't let in at that head, without an emergency, is told of."""
    if heard.stand is Stand.OPEN:
        return judging.judge(change=change, now=now)
    if heard.stand is not Stand.MERGED:
        return None
    last = Judgement.objects.filter(change=change, head=heard.head).order_by("-pk").first()
    if last is None:
        last = judging.judge(change=change, now=now).judgement
    if last.outcome == Outcome.ALLOWED or Passage.objects.filter(change=change, head=heard.head).exists():
        return None
    by = accounts.heard(row.repository.forge, heard.merged_by, now) if heard.merged_by is not None else None
    row.repository = ForgeRepository.objects.select_related("forge", "repository").get(pk=row.repository_id)
    bypasses.merged_past_the_gate(row, change, by, f"the gate's last word was: {last.outcome}", now)
    return None


def _told(people: _People, repository: ForgeRepository, answer: Answer) -> Told:
    heard, now = answer.change, people.now
    author = people.author(heard.author, proposes=True)
    merged_by = people.author(heard.merged_by) if heard.merged_by is not None else None
    return Told(
        origin=f"forge:{people.forge.pk}", origin_key=f"{repository.external_id}:{heard.number}"[:200],
        repository=repositories.known_as(repository), followed=repository.repository_id,
        key=f"#{heard.number}", url=heard.url[:1000], title=heard.title, author=author,
        hands=tuple(_hands(people, answer.commits, author)), base_ref=heard.base_ref[:300], base=answer.base,
        head=heard.head, paths=tuple(answer.paths), stand=heard.stand.value, is_draft=heard.is_draft,
        from_fork=heard.from_fork, opened_at=heard.opened_at, at=min(heard.at, now + AHEAD), merged_by=merged_by,
        rule_files=answer.rules,
    )  # fmt: skip


def _hands(people: _People, commits: Sequence[Wrote], author: Author) -> Iterable[Author]:
    """Whoever wrote commits, each once. An address leads to a person here, too: more hands mean fewer who may
    approve."""
    known: dict[str, Author] = {}
    for one in commits:
        key = one.account.id if one.account is not None else one.email.casefold() or one.name
        if key and key not in known:
            known[key] = people.author(one.account) if one.account is not None else _by_address(one)
    return [one for one in dict.fromkeys(known.values()) if one != author]


def _by_address(wrote: Wrote) -> Author:
    found = Identity.objects.select_related("person").filter(
        provider="email", value_key=wrote.email.casefold()[:320]
    ).first() if wrote.email else None  # fmt: skip
    label = (wrote.name or wrote.email or "somebody").replace("\0", "")[:200]
    return Author(found.person.ref if found is not None else "", label)


def _approval(people: _People, review: ReviewHeard) -> Approval:
    by = people.author(review.by)
    at = min(review.at, people.now + AHEAD)
    return Approval(by.person, by.label, review.said, review.commit, at, by.is_bot)


def _failed(row: ForgeChange, token: str, error: ForgeError, now: datetime) -> bool:
    says = leasing.says(error)
    final = error.final or row.attempts >= rulebook.current().forges.attempts_max
    waits = error.retry_at is not None and not error.final
    if waits:  # being told to wait is no failure of this change
        leasing.note(ForgeChange, row.pk, token, attempts=row.attempts - 1, last_error=says,
                     next_at=leasing.later(1, now, at=error.retry_at))  # fmt: skip
    elif final:
        leasing.note(ForgeChange, row.pk, token, is_dead=True, last_error=says)
    else:
        leasing.note(ForgeChange, row.pk, token, last_error=says, next_at=leasing.later(row.attempts, now))
    health.failed(row.repository.forge, f"{row.repository.slug} #{row.number}: {says}", now)
    return not waits


def retry(row: ForgeChange, *, actor: Actor, now: datetime, reason: str = "") -> ForgeChange:
    """Ask again about a change that was given up. Raises `NotAllowed`, `Conflict` unless it was."""
    can_keep(actor).require()
    with transaction.atomic():
        if not ForgeChange.objects.filter(pk=row.pk, is_dead=True).exists():
            raise Conflict("Only changes that were given up are asked about again.")
        news.want(row.repository, row.number, now)
        events.append(
            EventName.FORGE_DELIVERY_RETRIED, subject=repositories.subject_of(row.repository), actor=actor, now=now,
            reason=reason, data={"change": row.number, "last_error": row.last_error},
        )  # fmt: skip
        transaction.on_commit(bell.ring)
    row.refresh_from_db()
    return row
