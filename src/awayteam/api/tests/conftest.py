import pytest

from awayteam.api.tests import organisation


@pytest.fixture
def org(db: None) -> organisation.Organisation:
    return organisation.build()
