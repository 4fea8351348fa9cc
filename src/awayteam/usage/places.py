"""Where what happens to names and rules of use may be seen."""

from awayteam.kernel import subjects
from awayteam.kernel.requests import Request
from awayteam.usage.models import Name, Sender
from awayteam.usage.permissions import visible_senders
from awayteam.usage.queries.parties import visible_names


def register() -> None:
    subjects.register("usage-name", _names)
    subjects.register("usage-rule", lambda _request, ids: dict.fromkeys(ids, ""), subjects.everybody)
    subjects.register("sender", _senders)


def _names(request: Request, ids: set[int]) -> dict[int, str]:
    rows = visible_names(request.actor, Name.objects.filter(pk__in=ids))
    return dict.fromkeys(rows.values_list("pk", flat=True), "")


def _senders(request: Request, ids: set[int]) -> dict[int, str]:
    rows = visible_senders(request.actor, Sender.objects.filter(pk__in=ids))
    return dict.fromkeys(rows.values_list("pk", flat=True), "")
