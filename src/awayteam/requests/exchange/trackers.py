"""Issues of GitHub and Jira, as their own tools export them, brought into our columns."""

from collections.abc import Iterable, Mapping
from typing import Any

from awayteam.requests.exchange import rows, tables
from awayteam.requests.exchange.rows import Read, RowError

KIND_WORDS = {
    "bug": ("bug", "defect", "fault", "incident", "regression"),
    "performance": ("performance", "perf", "latency", "slow"),
    "access": ("access", "permission", "permissions"),
}
JIRA_COLUMNS = {
    "Issue key": "key", "Summary": "title", "Description": "need", "Issue Type": "kind", "Reporter": "asker",
    "Created": "created_at", "Resolved": "closed_at", "Due date": "wanted_by", "Status Category": "state",
    "Status": "state", "Resolution": "resolution",
}  # fmt: skip
DROPPED = (
    "won't",
    "wont",
    "duplicate",
    "declined",
    "cannot reproduce",
    "invalid",
    "not planned",
    "not_planned",
    "rejected",
)


def read_github(data: bytes, name: str, mapping: Mapping[str, str]) -> Read:  # noqa: ARG001 - all readers are alike
    """Issues of GitHub: from `gh issue list --json ...`, or the REST API. Pull requests are passed over."""
    found = Read()
    for line, one in enumerate(tables.objects(tables.json_of(data, name), name, "items", "issues"), 1):
        if not isinstance(one, dict):
            found.errors.append(RowError(name, line, "", "is no object"))
        elif "pull_request" not in one:
            rows.add(found, name, line, _github(one))
    return found


def _github(one: Mapping[str, Any]) -> dict[str, Any]:
    url = one.get("html_url") or one.get("url") or ""
    reason = str(one.get("state_reason") or one.get("stateReason") or "").lower()
    closed = str(one.get("state", "")).lower() == "closed"
    return {
        "key": url or one.get("number"),
        "url": url,
        "title": one.get("title"),
        "need": one.get("body") or one.get("title"),
        "kind": kind_of(_names(one.get("labels"))),
        "asker": _one_name(one.get("user") or one.get("author")),
        "state": ("dropped" if reason in ("not_planned", "duplicate") else "done") if closed else "open",
        "created_at": one.get("created_at") or one.get("createdAt"),
        "closed_at": (one.get("closed_at") or one.get("closedAt")) if closed else None,
    }


def read_jira_json(data: bytes, name: str, mapping: Mapping[str, str]) -> Read:
    """A search of Jira's REST API. `mapping` names custom fields: {"customfield_10011": "value_per_week"}."""
    found = Read()
    for line, one in enumerate(tables.objects(tables.json_of(data, name), name, "issues"), 1):
        fields = one.get("fields") if isinstance(one, dict) else None
        if isinstance(fields, dict):
            rows.add(found, name, line, _jira(one, fields, mapping))
        else:
            found.errors.append(RowError(name, line, "fields", "is missing; it isn't an issue of Jira"))
    return found


def _jira(one: Mapping[str, Any], fields: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    reporter = fields.get("reporter") or {}
    status = fields.get("status") or {}
    category = status.get("statusCategory") or {} if isinstance(status, dict) else {}
    cells: dict[str, Any] = {
        "key": one.get("key"),
        "url": one.get("self"),
        "title": fields.get("summary"),
        "need": plain(fields.get("description")) or fields.get("summary"),
        "kind": kind_of([_one_name(fields.get("issuetype")), *_names(fields.get("labels"))]),
        "asker": [
            str(reporter[key])
            for key in ("emailAddress", "name", "displayName")
            if isinstance(reporter, dict) and reporter.get(key)
        ],
        "state": jira_state(_one_name(category, "key"), _one_name(fields.get("resolution"))),
        "created_at": fields.get("created"),
        "closed_at": fields.get("resolutiondate"),
        "wanted_by": fields.get("duedate"),
    }
    return cells | {ours: _simple(fields.get(theirs)) for theirs, ours in mapping.items()}


def read_jira_csv(data: bytes, name: str, mapping: Mapping[str, str]) -> Read:
    """Jira's CSV export; `mapping` adds columns of one's own: {"Custom field (Value)": "value_per_week"}."""
    found = Read()
    head: list[str] | None = None
    for line, cells in tables.table(tables.text_of(data, name), name, found):
        if head is None:
            head = [JIRA_COLUMNS.get(cell) or "" for cell in cells]
            for at, cell in enumerate(cells):
                head[at] = mapping.get(cell, head[at])
            continue
        named: dict[str, str] = {}
        for meant, cell in zip(head, cells, strict=False):
            if meant and cell.strip():
                named.setdefault(meant, cell)
        named["kind"] = kind_of([named.get("kind", "")])
        named["state"] = jira_state(named.get("state", ""), named.pop("resolution", ""))
        named.setdefault("need", named.get("title", ""))
        if named["state"] == "open":
            named.pop("closed_at", None)
        rows.add(found, name, line, named)
    return found


def jira_state(category: str, resolution: str) -> str:
    """Our state of an issue of Jira: from the category of its status, and how it was resolved."""
    if category.lower() not in ("done", "closed", "resolved"):
        return "open"
    return "dropped" if any(word in resolution.lower() for word in DROPPED) else "done"


def kind_of(labels: Iterable[str]) -> str:
    """Our kind by labels or the issue's type; a feature unless they say otherwise."""
    words = {
        word for label in labels for word in label.lower().replace("/", " ").replace(":", " ").replace("-", " ").split()
    }
    return next((kind for kind, known in KIND_WORDS.items() if words & set(known)), "feature")


def _names(labels: Any) -> list[str]:
    return [_one_name(one) for one in labels] if isinstance(labels, list) else []


def _one_name(value: Any, *keys: str) -> str:
    """What something is called: the text itself, or an object's name or login."""
    if isinstance(value, dict):
        return next((str(value[key]) for key in (*keys, "login", "name", "value") if value.get(key)), "")
    return value if isinstance(value, str) else ""


def _simple(value: Any) -> Any:
    return _one_name(value) if isinstance(value, dict) else value


def plain(document: Any, depth: int = 0) -> str:
    """The text of Atlassian's document format (nested objects with `text`), at most 50 deep; a text is itself."""
    if isinstance(document, str):
        return document
    if depth > 50 or not isinstance(document, dict):
        return ""
    inner = "".join(plain(one, depth + 1) for one in document.get("content") or () if isinstance(one, dict))
    own = document.get("text") if isinstance(document.get("text"), str) else ""
    return f"{own}{inner}" + ("\n" if document.get("type") in ("paragraph", "heading", "listItem") else "")
