"""State of lists: the views that people keep, and what was changed for many rows at once."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Audience(models.TextChoices):
    """Who finds a saved view in the menu of its list."""

    ME = "me", "only me"
    TEAM = "team", "a team"
    EVERYBODY = "everybody", "everybody"


class SavedView(models.Model):
    """How somebody looks at a list: what its address says after the question mark, under a name.

    `page` is the name of the list's route and `path` the address at which it was saved (a queue of a team has the team
    in it); the view fits every list of that route. A removed one is kept for a while, so that it can be taken back.
    """

    owner = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=300)
    query = models.CharField(max_length=2000)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.ME)
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.CASCADE, related_name="saved_views")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner", "page", Lower("name"), condition=Q(removed_at__isnull=True), name="savedview_name_once"
            ),
            models.CheckConstraint(
                condition=Q(audience="team", team__isnull=False) | ~Q(audience="team") & Q(team__isnull=True),
                name="savedview_team_where_shared_with_one",
            ),
        ]
        indexes = [models.Index(fields=["page", "owner"], name="savedview_page")]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view with which a list opens for one person: one of their own, or one that was shared with them."""

    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "page"], name="defaultview_once")]

    def __str__(self) -> str:
        return f"{self.page} of {self.person_id}"


class Outcome(models.TextChoices):
    """What became of one row of a change."""

    DONE = "done", "changed"
    REFUSED = "refused", "left as it was"
    UNDONE = "undone", "taken back"
    KEPT = "kept", "not taken back"


class BulkChange(models.Model):
    """Many rows changed at once: what was asked, by whom, why, and at which list (`address`, of ours)."""

    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    offer = models.CharField(max_length=30)
    action = models.CharField(max_length=30)
    words = models.CharField(max_length=500)
    values = models.JSONField(default=dict)
    reason = models.TextField()
    address = models.CharField(max_length=2400)
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.words


class BulkRow(models.Model):
    """One row of a change: `why` it was refused or not taken back; `receipt` is what undo needs."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows")
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=300)
    address = models.CharField(max_length=700)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    why = models.CharField(max_length=500, default="")
    receipt = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "subject_id"], name="bulkrow_once")]

    def __str__(self) -> str:
        return self.label
