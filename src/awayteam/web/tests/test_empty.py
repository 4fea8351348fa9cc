"""An installation on its first day: pages say that they are empty, and what to do next."""

import pytest
from django.test import Client

from awayteam.accounts.models import User


@pytest.mark.django_db
def test_somebody_without_person_sees_the_pages() -> None:
    client = Client()
    client.force_login(User.objects.create_user("guest"))
    assert client.get("/").status_code == 200
    assert "No person of the organisation is linked" in client.get("/profile/").content.decode()
    assert "No source yet." in client.get("/sources/").content.decode()
    assert "Nothing is here yet." in client.get("/services/").content.decode()
    assert "No team is known yet." in client.get("/teams/").content.decode()
