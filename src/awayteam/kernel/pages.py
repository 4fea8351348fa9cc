"""What every page needs: rendering, the date of a question, addresses, CSV, and forms that lead to one action."""

import csv
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

from awayteam.kernel.errors import AwayteamError, InvalidInput, NotFound, NotSignedIn

Result = TypeVar("Result")
Row = TypeVar("Row")
HUES = 12
"""How many colours of marks `awayteam.css` defines; all of them carry white letters with AA contrast."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page from one of our templates. A form that was refused is 422: give that as `status`."""
    return HttpResponse(render_to_string(template, context or {}, request, using="pages"), status=status)


def as_of(request: HttpRequest) -> datetime | None:
    """The moment in `?as_of=`: a date means the end of that day (UTC), a time itself; None where nothing is asked.

    Raises `InvalidInput` for anything else.
    """
    text = request.GET.get("as_of", "").strip()
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC) - timedelta(
                microseconds=1
            )
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        what = f"as_of: {text[:60]!r} is no date."
        raise InvalidInput(what, "Write it as 2026-01-31.", fields={"as_of": what}) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def address(request: HttpRequest, **changes: Any) -> str:
    """The address of this page with other parameters: None, "" and () remove one, lists repeat it.

    A change of anything but the cursor goes back to the first page. What was told once of a change (`bulk`) is left
    out.
    """
    query = request.GET.copy()
    query.pop("bulk", None)
    if "cursor" not in changes:
        query.pop("cursor", None)
    for name, value in changes.items():
        values = [value] if isinstance(value, str | int) else list(value or ())
        query.setlist(name, [str(one) for one in values if one != ""])
    text = urlencode([(name, one) for name, many in query.lists() for one in many])
    return f"{request.path}?{text}" if text else request.path


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV file, sent as it is made. An apostrophe precedes texts that a spreadsheet would take for a formula.

    The first row is made at once (`begun`).
    """
    writer = csv.writer(_Echo())
    lines = (writer.writerow([_cell(value) for value in row]) for row in chain([header], begun(rows)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Echo:
    """A file that hands each line back to the caller."""

    def write(self, value: str) -> str:
        return value


def begun(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, the first of which is made now: what can't be listed is refused before anything is sent."""
    rest = iter(rows)
    return chain(list(islice(rest, 1)), rest)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def back(request: HttpRequest, default: str) -> str:
    """Where the person came from (the field `next`), if that is one of our own addresses; else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else default


def done(request: HttpRequest, message: str, to: str) -> HttpResponseRedirect:
    """Say what was done on the next page, and go there (303)."""
    messages.success(request, message)
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response


def hue(ref: str) -> int:
    """The stable colour of a team or person, 0 to HUES - 1; the stylesheet has it as `.hue-0` and so on."""
    return zlib.crc32(ref.casefold().encode("utf-8", "replace")) % HUES


def thing_address(ref: str, page: str = "") -> str:
    """The page of a reference (`component:default/orders`): teams and people have pages of their own."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    where = {"group": "teams", "user": "people"}.get(kind, "")
    parts = [where, namespace, name] if where else ["catalog", namespace, kind, name]
    return get_script_prefix() + "/".join(quote(part, safe="") for part in parts) + "/" + (f"{page}/" if page else "")


class PageForm(forms.Form):
    """A form of a page. `attempt` runs the action and turns its refusal into errors beside the fields."""

    required_css_class = "required"
    error_css_class = "invalid"

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        """The action's result, or None when it refused: the form then carries the errors.

        What one may not see stays an error page (`NotFound`), as does being signed out.
        """
        try:
            return action()
        except (NotFound, NotSignedIn):
            raise
        except AwayteamError as error:
            self.refuse(error)
            return None

    def refuse(self, error: AwayteamError) -> None:
        known = {name: text for name, text in error.fields.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name, text)
        if not known:
            self.add_error(None, str(error))


class ReasonForm(PageForm):
    """The reason that every change by hand carries."""

    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands in the history for everybody to read.",
    )
