"""Schemathesis over both interfaces: whatever is sent, the answer is one that the schema documents, never 500."""

from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

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
EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware.LIMITER, "wait", lambda *_: 0.0)


@pytest.fixture
def org(_unlimited: None, transactional_db: None) -> organisation.Organisation:
    return organisation.build()


def schema_of(api: Any) -> Any:
    """The schema as it is served, made without a request, so that tests can be made of it while they are collected."""
    served = orjson.loads(orjson.dumps(api.get_openapi_schema(), option=orjson.OPT_NON_STR_KEYS))
    loaded = schemathesis.openapi.from_dict(served, config=SchemathesisConfig.from_dict(CONFIG))
    loaded.app = application
    return loaded


v1_schema = schema_of(v1.api)
backstage_schema = schema_of(backstage.api)


def ask(case: Any, org: organisation.Organisation) -> None:
    org.client("zoe")
    case.call_and_validate(headers={"Authorization": "Bearer awat_zoe-read-write"})


@v1_schema.parametrize()
@EXAMPLES
def test_v1(case: Any, org: organisation.Organisation) -> None:
    ask(case, org)


@backstage_schema.parametrize()
@EXAMPLES
def test_backstage(case: Any, org: organisation.Organisation) -> None:
    ask(case, org)
