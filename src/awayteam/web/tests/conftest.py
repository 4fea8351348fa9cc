"""The shop is built once for each module of tests, inside a transaction that ends with it."""

import pytest
from django.test import Client

from awayteam.web.tests.shop import Shop, build


@pytest.fixture(scope="module")
def shop_of_module(of_module: None, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return build(tmp_path_factory.mktemp("shop"))


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
