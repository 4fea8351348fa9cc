"""The shop is built once for each module of tests, inside a transaction that ends with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from awayteam.web.tests.shop import Shop, build


@pytest.fixture(scope="module")
def shop_of_module(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        folder: Path = tmp_path_factory.mktemp("shop")
        yield build(folder)
        transaction.set_rollback(True)


@pytest.fixture
def shop(shop_of_module: Shop, db: None) -> Shop:
    """What a test changes is undone after it."""
    return shop_of_module


def _client(shop: Shop, name: str) -> Client:
    client = Client()
    client.force_login(shop.users[name])
    return client


@pytest.fixture
def ada(shop: Shop) -> Client:
    """Signed in as the lead of the team `orders`."""
    return _client(shop, "ada")


@pytest.fixture
def sam(shop: Shop) -> Client:
    """Signed in as a member of another team."""
    return _client(shop, "sam")


@pytest.fixture
def zoe(shop: Shop) -> Client:
    """Signed in as an administrator."""
    return _client(shop, "zoe")
