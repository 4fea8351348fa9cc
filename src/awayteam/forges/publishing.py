"""Carrying messages to forges: the check, the one comment, requests for review, comments at issues.

The newest verdict wins: a message about another head, or about a verdict that isn't the last one, is dropped. Doing it
twice is doing it once, by the notice's key.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from awayteam.forges import accounts, health, registry, repositories
from awayteam.forges.actions import issues
from awayteam.forges.models import Forge, ForgeAccount, ForgeChange, ForgeIssue, ForgeState
from awayteam.forges.port import Account, ChangeHeard, Client, Colour, Directory, ForgeError, Notice, Place, Stand
from awayteam.gate.models import Change, Judgement
from awayteam.kernel import rulebook
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log
from awayteam.kernel.models import OutboxMessage
from awayteam.kernel.outbox import DeliveryFailed

log = Log(__name__)
LANE = "publishing"


def deliver(message: OutboxMessage, now: datetime) -> None:
    """Carry one message. Raises `DeliveryFailed`; what is of no use any more is taken as delivered."""
    what = message.payload.get("what")
    if what == "verdict":
        _verdict(message, now)
    elif what == "issue":
        _issue(message, now)
    else:
        raise DeliveryFailed(f"nothing here publishes {str(what)[:40]!r}", final=True)


def _connected(forge: Forge, now: datetime, act: Callable[[Client], None]) -> None:
    """Speak with a forge; what goes wrong stands on its page, and in the outbox."""
    if forge.state == ForgeState.REMOVED:
        return
    try:
        client, _grants = registry.connect(forge)
        if client is None:
            return
        act(client)
        health.answered(forge, client, now)
    except ForgeError as error:
        health.failed(forge, f"publishing: {error.says}", now)
        raise DeliveryFailed(error.says, final=error.final, at=error.retry_at) from None
    except AwayteamError as error:
        raise DeliveryFailed(str(error)) from None


def _verdict(message: OutboxMessage, now: datetime) -> None:
    given = message.payload
    row = ForgeChange.objects.select_related("repository__forge").filter(pk=given["change"]).first()
    change = Change.objects.select_related("author").filter(pk=row.change_id or 0).first() if row is not None else None
    if row is None or change is None or not _is_newest(change, given["judgement"], given["head"]):
        return
    if row.published_key == given["key"]:
        return
    notice = Notice(Colour(given["colour"]), given["title"], given["summary"], given["url"], given["key"])
    place, heard = repositories.place_of(row.repository), _heard(row, change)

    def publish(client: Client) -> None:
        client.publish(place, heard, notice)
        ask = [*given["ask"], *_met(row, given.get("meet", ()), now)]
        _besides(row, client, place, heard, given["summary"], ask, now)

    _connected(row.repository.forge, now, publish)
    ForgeChange.objects.filter(pk=row.pk).update(published_at=now, published_key=given["key"])


def _met(row: ForgeChange, handles: Iterable[str], now: datetime) -> list[str]:
    """Ids of the accounts that the forge knows by these handles, as far as they lead to people here."""
    _client, grants = registry.connect(row.repository.forge)
    if not isinstance(grants, Directory):
        return []
    found = []
    for handle in handles:
        account = grants.find(handle)
        if account is not None and accounts.heard(row.repository.forge, account, now).person_id is not None:
            found.append(account.id)
    return found


def _is_newest(change: Change, judgement: int, head: str) -> bool:
    newest = Judgement.objects.filter(change=change).order_by("-pk").values_list("pk", flat=True).first()
    return change.state == Stand.OPEN.value and change.head == head and newest == judgement


def _besides(
    row: ForgeChange, client: Client, place: Place, heard: ChangeHeard, summary: str, ask: list[str], now: datetime
) -> None:
    """The comment and the requests for review. One that the forge refuses for good doesn't undo the check."""
    if rulebook.current().forges.comment:
        _unless_refused(row, lambda: client.comment(place, heard, summary), now)
    rows = ForgeAccount.objects.filter(forge=row.repository.forge, external_id__in=ask)
    people = [Account(one.external_id, one.login) for one in rows]
    if people and _unless_refused(row, lambda: client.ask_review(place, heard, people), now):
        asked = list(dict.fromkeys([*row.asked_reviewers, *(one.id for one in people)]))
        ForgeChange.objects.filter(pk=row.pk).update(asked_reviewers=asked)


def _unless_refused(row: ForgeChange, act: Callable[[], None], now: datetime) -> bool:
    try:
        act()
    except ForgeError as error:
        if not error.final:
            raise
        log.warning("forges.refused", change=str(row), error=error.says[:200])
        health.failed(row.repository.forge, f"{row.repository.slug} #{row.number}: {error.says}", now)
        return False
    return True


def _heard(row: ForgeChange, change: Change) -> ChangeHeard:
    """The change as the forge knows it, from what we keep."""
    account = ForgeAccount.objects.filter(forge=row.repository.forge, login=change.author_label).first()
    author = Account(account.external_id if account else "", change.author_label, change.author_is_bot)
    return ChangeHeard(
        place=repositories.place_of(row.repository), id=row.external_id, number=row.number, title=change.title,
        url=change.url, author=author, base_ref=change.base_ref, base=change.base, head=change.head,
        stand=Stand(change.state), at=change.told_at, opened_at=change.opened_at, is_draft=change.is_draft,
        from_fork=change.from_fork,
    )  # fmt: skip


def _issue(message: OutboxMessage, now: datetime) -> None:
    row = ForgeIssue.objects.select_related("repository__forge", "request__home_team").filter(
        pk=message.payload["issue"]
    ).first()  # fmt: skip
    if row is None:
        return
    place, text = repositories.place_of(row.repository), issues.words(row)
    _connected(row.repository.forge, now, lambda client: client.comment_issue(place, row.number, text))
