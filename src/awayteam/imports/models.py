"""State of imports: what each document claims about the organisation, from which dated rows are kept.

A membership may be declared by the group and by the user; it ends when nobody declares it any more. An identity
belongs to the first who claims it; when that one goes, the next takes over. Hence the claims of each document are kept.
"""

from django.db import models


class MembershipClaim(models.Model):
    """That the document of `entity` declares `person` in `team`."""

    entity = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20)
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    is_primary = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["team", "person", "role"], name="membershipclaim_place")]

    def __str__(self) -> str:
        return f"{self.entity_id}: {self.person_id} in {self.team_id}"


class IdentityClaim(models.Model):
    """That the document of `entity` gives `person` this name at `provider`; `value_key` is the value case-folded."""

    entity = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    value = models.CharField(max_length=320)
    value_key = models.CharField(max_length=320)

    class Meta:
        indexes = [models.Index(fields=["provider", "value_key"], name="identityclaim_value")]

    def __str__(self) -> str:
        return f"{self.entity_id}: {self.provider}:{self.value}"
