"""Whether the App can do its work: who it is, what it was permitted, where it is installed."""

from collections.abc import Mapping, Sequence

from awayteam.forges.github import reading
from awayteam.forges.github.api import Api
from awayteam.forges.github.reading import obj
from awayteam.forges.http import join
from awayteam.forges.port import Finding, ForgeError

PERMISSIONS: Mapping[str, str] = {
    "administration": "write",
    "checks": "write",
    "contents": "read",
    "issues": "read",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
"""The least that everything works with. docs/forges/github.md says what each is for."""
EVENTS = (
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "issues",
    "member",
    "organization",
    "pull_request",
    "pull_request_review",
    "push",
    "repository",
    "repository_ruleset",
    "status",
    "team",
    "team_add",
)
"""What the App subscribes to. Installations are told of without."""
_RANKS = {"read": 1, "write": 2, "admin": 3}
SKEW_SECONDS = 60


def examine(api: Api) -> Sequence[Finding]:
    """See `port.Client.examine`."""
    told = obj(api.app.get(join("app")))
    if reading.ident(told) != api.app_id:
        raise ForgeError("GitHub answers for another App than the one that was set up.", final=True)
    found = [Finding(True, f"GitHub knows us as the App {reading.line(told, 'name') or api.app_id}.")]
    found += _permissions(obj(told, "permissions"))
    subscribed = told.get("events") if isinstance(told.get("events"), list) else []
    if lacking := [event for event in EVENTS if event not in (subscribed or [])]:
        found.append(Finding(False, f"The App isn't told of {', '.join(lacking)}: subscribe to them in its settings."))
    else:
        found.append(Finding(True, "The App is told of everything that it needs."))
    count = len(api.installations())
    says = f"It is installed in {count} {'place' if count == 1 else 'places'}."
    found.append(Finding(True, says) if count else Finding(False, "It is installed nowhere: install it."))
    skew = api.app.skew.total_seconds()
    if abs(skew) > SKEW_SECONDS:
        found.append(Finding(False, f"Our clock and GitHub's are {abs(skew):.0f} seconds apart: let NTP set ours."))
    return found


def _permissions(given: Mapping[str, object]) -> list[Finding]:
    lacking = [
        f"{name}: {needed}"
        for name, needed in PERMISSIONS.items()
        if _RANKS.get(str(given.get(name)), 0) < _RANKS[needed]
    ]
    if not lacking:
        return [Finding(True, "Its permissions suffice.")]
    says = f"It lacks permissions ({', '.join(lacking)}): add them, and accept them where it is installed."
    return [Finding(False, says)]
