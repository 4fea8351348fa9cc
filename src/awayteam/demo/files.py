"""The demonstration organisation as files that a real one would have: Backstage descriptors and API descriptions."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from awayteam.demo.tables import COMPANY, SYSTEMS
from awayteam.demo.world import DemoApi, DemoService, DemoTeam, World

V1 = "backstage.io/v1alpha1"


def write(world: World, day: date, folder: Path) -> None:
    """Write the files as they were on `day`; files that are no more are removed, unchanged ones stay untouched."""
    files = dict(_organisation(world, day)) | dict(_services(world, day))
    for old in folder.rglob("*.*"):
        if old.is_file() and old.relative_to(folder).as_posix() not in files:
            old.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def _dump(documents: list[dict[str, Any]]) -> str:
    text: str = yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _organisation(world: World, day: date) -> list[tuple[str, str]]:
    """Units, teams with calendars and members, people, domains and systems, in our own format (docs/sources.md)."""
    here = {name: team for name, team in world.teams.items() if team.span.holds(day)}
    places = {
        p.login: place for p in world.people.values() if (place := p.team_on(day)) and place[0] in {*here, *world.units}
    }
    top = {
        "name": "fernweh",
        "title": COMPANY,
        "type": "organization",
        "mission": "A demonstration: nobody works here.",
    }
    units = [
        {"name": name, "title": title, "type": "business-unit", "parent": "fernweh", "mission": text}
        | {"members": _members(places, name)}
        for name, (title, text) in world.units.items()
    ]
    document = {
        "version": 1,
        "units": [top, *units],
        "teams": [_team(team, _members(places, team.name)) for team in here.values()],
        "people": [_person(world, login, places) for login in places],
        "domains": [{"name": name, "title": title, "owner": name} for name, (title, _) in world.units.items()],
        "systems": [
            {"name": name, "title": name.replace("-", " ").capitalize(), "owner": unit, "domain": unit}
            for unit, names in SYSTEMS.items()
            for name in names
        ],
    }
    return [("organisation/awayteam.yaml", _dump([document]))]


def _members(places: dict[str, tuple[str, str]], team: str) -> list[dict[str, Any]]:
    return [{"person": login, "role": role} for login, (name, role) in places.items() if name == team]


def _team(team: DemoTeam, members: list[dict[str, Any]]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": team.name,
        "title": team.title,
        "parent": team.unit,
        "mission": team.mission,
        "email": f"{team.name}@fernweh.example",
        "contacts": {"chat": f"#{team.name}"},
        "time_zone": team.time_zone,
        "calendar": {"country": team.country, "subdivision": team.subdivision},
        "members": members,
    }
    return facts | ({"on_call": f"https://oncall.fernweh.example/{team.name}"} if team.on_call else {})


def _person(world: World, login: str, places: dict[str, tuple[str, str]]) -> dict[str, Any]:
    team, role = places[login]
    lead = next((other for other, place in places.items() if place == (team, "lead")), None)
    unit = world.teams[team].unit if team in world.teams else None
    manager = world.managers[unit] if unit and role == "lead" else lead
    facts = {
        "handle": login,
        "name": world.people[login].name,
        "emails": [f"{login}@fernweh.example"],
        "handles": {"github": login},
    }
    return facts | ({"manager": manager} if manager and manager != login else {})


def _services(world: World, day: date) -> list[tuple[str, str]]:
    out = []
    present = {service.name for service in world.services.values() if service.span.holds(day)}
    apis = {api.name for name in present for api in world.services[name].provides}
    for name in sorted(present):
        service = world.services[name]
        out.append((f"services/{name}/catalog-info.yaml", _dump(_documents(service, day, present, apis))))
        out += [
            (f"services/{name}/{api.name}.{_ENDING[api.style]}", _DEFINITIONS[api.style](api))
            for api in service.provides
        ]
    return out


def _documents(service: DemoService, day: date, present: set[str], apis: set[str]) -> list[dict[str, Any]]:
    owner = service.owner_on(day)
    slug = f"fernweh-example/{service.name}"
    spec: dict[str, Any] = {"type": service.type, "lifecycle": service.lifecycle, "owner": owner or "unowned"}
    spec["system"] = service.system
    if service.provides:
        spec["providesApis"] = [api.name for api in service.provides]
    if consumed := [api for api in service.consumes if api in apis]:
        spec["consumesApis"] = consumed
    needs = [f"component:{name}" for name in service.depends_on if name in present]
    needs += [f"resource:{name}" for name, _ in service.resources]
    if needs:
        spec["dependsOn"] = needs
    title = service.name.replace("-", " ").capitalize()
    component = {
        "apiVersion": V1,
        "kind": "Component",
        "metadata": {
            "name": service.name,
            "title": title,
            "description": f"{title} of {COMPANY} (demonstration).",
            "tags": list(service.tags),
            "annotations": {
                "github.com/project-slug": slug,
                "backstage.io/source-location": f"url:https://git.fernweh.example/{slug}/",
            },
        },
        "spec": spec,
    }
    documents = [component]
    for api in service.provides:
        documents.append(
            {
                "apiVersion": V1,
                "kind": "API",
                "metadata": {"name": api.name, "description": f"What {title.lower()} offers to others."},
                "spec": {
                    "type": api.style,
                    "lifecycle": service.lifecycle,
                    "owner": owner or "unowned",
                    "system": service.system,
                    "definition": {"$text": f"./{api.name}.{_ENDING[api.style]}"},
                },
            }
        )
    for name, _ in service.resources:
        kind = {"db": "database", "cache": "cache", "topic": "topic", "bucket": "bucket"}[name.rsplit("-", 1)[-1]]
        resource = {"type": kind, "owner": owner or "unowned", "system": service.system}
        documents.append({"apiVersion": V1, "kind": "Resource", "metadata": {"name": name}, "spec": resource})
    return documents


_ENDING = {"openapi": "openapi.yaml", "grpc": "proto", "asyncapi": "asyncapi.yaml"}


def _openapi(api: DemoApi) -> str:
    paths: dict[str, Any] = {}
    for noun in api.nouns:
        plural = f"{noun}s"
        paths[f"/{plural}"] = {
            "get": {"operationId": f"list{plural.capitalize()}", "summary": f"List {plural}", "responses": _ok()},
            "post": {"operationId": f"create{noun.capitalize()}", "summary": f"Create a {noun}", "responses": _ok()},
        }
        paths[f"/{plural}/{{id}}"] = {
            "get": {"operationId": f"get{noun.capitalize()}", "summary": f"Read one {noun}", "responses": _ok()}
        }
    if api.deprecated:
        first = f"/{api.nouns[0]}s"
        paths[f"{first}/legacy"] = {
            "post": {
                "operationId": "legacyCreate",
                "summary": "Use the new one",
                "deprecated": True,
                "responses": _ok(),
            }
        }
    info = {"title": api.name.replace("-", " ").capitalize(), "version": "1.4.0"}
    return _dump([{"openapi": "3.1.0", "info": info, "paths": paths}])


def _ok() -> dict[str, Any]:
    return {"200": {"description": "Done"}}


def _proto(api: DemoApi) -> str:
    package = api.name.removesuffix("-api").replace("-", "_")
    rpcs = "".join(
        f"  rpc Get{noun.capitalize()}(Get{noun.capitalize()}Request) returns ({noun.capitalize()});\n"
        f"  rpc Watch{noun.capitalize()}(Get{noun.capitalize()}Request) returns (stream {noun.capitalize()});\n"
        for noun in api.nouns
    )
    messages = "".join(
        f"message {name} {{\n  string id = 1;\n}}\n\n"
        for noun in api.nouns
        for name in (noun.capitalize(), f"Get{noun.capitalize()}Request")
    )
    service = "".join(part.capitalize() for part in package.split("_"))
    return f'syntax = "proto3";\n\npackage fernweh.{package}.v1;\n\nservice {service} {{\n{rpcs}}}\n\n{messages}'


def _asyncapi(api: DemoApi) -> str:
    channels = {f"{noun}Changed": {"address": f"{api.name}.{noun}.changed"} for noun in api.nouns}
    operations = {
        f"publish{noun.capitalize()}Changed": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{noun}Changed"},
            "summary": f"A {noun} changed",
        }
        for noun in api.nouns
    }
    info = {"title": api.name.replace("-", " ").capitalize(), "version": "2.0.0"}
    document = {"asyncapi": "3.0.0", "info": info, "channels": channels, "operations": operations}
    return _dump([document])


_DEFINITIONS = {"openapi": _openapi, "grpc": _proto, "asyncapi": _asyncapi}
