"""The client itself: one call with its tries, and lists over many pages."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Any, Protocol

import httpcore
import httpx
import orjson

from awayteam import __version__
from awayteam.forges.http import answers
from awayteam.forges.http.addresses import Base, Query, with_query
from awayteam.forges.http.answers import TRANSIENT, Answer, HttpError
from awayteam.forges.http.terms import SYSTEM_CLOCK, Clock, Terms
from awayteam.forges.port import ForgeError, Limits
from awayteam.kernel.guardednet import Deadline, GuardedNetwork, Refused, Unfound

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_REDIRECTS = frozenset({301, 302, 307, 308})
_UNREACHED = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError)
_CACHE_ENTRIES = 256
_CACHE_BODY = 100_000


class Auth(Protocol):
    """Who we are to the forge."""

    def headers(self) -> Mapping[str, str]:
        """For the next request. May ask the forge itself, and raise `ForgeError`."""
        ...

    def refused(self) -> bool:
        """The forge answered 401; True where `headers` may now say something better."""
        ...


class Fixed:
    """The same headers always: a token that somebody entered."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._headers = dict(headers or {})

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def refused(self) -> bool:
        return False


class _Present(Deadline):
    """The deadline of whichever call this thread makes: connections are shared and outlive a call."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.local = threading.local()

    def begin(self, seconds: float) -> None:
        self.local.deadline = Deadline.after(seconds)

    def left(self) -> float:
        deadline: Deadline | None = getattr(self.local, "deadline", None)
        return deadline.left() if deadline is not None else 0.1  # closing an idle connection


class _Wire:
    """Connections to one forge, answers that may be asked for again by ETag, and pauses it asked for."""

    def __init__(self, base: Base, terms: Terms, *, allow_private: bool) -> None:
        self.base, self.terms, self.allow_private = base, terms, allow_private
        self.deadline = _Present()
        self.lock = threading.Lock()
        self.known: OrderedDict[tuple[str, str], tuple[str, Answer]] = OrderedDict()
        self.not_before: dict[str, datetime] = {}
        self.limits: dict[str, Limits] = {}
        self.skew: timedelta | None = None
        self.pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            max_connections=terms.connections,
            max_keepalive_connections=terms.connections,
            keepalive_expiry=terms.idle_seconds,
            network_backend=GuardedNetwork(self.deadline, allow_private=allow_private),
        )
        weakref.finalize(self, self.pool.close)

    def once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Answer:
        """One request, one answer, read whole. Raises `HttpError` with status 0 where there is none."""
        asked = f"{method} {self.base.shown(url)}"
        self.deadline.begin(seconds)
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            with self.pool.stream(
                method, url, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
            ) as response:
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(asked, response.status, found, self._body(asked, response, found))
        except Refused as error:
            raise HttpError(f"{asked}: {error}", final=not isinstance(error, Unfound)) from error
        except httpcore.TimeoutException as error:
            raise HttpError(f"{asked}: no whole answer within {seconds:.3g} s") from error
        except _UNREACHED as error:
            raise HttpError(f"{asked}: the forge can't be reached ({error or type(error).__name__})") from error

    def _body(self, asked: str, response: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            raise HttpError(f"{asked} answered in an encoding that wasn't asked for", status=response.status)
        read = bytearray()
        for chunk in response.iter_stream():
            read += chunk
            if len(read) > self.terms.body_bytes:
                most = f"{self.terms.body_bytes:,} bytes"
                raise HttpError(f"{asked} answered with more than {most}", status=response.status, final=True)
        return bytes(read)

    def remember(self, key: tuple[str, str], answer: Answer) -> None:
        etag = answer.headers.get("etag", "")
        if etag and etag.isprintable() and len(etag) < 300 and len(answer.body) <= _CACHE_BODY:
            with self.lock:
                self.known[key] = (etag, answer)
                self.known.move_to_end(key)
                if len(self.known) > _CACHE_ENTRIES:
                    self.known.popitem(last=False)

    def heard(self, bucket: str, answer: Answer, now: datetime) -> None:
        """Take note of the forge's clock and limits."""
        if told := answers.date_of(answer.headers):
            self.skew = told - now
        if limits := answers.limits_of(answer.headers, self.skew):
            self.limits[bucket] = limits


class Http:
    """Calls below one base address as one identity (`auth`). `bucket` names whose limits they count for."""

    def __init__(
        self,
        address: str,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        allow_private: bool = False,
        terms: Terms | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Raises `ForgeError(final=True)` where `address` can't be one. `headers` go with each request (no secrets)."""
        try:
            self.base = Base(address, allow_private=allow_private)
        except ValueError as error:
            raise ForgeError(str(error), final=True) from error
        self.auth: Auth = auth or Fixed()
        self.plain = {"User-Agent": f"Awayteam/{__version__}", "Accept-Encoding": "identity", **(headers or {})}
        self.terms, self.clock, self.bucket = terms or Terms(), clock, ""
        self._wire = _Wire(self.base, self.terms, allow_private=allow_private)

    def acting(self, auth: Auth, bucket: str) -> "Http":
        """The same forge as somebody else, over the same connections; limits are counted for `bucket`."""
        other = object.__new__(Http)
        other.__dict__.update(self.__dict__)
        other.auth, other.bucket = auth, bucket
        return other

    @property
    def skew(self) -> timedelta:
        """The forge's clock minus ours, as its last answer said."""
        return self._wire.skew or timedelta()

    def limits(self) -> Limits:
        """What the forge last said of our use of it."""
        seconds = None if self._wire.skew is None else self._wire.skew.total_seconds()
        last = self._wire.limits.get(self.bucket, Limits())
        return Limits(last.limit, last.remaining, last.resets_at, seconds)

    def get(self, path: str, query: Query | None = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path; what didn't change since the last time isn't sent again (ETag)."""
        return self.call("GET", path, query=query, headers=headers).json()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Ask, and answer with a 2xx; all else raises `HttpError`.

        `path` comes from `join`, or is a whole address below the base. `repeatable` says whether a second try could do
        harm where the first may have arrived (by default: GET, PUT and DELETE may be repeated).
        """
        try:
            url = self.base.below(with_query(path, query))
        except ValueError as error:
            raise HttpError(f"{method} can't be asked: {error}", final=True) from error
        body = None if json is None else orjson.dumps(json)
        extra = {**(headers or {}), **({} if body is None else {"Content-Type": "application/json"})}
        may_repeat = method in REPEATABLE if repeatable is None else repeatable
        return _Call(self, method, url, body, extra, may_repeat).run()

    def pages(
        self,
        path: str,
        query: Query | None = None,
        *,
        per_page: int = 100,
        within: str = "",
        most: int | None = None,
        cut: bool = False,
    ) -> Iterator[Any]:
        """Each entry of a list over all its pages, by the header `Link`, or by number where there is none.

        `within` names the list where the answer is an object ("check_runs"). More than `most` pages (by default those
        of the terms) raise `HttpError(final=True)`, or end the list with `cut`.
        """
        bound = most or self.terms.pages
        given: dict[str, Any] = dict(query or {})
        target: str = with_query(path, {**given, "per_page": per_page, "page": 1})
        seen: set[str] = set()
        for number in range(1, bound + 1):
            answer = self.call("GET", target)
            entries = _entries(answer, within)
            yield from entries
            seen.add(target)
            if "link" in answer.headers:
                following = answer.link("next")
            else:
                more = len(entries) >= per_page
                following = with_query(path, {**given, "per_page": per_page, "page": number + 1}) if more else None
            if following is None:
                return
            if following in seen:
                raise HttpError(f"{answer.asked}: its pages go round in circles", final=True)
            target = following
        if not cut:
            raise HttpError(f"GET {self.base.shown(path)} has more than {bound} pages", final=True)

    def close(self) -> None:
        """Close what idles; a later call connects again."""
        self._wire.pool.close()


class _Call:
    """One call: its tries, redirects, pauses."""

    def __init__(
        self, http: Http, method: str, url: str, body: bytes | None, extra: dict[str, str], may_repeat: bool
    ) -> None:
        self.http, self.method, self.url, self.body = http, method, url, body
        self.extra, self.may_repeat = extra, may_repeat
        self.wire, self.clock, self.terms = http._wire, http.clock, http.terms
        self.ends = self.clock.passed() + self.terms.call_seconds
        self.redirects = self.renewals = self.failures = 0
        self.secret: Mapping[str, str] = {}

    @property
    def asked(self) -> str:
        return f"{self.method} {self.http.base.shown(self.url)}"

    def run(self) -> Answer:
        while True:
            self._respect_pause()
            try:
                answer = self._try()
            except HttpError as error:
                if error.final or error.status or not self.may_repeat or not self._pause(None):
                    raise
                continue
            if 200 <= answer.status < 300:
                return answer
            if not self._goes_on(answer):
                raise self._error(answer)

    def _try(self) -> Answer:
        key = (self.http.bucket, f"{self.url} {self.extra.get('Accept', '')}")
        known = self.wire.known.get(key) if self.method == "GET" else None
        conditional = {"If-None-Match": known[0]} if known else {}
        self.secret = self.http.auth.headers()
        headers = {**self.http.plain, **self.extra, **conditional, **self.secret}
        left = min(self.ends - self.clock.passed(), self.terms.try_seconds)
        if left <= 0:
            raise HttpError(f"{self.asked}: not done within {self.terms.call_seconds:g} s")
        answer = self.wire.once(self.method, self.url, headers, self.body, left)
        self.wire.heard(self.http.bucket, answer, self.clock.now())
        if known and answer.status == 304:
            return Answer(answer.asked, known[1].status, known[1].headers, known[1].body)
        if self.method == "GET" and answer.status == 200:
            self.wire.remember(key, answer)
        return answer

    def _goes_on(self, answer: Answer) -> bool:
        """Whether to try again: after a redirect within the base, a new token, or a pause."""
        if answer.status in _REDIRECTS:
            return self._follow(answer)
        if answer.status == 401 and not self.renewals:
            self.renewals += 1
            return self.http.auth.refused()
        if answers.is_limited(answer):
            moment = answers.retry_at(answer, self.clock.now(), self.wire.skew) or self.clock.now()
            self.wire.not_before[self.http.bucket] = moment
            return self._pause(moment)
        if answer.status in TRANSIENT and self.may_repeat:
            return self._pause(answers.retry_at(answer, self.clock.now(), self.wire.skew))
        return False

    def _follow(self, answer: Answer) -> bool:
        if self.method not in {"GET", "HEAD"} and answer.status in {301, 302}:
            raise HttpError(
                f"{self.asked} answered {answer.status}: it moved; ask again by its new name",
                status=answer.status,
                final=True,
                answer=answer,
            )
        try:
            to = self.http.base.after_redirect(self.url, answer.headers.get("location", ""))
        except ValueError as error:
            raise HttpError(
                f"{self.asked} answered with a redirect that isn't followed: {error}", status=answer.status, final=True
            ) from error
        self.redirects += 1
        if self.redirects > self.terms.redirects:
            raise HttpError(f"{self.asked}: more than {self.terms.redirects} redirects", final=True)
        self.url = to
        return True

    def _respect_pause(self) -> None:
        until = self.wire.not_before.get(self.http.bucket)
        if until is None or until <= self.clock.now():
            return
        if (until - self.clock.now()).total_seconds() > self.terms.pause_seconds:
            says = f"{self.asked}: not asked, the forge wants a pause until {until:%H:%M:%S} UTC"
            raise HttpError(says, status=429, retry_at=until)
        self.clock.pause((until - self.clock.now()).total_seconds())

    def _pause(self, until: datetime | None) -> bool:
        """Pause before the next try: as the forge says, else by full jitter. False where there is none."""
        self.failures += 1
        if self.failures >= self.terms.tries:
            return False
        most = self.terms.first_pause_seconds * 2 ** (self.failures - 1)
        seconds = self.clock.chance() * min(most, self.terms.pause_seconds)
        if until is not None:
            asked_for = (until - self.clock.now()).total_seconds()
            if asked_for > self.terms.pause_seconds:
                return False
            seconds += max(asked_for, 0)
        if self.clock.passed() + seconds >= self.ends:
            return False
        self.clock.pause(seconds)
        return True

    def _error(self, answer: Answer) -> HttpError:
        said = answer.saying
        for value in self.secret.values():
            said = said.replace(value.rpartition(" ")[2] or value, "[hidden]")
        moment = answers.retry_at(answer, self.clock.now(), self.wire.skew)
        limited = answers.is_limited(answer)
        words = " (too many requests)" if limited else ""
        return HttpError(
            f"{self.asked} answered {answer.status}{words}{': ' + said if said else ''}",
            status=answer.status,
            final=400 <= answer.status < 500 and not limited and answer.status not in {401, 408, 425},
            retry_at=moment,
            answer=answer,
        )


def _entries(answer: Answer, within: str) -> list[Any]:
    value = answer.json()
    if within:
        value = value.get(within) if isinstance(value, dict) else None
    if not isinstance(value, list):
        raise HttpError(f"{answer.asked} answered with something that isn't a list", status=answer.status)
    return value


@cache
def _trust() -> SSLContext:
    return httpx.create_ssl_context()
