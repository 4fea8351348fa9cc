"""Envoy's bootstrap: one listener with client certificates, the upstreams, and where limits come from."""

from pathlib import Path
from typing import Any

from awayteam.quotas.envoy.plain import Plan, Upstream
from awayteam.quotas.envoy.resources import CONSUMER, FALLBACK, FILTER, LOCAL, OVER, SCOPE, TYPE, Tree
from awayteam.quotas.envoy.upstreams import Listener

FETCH_SECONDS = 2
LUA = f"""function envoy_on_request(handle)
  handle:headers():replace("{SCOPE}", "*")
  handle:clearRouteCache()
end"""
LOG = {
    "at": "%START_TIME(%s.%3f)%",
    "consumer": f"%REQ({CONSUMER})%",
    "api": "%METADATA(ROUTE:awayteam:api)%",
    "operation": "%METADATA(ROUTE:awayteam:operation)%",
    "limit": "%METADATA(ROUTE:awayteam:limit)%",
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ)%",
    "status": "%RESPONSE_CODE%",
    "why": "%RESPONSE_CODE_DETAILS%",
    "over": f"%REQ({OVER})%",
    "ms": "%DURATION%",
}
TOO_MANY = {
    "type": "about:blank",
    "title": "Too many requests",
    "status": 429,
    "detail": "This consumer is over its limit. The header Link names the page on which it asks for more.",
    "consumer": f"%REQ({CONSUMER})%",
    "api": "%METADATA(ROUTE:awayteam:api)%",
    "operation": "%METADATA(ROUTE:awayteam:operation)%",
}


def from_files(folder: Path) -> Tree:
    """Limits from `scopes.json` in a watched folder, where it is replaced by renaming."""
    path = {"path": str(folder / "scopes.json"), "watched_directory": {"path": str(folder)}}
    return {"path_config_source": path, "resource_api_version": "V3"}


def from_awayteam() -> Tree:
    """Limits asked for again and again over HTTP."""
    api = {
        "api_type": "REST", "transport_api_version": "V3", "cluster_names": ["awayteam"],
        "refresh_delay": f"{FETCH_SECONDS}s", "request_timeout": "10s",
    }  # fmt: skip
    return {"api_config_source": api, "resource_api_version": "V3"}


def bootstrap(
    plan: Plan, listener: Listener, source: Tree, *, node: str, log: Path | None, server: Tree | None = None,
    token: str = "",
) -> Tree:  # fmt: skip
    """The whole file. `log` is where lines of JSON go; `server` is the cluster "awayteam" for `from_awayteam`.

    `token` stands in the node's metadata, which is all that an Envoy can say of itself when it asks over HTTP.
    """
    upstreams = [cluster(one.upstream) for one in plan.terms]
    identity: Tree = {"id": node, "cluster": "awayteam"}
    if token:
        identity["metadata"] = {"awayteam": {"token": token}}
    return {
        "node": identity,
        "admin": {"address": socket("127.0.0.1", listener.admin_port)},
        "static_resources": {
            "listeners": [_listener(listener, _manager(plan, source, log))],
            "clusters": [*upstreams, *([server] if server else [])],
        },
    }


def file_of(path: Path) -> Tree:
    return {"filename": str(path)}


def socket(address: str, port: int) -> Tree:
    return {"socket_address": {"address": address, "port_value": port}}


def _listener(listener: Listener, manager: Tree) -> Tree:
    """Nobody without a certificate of the client authority gets as far as a route."""
    tls = {
        "@type": f"{TYPE}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "require_client_certificate": True,
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificates": [
                {"certificate_chain": file_of(listener.certificate), "private_key": file_of(listener.key)}
            ],
            "validation_context": {"trusted_ca": file_of(listener.client_ca)},
        },
    }  # fmt: skip
    chain = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
    }
    return {"name": "awayteam", "address": socket(listener.address, listener.port), "filter_chains": [chain]}


def _manager(plan: Plan, source: Tree, log: Path | None) -> Tree:
    rds = {"path_config_source": {"path": "/dev/null"}, "resource_api_version": "V3"}
    manager: Tree = {
        "@type": f"{TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "awayteam",
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "early_header_mutation_extensions": [_identity(plan)],
        "scoped_routes": {
            "name": "awayteam",
            "scope_key_builder": {"fragments": [{"header_value_extractor": {"name": SCOPE, "index": 0}}]},
            "rds_config_source": rds,
            "scoped_rds": {"scoped_rds_config_source": source},
        },
        "http_filters": filters(),
        "local_reply_config": {"mappers": [_too_many()]},
    }
    if log is not None:
        manager["access_log"] = [_access_log(log)]
    return manager


def filters() -> list[Tree]:
    """Whoever has no scope to `*`, the limits, the upstream."""
    lua = {"@type": f"{TYPE}envoy.extensions.filters.http.lua.v3.Lua", "default_source_code": {"inline_string": LUA}}
    router = {"@type": f"{TYPE}envoy.extensions.filters.http.router.v3.Router"}
    return [
        {"name": FALLBACK, "typed_config": lua},
        {"name": FILTER, "typed_config": {"@type": LOCAL, "stat_prefix": "awayteam"}},
        {"name": "envoy.filters.http.router", "typed_config": router},
    ]


def _identity(plan: Plan) -> Tree:
    """What a client says of who it is goes; the name in its certificate comes."""
    name = "%DOWNSTREAM_PEER_URI_SAN%" if plan.identity_uri else "%DOWNSTREAM_PEER_DNS_SAN%"
    said: list[Tree] = [{"remove": one} for one in (CONSUMER, SCOPE, OVER)]
    said += [
        {"append": {"header": {"key": one, "value": name}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
        for one in (CONSUMER, SCOPE)
    ]
    kind = f"{TYPE}envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {"@type": kind, "mutations": said},
    }


def _too_many() -> Tree:
    only = {"comparison": {"op": "EQ", "value": {"default_value": 429, "runtime_key": "awayteam.too_many"}}}
    return {
        "filter": {"status_code_filter": only},
        "body_format_override": {"json_format": TOO_MANY, "content_type": "application/problem+json"},
    }


def _access_log(path: Path) -> Tree:
    config = {
        "@type": f"{TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": str(path),
        "log_format": {"json_format": LOG},
    }
    return {"name": "envoy.access_loggers.file", "typed_config": config}


def cluster(upstream: Upstream, name: str = "") -> Tree:
    """Where an upstream is; with `tls` its certificate is checked against the machine's authorities."""
    host, _, port = upstream.address.rpartition(":")
    host = host.strip("[]")
    endpoint = {"endpoint": {"address": socket(host, int(port))}}
    made: Tree = {
        "name": name or upstream.cluster,
        "type": "STRICT_DNS",
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name or upstream.cluster, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if upstream.tls:
        made["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": _upstream_tls(host)}
    return made


def _upstream_tls(host: str) -> dict[str, Any]:
    return {
        "@type": f"{TYPE}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "sni": host,
        "common_tls_context": {
            "validation_context": {
                "trusted_ca": {"filename": "/etc/ssl/certs/ca-certificates.crt"},
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
            }
        },
    }
