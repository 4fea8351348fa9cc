"""The Jinja2 environment of our pages. Every app's `templates/` folder is searched; those of libraries are not."""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jinja2
import markupsafe
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.socialaccount.adapter import get_adapter
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.template.backends.jinja2 import Jinja2
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import timezone
from jinja2 import compiler, nodes
from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]

from awayteam.kernel import markdown, pages, panels, rulebook
from awayteam.lists import bulk
from awayteam.lists.queries import Told, last_told, menu
from awayteam.notifications.queries import unread_count
from awayteam.web import charts, marks, moments, texts, tour


class Pages(Jinja2):
    """The template engine named "pages"."""

    app_dirname = "templates"

    def __init__(self, params: dict[str, Any]) -> None:
        params["OPTIONS"] = {"environment": "awayteam.web.jinja.environment", **params["OPTIONS"]}
        params["OPTIONS"].setdefault("undefined", jinja2.StrictUndefined)
        params["OPTIONS"].setdefault("context_processors", ["awayteam.web.jinja.frame"])
        super().__init__(params)

    @cached_property
    def template_dirs(self) -> tuple[str, ...]:
        folders = (Path(app.path) / self.app_dirname for app in apps.get_app_configs() if _is_ours(app.name))
        return tuple(str(folder) for folder in folders if folder.is_dir())


def _is_ours(app: str) -> bool:
    return app.startswith("awayteam.")


def escape(value: Any) -> str:
    """What `markupsafe.escape` returns, as a plain string: what is about to be joined needs no type of its own.

    A page of a hundred rows escapes some thousands of values, and six times as many in the same time this way.
    """
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    return value if kind is Markup else str(value) if kind is int else markupsafe.escape(value)


class Generator(compiler.CodeGenerator):
    """Jinja2's own, but for the function that escapes what a template writes out."""

    def _output_child_pre(self, node: nodes.Expr, frame: compiler.Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.escape(")
        if finalize.src is not None:
            self.write(finalize.src)


class Environment(jinja2.Environment):
    code_generator_class = Generator
    escape = staticmethod(escape)


def environment(**options: Any) -> jinja2.Environment:
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)
    made.globals.update(
        address=_address,
        bars=charts.bars,
        bulk_most=_bulk_most,
        bulk_offer=_bulk_offer,
        bulk_told=_bulk_told,
        demo=settings.DEMO,
        icon=marks.icon,
        line=charts.line,
        mark=marks.mark,
        panels_of=panels.build,
        may_sign_up=_may_sign_up,
        saved_views=menu,
        shape=marks.shape,
        sign_in_providers=_sign_in_providers,
        static=marks.static,
        thing=pages.thing_address,
        url=_url,
    )
    made.filters.update(
        ago=moments.ago,
        breakable=texts.breakable,
        clock=moments.clock,
        count=texts.count,
        day=moments.day,
        event_words=texts.event_words,
        field_words=texts.field_words,
        history_words=texts.history_words,
        json_pretty=texts.json_pretty,
        kind_words=texts.kind_words,
        markdown=markdown.to_html,
        moment=moments.moment,
        paragraphs=texts.paragraphs,
        plural=texts.plural,
        short=texts.short,
        value_words=texts.value_words,
        with_code=texts.with_code,
        work_span=texts.work_span,
    )
    made.tests["address"] = texts.is_web_address
    return made


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page. A page asks for dozens, the frame for the same ones each time."""
    return _reversed(get_script_prefix(), get_urlconf(), name, args, tuple(kwargs.items()))


@lru_cache(maxsize=4_096, typed=True)
def _reversed(
    _prefix: str, urlconf: str | None, name: str, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]
) -> str:
    return reverse(name, urlconf, args=args or None, kwargs=dict(kwargs) or None)


@jinja2.pass_context
def _address(context: jinja2.runtime.Context, **changes: Any) -> str:
    """The address of this page with other parameters; see `awayteam.kernel.pages.address`."""
    return pages.address(context["request"], **changes)


@jinja2.pass_context
def _bulk_offer(context: jinja2.runtime.Context, key: str) -> bulk.Offer | None:
    """What this reader can do to many rows of the list; None for nothing."""
    return bulk.offered(context["request"], key)


@jinja2.pass_context
def _bulk_told(context: jinja2.runtime.Context) -> Told | None:
    """What the change of many rows did from which one comes back to the list."""
    return last_told(context["request"], timezone.now())


def _bulk_most() -> int:
    return rulebook.current().lists.bulk_rows_max


@jinja2.pass_context
def _sign_in_providers(context: jinja2.runtime.Context) -> list[Any]:
    """Other ways to sign in that this installation has set up."""
    return list(get_adapter(context["request"]).list_providers(context["request"]))


@jinja2.pass_context
def _may_sign_up(context: jinja2.runtime.Context) -> bool:
    """Whether anybody may make an account with a password."""
    return bool(get_account_adapter(context["request"]).is_open_for_signup(context["request"]))


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs; costs no statement, but for the count at the bell where the frame has one."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "entries": panels.navigation(request) if actor is not None else [],  # type: ignore[arg-type]
        "flashes": lambda: messages.get_messages(request),
        "narrow_rail": request.COOKIES.get("rail") == "narrow",
        "dense": request.COOKIES.get("density", "dense") == "dense",
        "route": route,
        "theme": theme(request),
        "unread": lambda: unread_count(actor) if actor is not None else 0,
        "tour": tour.strip(request) if settings.DEMO else None,
        "tour_place": tour.place(request) if settings.DEMO else None,
    }


def theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in {"light", "dark"} else "auto"
