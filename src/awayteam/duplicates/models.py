"""State of duplicates: who builds their own of what, what both teams answered, and which APIs are alike."""

from django.db import models
from django.db.models import F, Q

from awayteam.duplicates.machine import FINAL, Party, State
from awayteam.duplicates.rules import Choice, GivesWay

STATES = [(state.value, state.value) for state in State]
CHOICES = [(choice.value, choice.value) for choice in Choice]
WAYS = [(way.value, way.value) for way in GivesWay]
PARTIES = [(party.value, party.value) for party in (Party.OWN, Party.HOME, Party.MANAGER)]
FINAL_VALUES = sorted(state.value for state in FINAL)


class Duplicate(models.Model):
    """That `team` builds its own of something that `home_team` has: two are better than none.

    What is duplicated is `entity`, or only `words` where the catalog has no such thing; `own` is the own build, once it
    is in the catalog. `customer_facing`: customers see both. `on` is the date in force: to look again, or, while
    converging or retiring, of the end that was agreed. `review` counts the looks, `asked` how often both teams were
    asked in the present one. `unit` and `manager` have the turn in arbitration. `about_kind` and `about_id` name what
    it came from ("request", 17). `version` counts changes, for optimistic locking.
    """

    title = models.CharField(max_length=200)
    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="duplicated")
    words = models.CharField(max_length=300, blank=True)
    own = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="duplicates")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    home_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    what = models.TextField()
    why = models.TextField()
    customer_facing = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=STATES, default=State.OPEN.value)
    on = models.DateField()
    gives_way = models.CharField(max_length=4, choices=WAYS, blank=True)
    reason = models.TextField(blank=True, help_text="why it is kept, or what was agreed")
    review = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    unit = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    manager = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="when the next clock runs out; a copy, for lists")
    about_kind = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True)
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FINAL_VALUES, closed_at__isnull=False, due_at__isnull=True)
                | (~Q(state__in=FINAL_VALUES) & Q(closed_at__isnull=True, due_at__isnull=False)),
                name="duplicate_live_has_a_clock",
            ),
            models.CheckConstraint(
                condition=Q(home_team__isnull=True) | ~Q(home_team=F("team")), name="duplicate_of_another_team"
            ),
            models.CheckConstraint(
                condition=Q(entity__isnull=True) | Q(own__isnull=True) | ~Q(entity=F("own")),
                name="duplicate_of_another_thing",
            ),
            models.CheckConstraint(
                condition=(Q(state=State.CONVERGING.value) & ~Q(gives_way="")) | ~Q(state=State.CONVERGING.value),
                name="duplicate_converging_names_who_gives_way",
            ),
            models.CheckConstraint(
                condition=Q(about_kind="", about_id__isnull=True) | (~Q(about_kind="") & Q(about_id__isnull=False)),
                name="duplicate_about_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at", "id"], name="duplicate_state"),
            models.Index(fields=["team", "state"], name="duplicate_team"),
            models.Index(fields=["home_team", "state"], name="duplicate_home"),
            models.Index(fields=["created_at", "id"], name="duplicate_created"),
            models.Index(fields=["about_kind", "about_id"], name="duplicate_about", condition=~Q(about_kind="")),
        ]

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """What one side said in one review, or the manager's decision. `on` and `gives_way` as in `Duplicate`."""

    duplicate = models.ForeignKey(Duplicate, on_delete=models.CASCADE, related_name="answers")
    review = models.PositiveIntegerField()
    party = models.CharField(max_length=20, choices=PARTIES)
    choice = models.CharField(max_length=10, choices=CHOICES)
    gives_way = models.CharField(max_length=4, choices=WAYS, blank=True)
    on = models.DateField()
    reason = models.TextField()
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["duplicate", "review", "party"], name="answer_once"),
            models.CheckConstraint(
                condition=(Q(choice=Choice.CONVERGE.value) & ~Q(gives_way=""))
                | (~Q(choice=Choice.CONVERGE.value) & Q(gives_way="")),
                name="answer_converging_names_who_gives_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party}: {self.choice}"


class Likeness(models.Model):
    """That two APIs of different owners look alike; found by the periodic comparison, never a judgement.

    `score` and the parts are 0 to 1; a part is None where one of the two says nothing of the kind. `shared` counts
    operations that both have. A dismissal stays whatever later comparisons find.
    """

    a = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    operations = models.FloatField(null=True)
    names = models.FloatField(null=True)
    descriptions = models.FloatField(null=True)
    shared = models.PositiveIntegerField(default=0)
    found_at = models.DateTimeField(help_text="when it was first found")
    seen_at = models.DateTimeField(help_text="when it was found last")
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    dismissed_why = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "likenesses"
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="likeness_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="likeness_lower_first"),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], name="likeness_score", condition=Q(dismissed_at__isnull=True)),
            models.Index(fields=["b"], name="likeness_b"),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} ~ {self.b_id}"


class Comparison(models.Model):
    """One row: when APIs were compared last, and what came of it."""

    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    event = models.BigIntegerField(default=0, help_text="the newest event that was taken into account")
    apis = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.pairs} pairs of {self.apis} APIs"
