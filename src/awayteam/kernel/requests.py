"""The request as every view of ours sees it: Django's, with the actor on it."""

from django.http import HttpRequest

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotSignedIn


class Request(HttpRequest):
    """`awayteam.accounts.actors.ActorMiddleware` sets both; `token_problem` says why a presented token is no good."""

    actor: Actor
    token_problem: NotSignedIn | None
