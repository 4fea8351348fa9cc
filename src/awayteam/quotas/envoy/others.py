"""The same limits for others who enforce them: `envoyproxy/ratelimit`, and Istio."""

from collections.abc import Iterator
from typing import Any

import yaml

from awayteam.quotas.envoy.descriptors import ENFORCED, SHADOW, consumer_action, limit
from awayteam.quotas.envoy.plain import Plan, Rule, Terms
from awayteam.quotas.envoy.resources import CONSUMER, LOCAL, OVER, TYPE, in_order, match_of, tokens

ISTIO_LUA = f"""function envoy_on_request(handle)
  local ssl = handle:streamInfo():downstreamSslConnection()
  local names = ssl and ssl:uriSanPeerCertificate() or {{}}
  handle:headers():remove("{OVER}")
  handle:headers():remove("{CONSUMER}")
  if names[1] then handle:headers():add("{CONSUMER}", names[1]) end
end"""


def ratelimit_yaml(plan: Plan) -> str:
    """The file of `envoyproxy/ratelimit`, domain `awayteam`: descriptors api, operation, consumer.

    That service has fixed windows and no burst; limits in shadow are marked `shadow_mode`.
    """
    tree = {"domain": "awayteam", "descriptors": [_api(one) for one in plan.terms]}
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _api(terms: Terms) -> dict[str, Any]:
    keys = sorted({key for rules in (*terms.own.values(), terms.others) for key in rules if key})
    listed = [_operation(terms, key) for key in [*keys, ""]]
    return {"key": "api", "value": terms.upstream.api, "descriptors": [one for one in listed if one["descriptors"]]}


def _operation(terms: Terms, key: str) -> dict[str, Any]:
    entries = [
        {"key": "consumer", "value": identity, **_window(rule)}
        for identity in sorted(terms.own)
        if (rule := terms.own[identity].get(key)) is not None
    ]
    rest = terms.others.get(key) or (terms.unknown if not key else None)
    if rest is not None:
        entries.append({"key": "consumer", **_window(rest)})
    named: dict[str, Any] = {"key": "operation"} | ({"value": key} if key else {})
    return named | {"descriptors": entries}


def _window(rule: Rule) -> dict[str, Any]:
    window = {"rate_limit": {"unit": rule.rate.unit.value, "requests_per_unit": rule.rate.requests}}
    return window if rule.enforced else window | {"shadow_mode": True}


def istio_yaml(plan: Plan, namespace: str) -> str:
    """One EnvoyFilter for each API, for inbound traffic of the workloads with the label `app: <name of the API>`."""
    return yaml.safe_dump_all(
        [_envoy_filter(plan, one, namespace) for one in plan.terms], sort_keys=False, allow_unicode=True
    )


def _envoy_filter(plan: Plan, terms: Terms, namespace: str) -> dict[str, Any]:
    name = terms.upstream.api.rpartition("/")[2]
    lua = {"defaultSourceCode": {"inlineString": ISTIO_LUA}}
    patches = [_inserted("awayteam.identity", f"{TYPE}envoy.extensions.filters.http.lua.v3.Lua", lua)]
    for filter_name, enforced in ((ENFORCED, True), (SHADOW, False)):
        limits = _limits(plan, terms, enforced=enforced)
        if limits is not None:
            patches.append(_inserted(filter_name, LOCAL, limits))
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": f"awayteam-{name}", "namespace": namespace},
        "spec": {"workloadSelector": {"labels": {"app": name}}, "configPatches": patches},
    }


def _inserted(name: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    place = {"listener": {"filterChain": {"filter": {
        "name": "envoy.filters.network.http_connection_manager",
        "subFilter": {"name": "envoy.filters.http.router"},
    }}}}  # fmt: skip
    return {
        "applyTo": "HTTP_FILTER",
        "match": {"context": "SIDECAR_INBOUND", **place},
        "patch": {"operation": "INSERT_BEFORE", "value": {"name": name, "typed_config": {"@type": kind, **config}}},
    }


def _limits(plan: Plan, terms: Terms, *, enforced: bool) -> dict[str, Any] | None:
    """One filter for all operations: they are told apart by method and path, as a mesh's routes aren't ours.

    A request that an operation's limit is for counts under the limit of the whole API too.
    """
    keys = in_order({key for rules in (*terms.own.values(), terms.others) for key in rules}, terms.operations)
    found = limit(plan, {}, [], None, enforced=enforced)
    found["descriptors"] = [one for key in [*keys, ""] for one in _descriptors(terms, key, enforced=enforced)]
    found["rate_limits"] = [{"actions": [*_matched(terms, key), consumer_action()]} for key in [*keys, ""]]
    del found["@type"]
    return found if found["descriptors"] else None


def _descriptors(terms: Terms, key: str, *, enforced: bool) -> Iterator[dict[str, Any]]:
    named = [{"key": "operation", "value": key}] if key else []
    for identity in sorted(terms.own):
        rule = terms.own[identity].get(key)
        if rule is not None and rule.enforced is enforced:
            consumer = {"key": "consumer", "value": identity}
            yield {"entries": [*named, consumer], "token_bucket": tokens(rule)}
    rest = terms.others.get(key) or (terms.unknown if not key else None)
    if rest is not None and rest.enforced is enforced:
        yield {"entries": [*named, {"key": "consumer"}], "token_bucket": tokens(rest)}


def _matched(terms: Terms, key: str) -> list[dict[str, Any]]:
    """The action that says which operation a request is, by its method and path; none for the whole API."""
    if not key:
        return []
    match = match_of(terms.operations[key], terms.upstream.prefix)
    path = {"name": ":path", "string_match": {"safe_regex": {"regex": match["safe_regex"]["regex"] + r"(\?.*)?"}}}
    headers = [*match.get("headers", []), path]
    return [
        {"header_value_match": {"descriptor_key": "operation", "descriptor_value": key, "headers": headers}}
    ]  # fmt: skip
