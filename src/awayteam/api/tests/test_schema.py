"""Schemathesis over both interfaces: whatever is sent, the answer is one that the schema documents, never 500."""

import os
import re
import zlib
from functools import cache
from typing import Any

import orjson
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import ignored_auth

from awayteam.api import v1
from awayteam.api.backstage import api as backstage
from awayteam.api.tests import organisation
from awayteam.kernel.rest import middleware
from awayteam.wsgi import application

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REFUSALS = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422"]
"""What may come of values that fit the schema: rules of ours (does the reference exist, is the cursor one of this list)
go further than a schema can tell."""
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": REFUSALS}}}
DEEP = "AWAYTEAM_EXAMPLES" in os.environ
EXAMPLES = settings(
    max_examples=int(os.environ.get("AWAYTEAM_EXAMPLES", "8")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
"""Random trials of an operation, beside those that come of the bounds and kinds in its schema."""
EVERY = 1 if DEEP else 3
"""Of the hundred or so that come of bounds and kinds, every third is tried, from another one on for each operation;
`make test-deep` tries them all."""


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware.LIMITER, "wait", lambda *_: 0.0)


@pytest.fixture
def org(_unlimited: None, transactional_db: None) -> organisation.Organisation:
    return organisation.build()


@cache
def schema_of(api: Any) -> Any:
    """The schema as it is served, made without a request."""
    served = orjson.loads(orjson.dumps(api.get_openapi_schema(), option=orjson.OPT_NON_STR_KEYS))
    loaded = schemathesis.openapi.from_dict(served, config=SchemathesisConfig.from_dict(CONFIG))
    loaded.app = application
    load_all_checks()
    return loaded


def ask(case: Any) -> None:
    """That nobody is answered without a token is asked once of each operation below, and not with every case."""
    case.call_and_validate(headers={"Authorization": "Bearer awat_zoe-read-write"}, excluded_checks=[ignored_auth])


OPERATIONS = [
    pytest.param(api, method.upper(), path, id=f"{method.upper()} {path}")
    for api in (v1.api, backstage.api)
    for path, methods in schema_of(api).raw_schema["paths"].items()
    for method in methods
]


@pytest.mark.parametrize(("api", "method", "path"), OPERATIONS)
def test_operation(api: Any, method: str, path: str, org: organisation.Organisation) -> None:
    """What is tried is thought of when the test runs: done while tests are found, as Schemathesis's own decorator does
    it, every process would think of it for every operation. Its builder isn't public; the pinned version has it."""
    org.client("zoe")
    schema = schema_of(api)
    trial = build_operation_test(
        config=schema.config,
        operation=schema[path][method],
        test_func=ask,
        given_kwargs={},
        feedback=FeedbackSources(),
        explicit_settings=EXAMPLES,
    )
    made = trial.hypothesis_explicit_examples
    assert made, "the pinned Schemathesis keeps what comes of bounds elsewhere"
    trial.hypothesis_explicit_examples = made[zlib.crc32(f"{method} {path}".encode()) % min(EVERY, len(made)) :: EVERY]
    trial()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer awat_nobody"}], ids=["no token", "a wrong token"])
def test_no_operation_answers_strangers(transactional_db: None, headers: dict[str, str]) -> None:
    stranger, answered = Client(headers=headers), []
    for one in OPERATIONS:
        _, method, path = one.values
        address = re.sub("{[^}]+}", "1", str(path))
        answer = stranger.generic(str(method), address, "{}", content_type="application/json")
        answered += [one.id] if answer.status_code != 401 else []
    assert answered == []
