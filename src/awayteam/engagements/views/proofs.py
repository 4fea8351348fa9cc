"""Standards that are frozen with the contract, and the baseline: found in repositories, uploaded, or by hand."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponseBase
from django.urls import reverse

from awayteam.contributions.models import Repository
from awayteam.engagements import actions
from awayteam.engagements.forms.proofs import ByHandForm, ItemForm, UploadForm
from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.engagements.permissions import Standing
from awayteam.engagements.reading import Reading
from awayteam.engagements.views.frame import closed, page
from awayteam.kernel.errors import AwayteamError, Conflict, NotFound, NotSignedIn, Unavailable
from awayteam.kernel.pages import PageForm, done
from awayteam.kernel.requests import Request

SHOWN = 200


def step(request: Request, row: Engagement, standing: Standing, step: str, now: datetime) -> HttpResponseBase:
    """One of the two steps: what is there, and what can be added."""
    if request.method != "POST":
        return _page(request, row, standing, step, {})
    what = request.POST.get("do", "")
    form = _form(request, what)
    if form is not None and not form.is_valid():
        return _page(request, row, standing, step, {what: form}, 422)
    try:
        told = _act(request, row, what, form, now)
    except (NotFound, NotSignedIn):
        raise
    except ValidationError as error:
        assert form is not None  # only forms validate
        form.add_error(None, error)
        return _page(request, row, standing, step, {what: form}, 422)
    except AwayteamError as error:
        if form is None:
            return _page(request, row, standing, step, {}, 409, error)
        form.refuse(error)
        return _page(request, row, standing, step, {what: form}, 409 if isinstance(error, Conflict) else 422)
    return done(request, told, reverse("engagement_setup", args=[row.pk, step]))


def _form(request: Request, what: str) -> PageForm | None:
    if what == "write":
        return ByHandForm(request.POST, auto_id="write_%s")
    if what == "upload":
        return UploadForm(request.POST, request.FILES, auto_id="upload_%s")
    return ItemForm(request.POST, auto_id="item_%s") if what == "item" else None


def _act(request: Request, row: Engagement, what: str, form: Any, now: datetime) -> str:
    """Do it, and what is told; raises what the action raises."""
    who: dict[str, Any] = {"actor": request.actor, "now": now}
    if what == "take":
        paths = request.POST.getlist("paths")[:200]
        if not paths:
            return "Nothing was ticked."
        taken = actions.take_standards(row.pk, **who, repository=_repository(request, row), paths=paths)
        return f"{len(taken)} frozen."
    if what == "write":
        actions.add_standard(row.pk, **who, **form.cleaned_data)
        return "It is frozen."
    if what == "remove":
        actions.remove_standard(_own(Standard, request, row), **who)
        return "It is taken out."
    if what == "upload":
        found = actions.take_baseline(row.pk, **who, files=form.uploads())
        said = ", ".join(f"{number} {kind}" for kind, number in sorted(found.counts.items())) or "nothing was red"
        problems = f" Not taken: {'; '.join(found.problems[:5])}." if found.problems else ""
        return f"Taken: {said}.{problems}"
    if what == "item":
        actions.add_baseline_item(row.pk, **who, **form.values())
        return "It is in the baseline."
    actions.remove_baseline(row.pk, **who, items=[_own(BaselineItem, request, row)])
    return "It is taken out."


def _own(model: type[Standard] | type[BaselineItem], request: Request, row: Engagement) -> int:
    """The number of a row of this engagement that the form names. Raises `NotFound`."""
    text = request.POST.get("id", "")
    pk = int(text) if text.isdecimal() and len(text) < 19 else 0
    if not model._default_manager.filter(engagement=row, pk=pk).exists():
        raise NotFound("That isn't there any more.", "Look at the list.")
    return pk


def _repositories(row: Engagement) -> list[Repository]:
    """Followed repositories that the scope names."""
    scopes = list(row.scopes.all())
    followed = [one.followed_id for one in scopes if one.followed_id is not None]
    names = {one.repository for one in scopes}
    return list(Repository.objects.filter(Q(pk__in=followed) | Q(name__in=names)).order_by("name"))


def _repository(request: Request, row: Engagement) -> Repository:
    name = request.POST.get("repository", "")
    found = next((one for one in _repositories(row) if one.name == name), None)
    if found is None:
        raise NotFound("The scope names no such repository that is followed.", "Look at the scope.")
    return found


def _found(row: Engagement, can_change: bool) -> list[tuple[Repository, Reading | None, str]]:
    """What each repository offers, or why it can't be read."""
    found: list[tuple[Repository, Reading | None, str]] = []
    for one in _repositories(row) if can_change else ():
        try:
            found.append((one, actions.find_standards(one), ""))
        except Unavailable as error:
            found.append((one, None, str(error)))
    return found


def _page(
    request: Request, row: Engagement, standing: Standing, step: str, forms: dict[str, PageForm], status: int = 200,
    conflict: AwayteamError | None = None,
) -> HttpResponseBase:  # fmt: skip
    refused = closed(row, standing)
    context: dict[str, Any] = {"refused": refused, "conflict": conflict}
    if step == "standards":
        rows = list(Standard.objects.filter(engagement=row).defer("text"))
        context |= {
            "standards": rows,
            "taken": {(one.repository, one.path): one.sha256 for one in rows},
            "offered": _found(row, not refused),
            "write_form": forms.get("write") or ByHandForm(auto_id="write_%s"),
        }
    else:
        items = BaselineItem.objects.filter(engagement=row)
        context |= {
            "items": list(items[:SHOWN]),
            "number": items.count(),
            "upload_form": forms.get("upload") or UploadForm(auto_id="upload_%s"),
            "item_form": forms.get("item") or ItemForm(auto_id="item_%s"),
        }
    return page(request, row, standing, step, f"engagements/setup_{step}.html", context, status)
