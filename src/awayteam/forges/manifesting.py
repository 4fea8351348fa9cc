"""GitHub's App in one click: GitHub makes it from our manifest, and gives its key and secret back once."""

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.forges.actions import setting
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import ForgeError
from awayteam.kernel.errors import InvalidInput, Unavailable
from awayteam.kernel.pages import PageForm, render
from awayteam.kernel.requests import Request
from awayteam.kernel.webhooks import url_problem

KEPT = "forge_manifest"
PUBLIC = "https://github.com"


class ManifestForm(PageForm):
    """What has to be known before GitHub is asked."""

    name = forms.SlugField(max_length=60, initial="github", help_text="Short, in small letters: how you call it here.")
    organisation = forms.CharField(
        max_length=100, required=False, help_text="The organisation that shall own the App; empty: your own account."
    )
    address = forms.CharField(
        max_length=500,
        initial=PUBLIC,
        label="Address of its pages",
        help_text="Of your Enterprise, if you have one.",
    )
    allow_private = forms.BooleanField(required=False, label="The address is private")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        name, address = given.get("name", ""), given.get("address", "").strip().rstrip("/")
        if name and (name in setting.RESERVED or not setting.NAME.fullmatch(name)):
            self.add_error("name", "small letters, digits and hyphens, a letter first")
        if problem := url_problem(address, bool(given.get("allow_private"))):
            self.add_error("address", problem)
        return {**given, "address": address}


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: Request) -> HttpResponseBase:
    """Ask for a name, then show the button that leads to GitHub."""
    can_keep(request.actor).require()
    form = ManifestForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "forges/manifest.html", {"form": form}, 422 if form.is_bound else 200)
    from awayteam.forges.github import manifest

    given = form.cleaned_data
    state = secrets.token_urlsafe(32)
    request.session[KEPT] = {"state": state, **given}
    built = manifest.build(
        name=f"Awayteam {urlsplit(settings.URL).hostname or ''}".strip(), site=settings.URL,
        hook_url=f"{settings.URL}/forges/{given['name']}/deliveries",
        redirect_url=settings.URL + reverse("forge_manifest_done"), comments_on_issues=True,
    )  # fmt: skip
    context = {
        "form": None, "page": manifest.page(given["address"], given["organisation"]), "state": state,
        "manifest": json.dumps(built), "address": given["address"],
    }  # fmt: skip
    response = render(request, "forges/manifest.html", context)
    origin = urlsplit(given["address"])
    response._csp_update = {"form-action": [f"{origin.scheme}://{origin.netloc}"]}  # type: ignore[attr-defined]
    return response


@require_safe
def finish(request: Request) -> HttpResponseBase:
    """GitHub leads back here with a code, which is good once; whoever began is known by the state in the session."""
    can_keep(request.actor).require()
    kept = request.session.pop(KEPT, None)
    state = request.GET.get("state", "")
    if kept is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        raise InvalidInput("This doesn't belong to anything that was begun here.", "Begin again.")
    from awayteam.forges.github import manifest

    address = kept["address"]
    api = "https://api.github.com" if address == PUBLIC else f"{address}/api/v3"
    try:
        made = manifest.convert(request.GET.get("code", ""), address=api, allow_private=kept["allow_private"])
    except ForgeError as error:
        raise Unavailable(f"GitHub didn't hand the App over: {error.says}.", "Begin again.") from None
    forge = setting.add(
        kind="github", name=kept["name"], address=api, values=made.settings(), allow_private=kept["allow_private"],
        actor=request.actor, now=timezone.now(), reason="GitHub made the App from our manifest",
    ).forge  # fmt: skip
    install = f"{made.url}/installations/new" if made.url.startswith(address) else reverse("forge", args=[forge.name])
    return HttpResponseRedirect(install)
