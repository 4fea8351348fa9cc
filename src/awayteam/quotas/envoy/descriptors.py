"""Limits for an Envoy whose listeners are its own: plain routes (`awayteam/<api>`), and Istio's EnvoyFilter.

Here all consumers of an API share one configuration and are told apart by descriptors, so that a change of one limit
refills every bucket of that API. Two filters stand one behind the other, since Envoy enforces a filter whole or not at
all: one for what is enforced, one for what is in shadow. See docs/quotas.md for scopes, which have neither fault.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from awayteam.quotas.envoy.plain import Plan, Rule, Terms
from awayteam.quotas.envoy.resources import (
    ALL,
    CONSUMER,
    LOCAL,
    NONE,
    OVER,
    TYPE,
    Tree,
    answered,
    everything,
    header,
    in_order,
    match_of,
    route_to,
    tokens,
)  # fmt: skip

ROUTES = f"{TYPE}envoy.config.route.v3.RouteConfiguration"
ENFORCED, SHADOW = "awayteam.enforced", "awayteam.shadow"
ENDLESS = {"max_tokens": 2**32 - 1, "tokens_per_fill": 2**32 - 1, "fill_interval": "1s"}


def name_of(terms: Terms) -> str:
    """The name under which Envoy asks for the routes of an API."""
    return f"awayteam/{terms.upstream.api}"


def routes(plan: Plan, names: list[str]) -> Tree:
    """The answer of route discovery: the configurations of these names (all without any)."""
    found = [_configuration(plan, one) for one in plan.terms if not names or name_of(one) in names]
    return answered(found, ROUTES)


def _configuration(plan: Plan, terms: Terms) -> Tree:
    keys = in_order({key for rules in _all(terms) for key in rules}, terms.operations)
    made = []
    for key in [*keys, ""]:
        match = match_of(terms.operations[key], terms.upstream.prefix) if key else everything(terms)
        route = route_to(terms, match, key)
        limits = filters_of(plan, terms, key)
        made.append(route | ({"typed_per_filter_config": limits} if limits else {}))
    host = {"name": terms.upstream.api, "domains": list(terms.upstream.hosts), "routes": made}
    return {"@type": ROUTES, "name": name_of(terms), "virtual_hosts": [host]}


def _all(terms: Terms) -> Iterator[Mapping[str, Rule]]:
    yield from terms.own.values()
    yield terms.others


def filters_of(plan: Plan, terms: Terms, operation: str) -> Tree:
    """The configuration of both filters for one operation ("": the rest), those without limits left out."""
    named = {identity: terms.rules_for(identity) for identity in sorted(terms.own)}
    here = {identity: _of(rules, operation) for identity, rules in named.items()}
    rest = _of(terms.rules_for(""), operation)
    found = {}
    for name, enforced in ((ENFORCED, True), (SHADOW, False)):
        mine = {identity: rule for identity, rule in here.items() if rule is not None and rule.enforced is enforced}
        elsewhere = [identity for identity in here if identity not in mine]
        each = rest if rest is not None and rest.enforced is enforced else None
        if mine or each:
            found[name] = limit(plan, mine, elsewhere if each else [], each, enforced=enforced)
    return found


def _of(rules: Mapping[str, Rule], operation: str) -> Rule | None:
    return rules.get(operation) or rules.get("")


def limit(
    plan: Plan, mine: Mapping[str, Rule], free: list[str], each: Rule | None, *, enforced: bool
) -> dict[str, Any]:
    """One filter: a bucket for each of `mine`, none for those `free` here, and one for `each` of the others."""
    listed = [_descriptor(identity, tokens(rule)) for identity, rule in mine.items()]
    listed += [_descriptor(identity, ENDLESS) for identity in free]
    if each is not None:
        listed.append({"entries": [{"key": "consumer"}], "token_bucket": tokens(each)})
    return {
        "@type": LOCAL,
        "stat_prefix": "awayteam",
        "token_bucket": ENDLESS,
        "filter_enabled": ALL,
        "filter_enforced": ALL if enforced else NONE,
        "always_consume_default_token_bucket": False,
        "descriptors": listed,
        "max_dynamic_descriptors": plan.buckets_max,
        "rate_limits": [{"actions": [consumer_action()]}],
        "request_headers_to_add_when_not_enforced": [header(OVER, "shadow")],
        "response_headers_to_add": [header("link", f'<{plan.link}/quotas/>; rel="help"')],
    }


def consumer_action() -> Tree:
    """What tells consumers apart. A request without a name in its certificate has none, and isn't limited here."""
    return {"request_headers": {"header_name": CONSUMER, "descriptor_key": "consumer"}}


def _descriptor(identity: str, bucket: Tree) -> Tree:
    return {"entries": [{"key": "consumer", "value": identity}], "token_bucket": bucket}
