"""Each name in the interface's description stands for one shape: of two that differ the description would keep one."""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from json import dumps
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from awayteam.api import v1
from awayteam.api.backstage import api as backstage


def shapes(api: Any) -> Iterable[Any]:
    """What operations take and answer with."""
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                yield from operation.models
                yield from operation.response_models.values()


def classes(shape: Any, known: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The shape with all that it is made of, added to `known`."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        if shape in known:
            return known
        known.add(shape)
        for field in shape.model_fields.values():
            classes(field.annotation, known)
    for part in get_args(shape):
        classes(part, known)
    return known


@pytest.mark.parametrize("api", [v1.api, backstage.api], ids=["v1", "backstage"])
def test_no_name_stands_for_two_shapes(api: Any) -> None:
    known: set[type[BaseModel]] = set()
    for shape in shapes(api):
        classes(shape, known)
    assert len(known) > 10
    described = set(re.findall(r'"#/components/schemas/([^"]+)"', dumps(api.get_openapi_schema(), default=str)))
    named: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in known:
        if one.__name__ in described:  # others are parameters of addresses, which are described one by one
            named[one.__name__][str(one.model_json_schema())].append(f"{one.__module__}.{one.__qualname__}")
    twins = {name: sorted(chain(*shapes.values())) for name, shapes in named.items() if len(shapes) > 1}
    assert not twins, "Rename one of each: " + "; ".join(f"{name}: {', '.join(where)}" for name, where in twins.items())
