"""Tables by which pasted things are found quickly; all of them are derived, and made again from what they follow.

Rows name others by plain numbers without constraints: imports delete operations and repositories in bulk, and a row
that leads nowhere is passed over when it is read.
"""

from django.db import models


class RoutedRepository(models.Model):
    """How far the files of a followed repository are indexed: at which commit, and with which organisation."""

    repository_id = models.BigIntegerField(primary_key=True)
    tip = models.CharField(max_length=64, blank=True)
    organisation = models.CharField(max_length=64, blank=True)
    files = models.PositiveIntegerField(default=0)
    cut = models.BooleanField(default=False, help_text="there are more files than are indexed")
    error = models.TextField(blank=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "requests"
        verbose_name_plural = "routed repositories"

    def __str__(self) -> str:
        return f"{self.files} files of {self.repository_id}"


class FileRule(models.Model):
    """Who owns some files: owners as the rule writes them, and the teams that they are.

    `teams` is [team id, share, preference]: the share is 1 for a team that is named, less where only people are; of
    several teams those that own least are preferred.
    """

    repository_id = models.BigIntegerField(db_index=True)
    owners = models.JSONField(default=list)
    people = models.JSONField(default=list, help_text="owners with the rules' own aliases replaced by their members")
    rule = models.TextField(blank=True, help_text="file and line that says so")
    teams = models.JSONField(default=list)

    class Meta:
        app_label = "requests"

    def __str__(self) -> str:
        return self.rule


class FileKey(models.Model):
    """One file at the newest commit, by hashes of its last one, two and three parts; `rule_id` 0: nobody owns it."""

    repository_id = models.BigIntegerField()
    path = models.TextField()
    one = models.BigIntegerField()
    two = models.BigIntegerField()
    three = models.BigIntegerField()
    rule_id = models.BigIntegerField(default=0)

    class Meta:
        app_label = "requests"
        indexes = [
            models.Index(fields=["one"], name="filekey_one"),
            models.Index(fields=["two"], name="filekey_two"),
            models.Index(fields=["three"], name="filekey_three"),
            models.Index(fields=["repository_id", "path"], name="filekey_path"),
        ]

    def __str__(self) -> str:
        return self.path


class ClueKind(models.IntegerChoices):
    """By what else than its name an entity is found."""

    SLUG = 1, "repository"
    HOST = 2, "host"
    LINK = 3, "link"
    SERVICE = 4, "name in logs"
    TOPIC = 5, "topic"


class Clue(models.Model):
    """Something by which an entity is recognised: `value` in lower case; `folder` goes with a repository."""

    kind = models.PositiveSmallIntegerField(choices=ClueKind.choices)
    value = models.CharField(max_length=300)
    entity_id = models.BigIntegerField(db_index=True)
    folder = models.TextField(blank=True)

    class Meta:
        app_label = "requests"
        indexes = [models.Index(fields=["kind", "value"], name="clue_value")]

    def __str__(self) -> str:
        return self.value


class OperationKey(models.Model):
    """The shape of an operation's path (`/orders/{}`) or the name of a remote procedure, as a hash."""

    shape = models.BigIntegerField(db_index=True)
    operation_id = models.BigIntegerField()
    api_id = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "requests"

    def __str__(self) -> str:
        return f"{self.shape} of {self.api_id}"


class RoutedEntity(models.Model):
    """In which state an entity is indexed: its `changed_at` at that time."""

    entity_id = models.BigIntegerField(primary_key=True)
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "requests"
        verbose_name_plural = "routed entities"

    def __str__(self) -> str:
        return str(self.entity_id)


class RoutingState(models.Model):
    """One row: the newest event that the index of entities has taken into account."""

    event = models.BigIntegerField(default=0)

    class Meta:
        app_label = "requests"

    def __str__(self) -> str:
        return f"as of event {self.event}"


class RequestTerm(models.Model):
    """That an open request has a word, as a hash; by these, requests that ask for the same are found while typing."""

    term = models.BigIntegerField()
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="terms")

    class Meta:
        app_label = "requests"
        constraints = [models.UniqueConstraint(fields=["term", "request"], name="requestterm_once")]

    def __str__(self) -> str:
        return f"{self.term} in {self.request_id}"
