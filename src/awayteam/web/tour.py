"""The tour of the demonstration: going to a stop, the strip on every page meanwhile, leaving and going on.

The place is kept in a cookie ("2:contributions.area", with "-" before it while one is away from the tour), so that the
strip costs no statement and survives a restart of the browser.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from awayteam.kernel import tour
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import back, done
from awayteam.kernel.requests import Request
from awayteam.kernel.tour import QUESTIONS, Stop

COOKIE = "tour"
MONTH = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Strip:
    """Where one is: stop `number` of `of`; `before` and `after` are questions, None at the ends."""

    question: int
    number: int
    of: int
    asks: str
    stop: Stop
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """What the cookie says; `question` is 0 where it says nothing."""

    question: int = 0
    stop: Stop | None = None
    running: bool = False


def place(request: HttpRequest) -> Place:
    """Where this reader is on the tour; anything odd in the cookie counts as nothing."""
    text = request.COOKIES.get(COOKIE, "")
    question, _, key = text.removeprefix("-").partition(":")
    stop = tour.stop(key)
    if stop is None or question != str(stop.question):
        return Place()
    return Place(stop.question, stop, not text.startswith("-"))


def strip(request: HttpRequest) -> Strip | None:
    """What the strip shows; None outside the demonstration and off the tour."""
    here = place(request)
    if not settings.DEMO or here.stop is None or not here.running:
        return None
    known = tour.questions()
    at = known.index(here.question)
    return Strip(
        question=here.question,
        number=at + 1,
        of=len(known),
        asks=QUESTIONS[here.question - 1],
        stop=here.stop,
        before=known[at - 1] if at else None,
        after=known[at + 1] if at + 1 < len(known) else None,
    )


@require_GET
def start(request: Request) -> HttpResponse:
    """On from where one left, else from the first question."""
    question = place(request).question or next(iter(tour.questions()), 0)
    return _go(request, question, 1)


@require_GET
def stop(request: Request, question: int) -> HttpResponse:
    return _go(request, question, -1 if request.GET.get("back") else 1)


def _go(request: Request, question: int, step: int) -> HttpResponse:
    """To the stop of this question; past those that have nothing to show to this person."""
    _only_in_demonstration()
    while 1 <= question <= len(QUESTIONS):
        found = tour.lead(request.actor, question)
        if found is not None:
            response = HttpResponseRedirect(found[1])
            _keep(response, request, f"{question}:{found[0].key}")
            return response
        question += step
    raise NotFound("The tour has no such stop for you.", "Start again from the banner, or become somebody else.")


@require_POST
def leave(request: Request) -> HttpResponse:
    """Off the tour; `over` forgets the place, else it is kept for going on."""
    _only_in_demonstration()
    if request.POST.get("over"):
        words = "That was the tour. Become somebody else to see what they see, or change something: it is all invented."
        response = done(request, words, reverse("home"))
        response.delete_cookie(COOKIE, samesite="Lax")
        return response
    response = HttpResponseRedirect(back(request, reverse("home")))
    response.status_code = 303
    here = place(request)
    if here.stop is not None:
        _keep(response, request, f"-{here.question}:{here.stop.key}")
    return response


def _only_in_demonstration() -> None:
    if not settings.DEMO:
        raise NotFound("The tour is part of the demonstration.", "Start one with `awayteam demo`.")


def _keep(response: HttpResponse, request: HttpRequest, value: str) -> None:
    response.set_cookie(COOKIE, value, max_age=MONTH, samesite="Lax", secure=request.is_secure())
