"""Pages of one's own account: profile, tokens, and in the demonstration becoming somebody else."""

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.accounts import actions, queries
from awayteam.accounts import become as becoming
from awayteam.kernel import rulebook
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person

PEOPLE = 60


class TokenForm(PageForm):
    name = forms.CharField(max_length=100, help_text="What will use it, so that you know it again.")
    scopes = forms.ChoiceField(
        label="May",
        choices=[("read", "read"), ("write", "read and write")],
        initial="read",
    )
    days = forms.IntegerField(min_value=1, label="Days until it ends")


@require_safe
def profile(request: Request) -> HttpResponse:
    user = queries.account(request.actor)
    person = Person.objects.filter(user=user).first()
    context = {
        "user": user,
        "person": person,
        "places": organisation.teams_of(person) if person else [],
        "tokens": [row for row in queries.tokens_of(request.actor, timezone.now(), user) if row.state == "active"],
        "has_password": user.has_usable_password(),
        "providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    return render(request, "accounts/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: Request) -> HttpResponseBase:
    """One's tokens, and a form for a new one, whose secret is shown once."""
    user, now = queries.account(request.actor), timezone.now()
    book = rulebook.current().accounts
    form = TokenForm(request.POST or None, initial={"days": book.token_days_default})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.create_token(
                actor=request.actor,
                now=now,
                user=user,
                name=given["name"],
                scopes=[given["scopes"]],
                days=given["days"],
            )
        )
        if made:
            return render(request, "accounts/token_secret.html", {"token": made.token, "secret": made.secret})
    context = {"rows": queries.tokens_of(request.actor, now, user), "form": form, "days_max": book.token_days_max}
    return render(request, "accounts/tokens.html", context, status=422 if form.is_bound else 200)


@require_POST
def token_revoke(request: Request, id: int) -> HttpResponseBase:
    reason = request.POST.get("reason", "")[:2000]
    token = actions.revoke_token(actor=request.actor, now=timezone.now(), token_id=id, reason=reason)
    return done(request, f"The token {token.name} is revoked.", reverse("tokens"))


@require_http_methods(["GET", "HEAD", "POST"])
def become(request: Request) -> HttpResponseBase:
    """In the demonstration: look at everything as somebody else."""
    if not settings.DEMO:
        raise NotFound("There is nothing at this address.", "Only in the demonstration can one become somebody else.")
    if request.method == "POST":
        chosen = request.POST.get("person", "")
        if not chosen.isdecimal() or len(chosen) > 18:
            raise NotFound("There is no such person.")
        actor = becoming.become(request, int(chosen), now=timezone.now())
        return done(request, f"You are {actor.label} now.", reverse("home"))
    text = request.GET.get("q", "").strip()[:200]
    page = organisation.people(request.actor, text=text, limit=PEOPLE, cursor=request.GET.get("cursor") or None)
    return render(request, "accounts/become.html", {"page": page, "text": text})
