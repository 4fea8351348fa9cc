"""Envoy's resources from a plan: for each consumer a scope with routes of its own.

Envoy makes the buckets of a route anew whenever the route configuration that it stands in changes. So each consumer has
a configuration of its own, chosen by the identity in its certificate (scoped routes): what is changed for one refills
nobody else's buckets. Consumers without a limit of their own share the scope `*`, where each gets a bucket as it comes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from awayteam.quotas.envoy.plain import EVERYBODY, Operation, Plan, Rule, Terms, digest

TYPE = "type.googleapis.com/"
SCOPED = f"{TYPE}envoy.config.route.v3.ScopedRouteConfiguration"
LOCAL = f"{TYPE}envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
FILTER = "awayteam.limit"
FALLBACK = "awayteam.others"
"""The filter that sends whoever has no scope to `*`; scopes switch it off, so that it costs the others nothing."""
CONSUMER, SCOPE, OVER = "x-consumer", "x-awayteam-scope", "x-awayteam-over-limit"
ALL = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
NONE = {"default_value": {"numerator": 0, "denominator": "HUNDRED"}}
PARAMETER = re.compile(r"\{[^{}/]*\}|:[A-Za-z_]\w*")

Tree = dict[str, Any]


def scoped_routes(plan: Plan) -> Tree:
    """The whole answer of scoped-routes discovery: one resource for each consumer, its name and content stable."""
    resources = [*(_scope(plan, one) for one in plan.identities), _scope(plan, EVERYBODY)]
    return answered(resources, SCOPED)


def answered(resources: list[Tree], type_url: str) -> Tree:
    """A discovery response; its version is the hash of what it holds."""
    version = digest(orjson.dumps(resources))
    return {"version_info": version, "type_url": type_url, "resources": resources}


def unlimited(plan: Plan) -> Tree:
    """What a proxy knows before it was ever told a limit: everything passes, or nothing, as the rulebook says."""
    hosts = [_open_host(one) if plan.fail_open else _closed_host(one) for one in plan.terms]
    return answered([_scoped(EVERYBODY, EVERYBODY, hosts)], SCOPED)


def _open_host(terms: Terms) -> Tree:
    return _host(terms, [route_to(terms, everything(terms), "")])


def _closed_host(terms: Terms) -> Tree:
    words = {"title": "No limits are known yet", "status": 503, "detail": "The proxy waits for its limits; try again."}
    route = {
        "match": {"prefix": "/"},
        "direct_response": {"status": 503, "body": {"inline_string": orjson.dumps(words).decode()}},
    }
    return _host(terms, [route])


def _scope(plan: Plan, identity: str) -> Tree:
    hosts = [_host(one, list(_routes(plan, one, identity))) for one in plan.terms]
    return _scoped(f"consumer {identity}", identity, hosts)


def _scoped(name: str, key: str, hosts: list[Tree]) -> Tree:
    off = {"@type": f"{TYPE}envoy.config.route.v3.FilterConfig", "disabled": True, "config": {}}
    return {
        "@type": SCOPED,
        "name": name,
        "key": {"fragments": [{"string_key": key}]},
        "route_configuration": {"name": name, "virtual_hosts": hosts, "typed_per_filter_config": {FALLBACK: off}},
    }


def _host(terms: Terms, routes: list[Tree]) -> Tree:
    return {"name": terms.upstream.api, "domains": list(terms.upstream.hosts), "routes": routes}


def _routes(plan: Plan, terms: Terms, identity: str) -> Iterator[Tree]:
    """Routes of limited operations, then the one for everything else."""
    rules = terms.rules_for(identity)
    for key in in_order(rules, terms.operations):
        yield _limited(plan, terms, identity, rules[key], match_of(terms.operations[key], terms.upstream.prefix))
    whole = rules.get("")
    if whole is None:
        yield route_to(terms, everything(terms), "")
    else:
        yield _limited(plan, terms, identity, whole, everything(terms))


def in_order(rules: Iterable[str], operations: Mapping[str, Operation]) -> list[str]:
    """Keys of limited operations that are known, those with the most fixed paths first: `/a/b` before `/a/{id}`."""
    known = [key for key in rules if key and key in operations]
    return sorted(known, key=lambda key: (operations[key].path.count("{"), -len(operations[key].path), key))


def match_of(operation: Operation, prefix: str) -> Tree:
    """What of a request tells that it is this operation: its method, and its path without the query."""
    pattern = "".join(
        "[^/]+" if PARAMETER.fullmatch(part) else re.escape(part)
        for part in re.split(f"({PARAMETER.pattern})", operation.path)
        if part
    )
    match: Tree = {"safe_regex": {"regex": f"{re.escape(prefix)}{pattern}"}}
    if operation.method:
        match["headers"] = [{"name": ":method", "string_match": {"exact": operation.method.upper()}}]
    return match


def everything(terms: Terms) -> Tree:
    prefix = terms.upstream.prefix
    return {"path_separated_prefix": prefix} if prefix else {"prefix": "/"}


def route_to(terms: Terms, match: Tree, operation: str, number: int = 0) -> Tree:
    told = {"api": terms.upstream.api, "operation": operation, "limit": str(number) if number else ""}
    return {
        "match": match,
        "route": {"cluster": terms.upstream.cluster},
        "metadata": {"filter_metadata": {"awayteam": told}},
    }


def _limited(plan: Plan, terms: Terms, identity: str, rule: Rule, match: Tree) -> Tree:
    route = route_to(terms, match, rule.operation, rule.number)
    shared = identity == EVERYBODY
    limit = bucket_each(rule, plan) if shared else local_limit(rule, plan)
    return route | {"typed_per_filter_config": {FILTER: limit}}


def tokens(rule: Rule) -> Tree:
    """A bucket that fills evenly."""
    rate = rule.rate
    return {"max_tokens": rate.burst, "tokens_per_fill": rate.requests, "fill_interval": f"{rate.seconds}s"}


def local_limit(rule: Rule, plan: Plan) -> Tree:
    """One bucket. Both shares default to none in Envoy, so both are always said."""
    return {
        "@type": LOCAL,
        "stat_prefix": "awayteam",
        "token_bucket": tokens(rule),
        "filter_enabled": ALL,
        "filter_enforced": ALL if rule.enforced else NONE,
        "request_headers_to_add_when_not_enforced": [header(OVER, "shadow")],
        "response_headers_to_add": [
            header("link", f'<{help_at(plan, rule)}>; rel="help"'),
            header("retry-after", str(rule.rate.wait_seconds)),
        ],
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03" if rule.enforced else "OFF",
    }


def bucket_each(rule: Rule, plan: Plan) -> Tree:
    """A bucket for each consumer, made as it comes (a descriptor without value); the least recently seen goes.

    Whoever has no name in its certificate shares the default bucket with its like.
    """
    return local_limit(rule, plan) | {
        "always_consume_default_token_bucket": False,
        "descriptors": [{"entries": [{"key": "consumer"}], "token_bucket": tokens(rule)}],
        "max_dynamic_descriptors": plan.buckets_max,
        "rate_limits": [
            {"actions": [{"request_headers": {"header_name": CONSUMER, "descriptor_key": "consumer"}}]}
        ],
    }  # fmt: skip


def help_at(plan: Plan, rule: Rule) -> str:
    """Where one asks for more."""
    return f"{plan.link}/quotas/{rule.number}/" if rule.number else f"{plan.link}/quotas/"


def header(name: str, value: str) -> Tree:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
