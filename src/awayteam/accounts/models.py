"""State of accounts: who signs in, and the tokens that scripts and agents use."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """An account. `person` is the person of the organisation that it acts as; `is_superuser` makes an administrator."""

    person = models.OneToOneField("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="user")


class ApiToken(models.Model):
    """A token for scripts and agents. Only its SHA-256 is kept; `prefix` (the first characters) tells tokens apart."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
