"""The organisation of the interfaces' tests, and a way to see through it as somebody."""

import pytest

from awayteam.api.tests.organisation import Organisation, build


@pytest.fixture
def org(db: None) -> Organisation:
    return build()
