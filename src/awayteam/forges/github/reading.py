"""What GitHub's JSON says, in the port's words: of deliveries and of answers alike.

Payloads in the wild break the published schema. So everything is read by looking: a value of another type than expected
counts as absent, texts are bounded and can be stored by any database, numbers fit 64 bits, moments have a time zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from awayteam.forges.port import Account, ChangeHeard, ForgeError, IssueHeard, Place, ReviewHeard, Stand
from awayteam.gate.change import Said

Json = Mapping[str, Any]
NOTHING: Json = {}
GHOST = Account("0", "(deleted)")
"""Whoever deleted their account: an id that nobody has, a name that nobody can have."""
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SLUG = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_MOST = 2**63 - 1
_SAID = {
    "approved": Said.APPROVED,
    "changes_requested": Said.CHANGES,
    "commented": Said.COMMENTED,
    "dismissed": Said.DISMISSED,
}


def obj(value: object, *names: str) -> Json:
    """The object that `names` lead to; the empty one where they don't."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else NOTHING


def objs(value: object, most: int = 1_000) -> list[Json]:
    """The objects of a list."""
    return [one for one in value[:most] if isinstance(one, dict)] if isinstance(value, list) else []


def entries(value: object, what: str) -> list[Json]:
    """A list of objects and nothing else: where something lacks, a verdict would miss it. Raises `ForgeError`."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ForgeError(f"GitHub answered with {what} that aren't a list of objects")
    return value


def text(of: Json, name: str, most: int = 300) -> str:
    """At most `most` characters, without NUL (PostgreSQL keeps none); "" where there is no text."""
    value = of.get(name)
    return value[:most].replace("\0", "") if isinstance(value, str) else ""


def line(of: Json, name: str, most: int = 300) -> str:
    """Text on one line."""
    return " ".join("".join(one if one.isprintable() else " " for one in text(of, name, most)).split())


def number(of: Json, name: str = "id") -> int:
    """A positive whole number, 0 where there is none."""
    value = of.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST else 0


def ident(of: Json, name: str = "id") -> str:
    """A number as an id, "" where there is none."""
    value = number(of, name)
    return str(value) if value else ""


def moment(of: Json, name: str) -> datetime | None:
    """An ISO 8601 text, or seconds since 1970, with a time zone."""
    value = of.get(name)
    try:
        if isinstance(value, str) and len(value) < 40:
            read = datetime.fromisoformat(value)
            return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def sha(of: Json, name: str) -> str:
    """A commit id, "" where there is none."""
    value = of.get(name)
    return value if isinstance(value, str) and _SHA.fullmatch(value) else ""


def url(of: Json, name: str) -> str:
    """An address that a browser may be led to, "" otherwise."""
    value = text(of, name, 2_000)
    return value if value.startswith(("https://", "http://")) and value.isprintable() and " " not in value else ""


def slug(value: str) -> bool:
    """Whether a text can be `organisation/name`."""
    return bool(_SLUG.fullmatch(value)) and not {".", ".."} & set(value.split("/"))


def account(of: Json) -> Account | None:
    """Somebody, or an organisation; None where nobody is named by id."""
    known, login = ident(of), line(of, "login", 100)
    is_bot = of.get("type") == "Bot" or login.endswith("[bot]")
    return Account(known, login, is_bot) if known and login else None


def place(of: Json) -> Place | None:
    """A repository; None where none is named by id."""
    known, name = ident(of), text(of, "full_name", 201)
    return Place(known, name, url(of, "html_url")) if known and slug(name) else None


def change(pull: Json, where: Place | None = None) -> ChangeHeard | None:
    """A pull request as deliveries and the API write it; None where what the gate needs is lacking."""
    base, head = obj(pull, "base"), obj(pull, "head")
    where = where or place(obj(base, "repo"))
    opened = moment(pull, "created_at")
    known, count = ident(pull), number(pull, "number")
    base_sha, head_sha = sha(base, "sha"), sha(head, "sha")
    if where is None or opened is None or not (known and count and base_sha and head_sha):
        return None
    merged = pull.get("merged") is True or moment(pull, "merged_at") is not None
    closed = Stand.CLOSED if pull.get("state") == "closed" else Stand.OPEN
    return ChangeHeard(
        place=where,
        id=known,
        number=count,
        title=line(pull, "title"),
        url=url(pull, "html_url"),
        author=account(obj(pull, "user")) or GHOST,
        base_ref=line(base, "ref"),
        base=base_sha,
        head=head_sha,
        stand=Stand.MERGED if merged else closed,
        at=moment(pull, "updated_at") or opened,
        opened_at=opened,
        is_draft=pull.get("draft") is True,
        from_fork=ident(obj(head, "repo")) != ident(obj(base, "repo")),
        merged_by=account(obj(pull, "merged_by")) if merged else None,
        ended_at=moment(pull, "merged_at") or moment(pull, "closed_at"),
    )


def review(of: Json, where: Place, change_id: str, count: int, told_at: datetime | None = None) -> ReviewHeard | None:
    """A review; None for one that wasn't sent yet. `told_at` is when a dismissal was told: the review keeps its date.

    A deleted reviewer's word stays, and is nobody's.
    """
    said = _SAID.get(text(of, "state").lower())
    at = moment(of, "submitted_at")
    if said is Said.DISMISSED:
        at = max(filter(None, (at, moment(of, "updated_at"), told_at)), default=None)
    if said is None or at is None or not ident(of) or not (change_id and count):
        return None
    by = account(obj(of, "user")) or GHOST
    return ReviewHeard(where, change_id, count, ident(of), by, said, sha(of, "commit_id"), at)


def issue(of: Json, where: Place, now: datetime) -> IssueHeard | None:
    """An issue; None for a pull request, which GitHub lists among them."""
    if not ident(of) or not number(of, "number") or of.get("pull_request") is not None:
        return None
    labels = of.get("labels")
    names = [line(one, "name", 100) for one in objs(labels, 100)]
    return IssueHeard(
        place=where,
        id=ident(of),
        number=number(of, "number"),
        title=line(of, "title"),
        words=text(of, "body", 65_536),
        url=url(of, "html_url"),
        by=account(obj(of, "user")) or GHOST,
        labels=tuple(name for name in names if name),
        is_open=of.get("state") != "closed",
        at=moment(of, "updated_at") or now,
    )


def since(moment_of_old: datetime, now: datetime) -> str:
    """The shortest of the periods by which rule suites can be asked for that reaches back to a moment."""
    back = now - moment_of_old
    periods = (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(weeks=1)))
    return next((name for name, long in periods if back < long), "month")
