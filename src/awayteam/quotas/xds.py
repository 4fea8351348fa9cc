"""REST discovery (`POST /v3/discovery:...`): what an Envoy with a node token asks for again and again.

An answer is made once for each change and kept in the process; a proxy that has it is answered 304, for the price of
two statements. Every answer's version is the hash of what it holds, so that any server behind any balancer agrees.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from awayteam.kernel import rulebook
from awayteam.kernel.log import Log
from awayteam.quotas.actions.proxies import PREFIX, hash_of
from awayteam.quotas.envoy.bootstrap import cluster
from awayteam.quotas.envoy.descriptors import routes
from awayteam.quotas.envoy.plain import Plan
from awayteam.quotas.envoy.planning import plan
from awayteam.quotas.envoy.resources import TYPE, Tree, answered, scoped_routes
from awayteam.quotas.envoy.upstreams import upstreams_of
from awayteam.quotas.models import Node, Revision

log = Log(__name__)
MOST_BYTES = 1_000_000
KEPT, KEPT_SECONDS = 64, 30
"""Answers kept in this process, and for how long: limits are known to have changed at once, catalogs after that."""
SEEN_EVERY = timedelta(seconds=30)
CLUSTERS = f"{TYPE}envoy.config.cluster.v3.Cluster"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, with its version and when it is to be made again (monotonic seconds)."""

    body: bytes
    version: str
    until: float


class Answers:
    """The newest answers of this process; the oldest goes where there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], Kept] = {}

    def get(self, key: tuple[Any, ...], make: Callable[[], Tree]) -> Kept:
        with self._lock:
            found = self._kept.get(key)
        if found is not None and found.until > time.monotonic():
            return found
        tree = make()
        made = Kept(orjson.dumps(tree), tree["version_info"], time.monotonic() + KEPT_SECONDS)
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        return made


ANSWERS = Answers()


@csrf_exempt
@require_POST
def discovery(request: HttpRequest, kind: str) -> HttpResponse:
    """200 with all resources; 304 where the proxy has them; 401 for a wrong token; 400, 413 for what can't be read."""
    length = request.headers.get("Content-Length", "")
    if length and (not length.isdecimal() or len(length) > 12 or int(length) > MOST_BYTES):
        return _said(413, f"A request for discovery has at most {MOST_BYTES:,} bytes.")
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return _said(413, f"A request for discovery has at most {MOST_BYTES:,} bytes.")
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _said(400, "This is no JSON.")
    if not isinstance(asked, dict):
        return _said(400, "A request for discovery is an object.")
    node = _node(request, asked)
    if node is None:
        log.warning("quotas.unknown-node", kind=kind)
        return _said(401, "The token is wrong, revoked or lacking; an administrator gives one.")
    names = asked.get("resource_names", [])
    named = isinstance(names, list) and len(names) <= 1000 and all(isinstance(one, str) for one in names)
    if not named:
        return _said(400, "resource_names is a list of at most 1,000 names.")
    found = _answer(node, kind, tuple(names))
    known = asked.get("version_info") or request.headers.get("If-None-Match", "").strip('"')
    _seen(node, str(known)[:64])
    if known == found.version:
        return HttpResponse(status=304, headers={"ETag": f'"{found.version}"'})
    headers = {"ETag": f'"{found.version}"', "Cache-Control": "no-store"}
    return HttpResponse(found.body, content_type="application/json", headers=headers)


discovery.open_to_all = True  # type: ignore[attr-defined]


def _answer(node: Node, kind: str, names: tuple[str, ...]) -> Kept:
    revision = Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    key = (kind, names, revision, rulebook.current().version, orjson.dumps(node.upstreams))
    makers: dict[str, Callable[[Plan], Tree]] = {
        "scoped-routes": scoped_routes,
        "routes": lambda found: routes(found, list(names)),
        "clusters": _clusters,
    }
    return ANSWERS.get(key, lambda: makers[kind](plan(upstreams_of(node.upstreams))))


def _clusters(found: Plan) -> Tree:
    return answered([{"@type": CLUSTERS, **cluster(one.upstream)} for one in found.terms], CLUSTERS)


def _node(request: HttpRequest, asked: dict[str, Any]) -> Node | None:
    """Who asks: by the token in the node's metadata, or as a bearer of it."""
    found: Any = asked.get("node")
    for name in ("metadata", "awayteam", "token"):
        found = found.get(name) if isinstance(found, dict) else None
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    token = found if isinstance(found, str) else word.strip() if scheme.lower() == "bearer" else ""
    if not token.startswith(PREFIX) or len(token) > 200:
        return None
    return Node.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True).first()


def _seen(node: Node, version: str) -> None:
    """Note that the proxy was here, at most twice a minute unless it has something new."""
    now = timezone.now()
    if node.version != version or node.seen_at is None or now - node.seen_at > SEEN_EVERY:
        Node.objects.filter(pk=node.pk).update(seen_at=now, version=version)


def _said(status: int, words: str) -> HttpResponse:
    return JsonResponse({"says": words}, status=status)
