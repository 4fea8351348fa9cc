"""State of the away map: repositories that are followed, what their commits touched, and what was made of it.

Facts come from git and stay as they are (`Commit`, `Touch`, `Branch`, `Area`, `OwnerSet`, `CommitAuthor`). What follows
from them and the organisation (who an author is, `stands`, `Flow`) is derived, and derived again when the organisation,
an identity or a correction changes. A reading says when rules and teams count: as of each commit, or of the newest one.
"""

from django.db import models

from awayteam.contributions.rules import AuthorClass


class Reading(models.IntegerChoices):
    """Whose rules and memberships count. Rows that hold for both readings are kept once."""

    BOTH = 0, "both"
    COMMIT = 1, "commit"
    HEAD = 2, "head"


class Stands(models.IntegerChoices):
    """How a commit counts. The first four are the away map's classes; the others are left out of it and counted."""

    HOME = 1, "home"
    AWAY = 2, "away"
    MIXED = 3, "mixed"
    UNOWNED = 4, "unowned"
    NO_FILES = 5, "no files"
    BOT = 6, "bot"
    DUPLICATE = 7, "duplicate"
    MERGE = 8, "merge"


class Repository(models.Model):
    """A git repository whose history is followed. `location` is a path on the server or an address.

    `tip` is the newest commit read, `newest` its time (seconds since 1970), from which windows count back. `slug` is
    `organisation/name` on the forge. `progress` counts commits read by a refresh under way. `unjudged` says that facts
    are newer than what was derived from them.
    """

    name = models.CharField(max_length=200, unique=True)
    location = models.TextField()
    ref = models.CharField(max_length=200, blank=True)
    slug = models.CharField(max_length=300, blank=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL, related_name="repositories")
    source_revision = models.CharField(max_length=64, blank=True)
    tip = models.CharField(max_length=64, blank=True)
    newest = models.BigIntegerField(null=True)
    format = models.CharField(max_length=20, blank=True)
    rule_file = models.TextField(blank=True)
    rule_versions = models.PositiveIntegerField(default=0)
    mailmap = models.TextField(blank=True)
    rule_logins = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    progress = models.PositiveIntegerField(null=True)
    unjudged = models.BooleanField(default=False)
    refresh_requested_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "repositories"
        constraints = [models.UniqueConstraint(fields=["location", "ref"], name="repository_once")]

    def __str__(self) -> str:
        return self.name


class RepositoryEntity(models.Model):
    """A catalog entity whose code is in a repository, in `folder` ("" is all of it).

    `rule_owners` are the owners that the rules give most of the folder's files, `rule` the line that says so. `agrees`
    is None where one of the two names nobody.
    """

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="links")
    entity = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="repository_links")
    folder = models.TextField(blank=True)
    evidence = models.CharField(max_length=60)
    rule_owners = models.JSONField(default=list)
    rule = models.TextField(blank=True)
    agrees = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "entity"], name="repositoryentity_once")]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.repository_id}"


class Party(models.Model):
    """A row or column of the map: a team, or a name that stands for no single team.

    `key` is the team's reference, or the words shown: "(unresolved)", "(outsiders)", "@login", "one + two".
    """

    key = models.CharField(max_length=400, unique=True)
    label = models.CharField(max_length=400)
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "parties"

    def __str__(self) -> str:
        return self.label


class CommitAuthor(models.Model):
    """A name and address as commits have them, and who that is, with the evidence.

    `kind` is a value of `AuthorClass`; `person_key` is the same for all authors that are one person. `method` is how
    the link was found (`identities.Method`), "" where there is none; no policy may rest on a link with `is_guess`.
    """

    name = models.TextField()
    email = models.TextField()
    digest = models.CharField(max_length=32, unique=True, help_text="of name and address, which may be long")
    kind = models.CharField(max_length=20, default=AuthorClass.UNRESOLVED.value)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    identity = models.ForeignKey("organisation.Identity", null=True, on_delete=models.SET_NULL, related_name="+")
    person_key = models.CharField(max_length=400, blank=True, db_index=True)
    login = models.CharField(max_length=320, blank=True)
    method = models.CharField(max_length=30, blank=True)
    evidence = models.TextField(blank=True)
    is_guess = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["kind"], name="commitauthor_kind")]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class AuthorShare(models.Model):
    """What one repository knows of an author: commits (no merges), and owners of merged branches that ended in one."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(CommitAuthor, on_delete=models.CASCADE, related_name="shares")
    commits = models.PositiveIntegerField(default=0)
    branches = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "author"], name="authorshare_once")]

    def __str__(self) -> str:
        return f"{self.author_id} in {self.repository_id}"


class Correction(models.Model):
    """What somebody said of an author, against the software's own finding; open while `ended_at` is None."""

    class Says(models.TextChoices):
        PERSON = "person"
        BOT = "bot"
        OUTSIDER = "outsider"

    author = models.ForeignKey(CommitAuthor, on_delete=models.CASCADE, related_name="corrections")
    says = models.CharField(max_length=10, choices=Says.choices)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    made_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    made_by_label = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["author"], condition=models.Q(ended_at__isnull=True), name="correction_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(says="person", person__isnull=False)
                | models.Q(says__in=["bot", "outsider"], person__isnull=True),
                name="correction_names_a_person_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author_id} is {self.says}"


class Area(models.Model):
    """The files that one rule decides about; `owners`, `file`, `line` as the newest rules that named it have them."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="areas")
    name = models.TextField()
    digest = models.CharField(max_length=32)
    owners = models.JSONField(default=list)
    party = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL, related_name="areas")
    file = models.TextField(blank=True)
    line = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "digest"], name="area_once")]

    def __str__(self) -> str:
        return self.name


class OwnerSet(models.Model):
    """Owners as a rule writes them, and with the rules' own aliases replaced by their members."""

    digest = models.CharField(max_length=32, unique=True)
    written = models.JSONField(default=list)
    people = models.JSONField(default=list)
    party = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return " ".join(self.written)


class Branch(models.Model):
    """A branch merged with a merge commit: seconds since 1970 of the merge and of its first commit."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="branches")
    merged = models.BigIntegerField()
    first = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.repository_id}:{self.merged}"


class Commit(models.Model):
    """One commit. `mark` is equal for copies of it in other repositories; a copy counts in the repository added first.

    `stands` and `origin` (whose commit it is) are derived, for each of the two readings.
    """

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="commits", db_index=False)
    sha = models.CharField(max_length=64)
    committed = models.BigIntegerField()
    author = models.ForeignKey(CommitAuthor, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=160)
    files = models.PositiveIntegerField(default=0)
    mark = models.BigIntegerField()
    is_merge = models.BooleanField(default=False)
    is_copy = models.BooleanField(default=False)
    branch = models.ForeignKey(Branch, null=True, on_delete=models.SET_NULL, related_name="+")
    stands = models.PositiveSmallIntegerField(null=True, choices=Stands.choices)
    stands_at_head = models.PositiveSmallIntegerField(null=True, choices=Stands.choices)
    origin = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL, related_name="+")
    origin_at_head = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "sha"], name="commit_once")]
        indexes = [
            models.Index(fields=["repository", "committed"], name="commit_time"),
            models.Index(fields=["mark"], name="commit_mark"),
        ]

    def __str__(self) -> str:
        return self.sha[:12]


class Touch(models.Model):
    """How many files of an area a commit changed; without area and owners: files that nobody owns.

    The two flags say whether the author belongs to the owners, in either reading.
    """

    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="touches")
    area = models.ForeignKey(Area, null=True, on_delete=models.CASCADE, related_name="+")
    owners = models.ForeignKey(OwnerSet, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    files = models.PositiveIntegerField()
    reading = models.PositiveSmallIntegerField(choices=Reading.choices, default=Reading.BOTH)
    at_home = models.BooleanField(null=True)
    at_home_at_head = models.BooleanField(null=True)

    def __str__(self) -> str:
        return f"{self.commit_id}: {self.area_id}"


class Folder(models.Model):
    """A folder in which the catalog says that something lives, and whose commits are therefore followed."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="folders")
    path = models.TextField()
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "digest"], name="folder_once")]

    def __str__(self) -> str:
        return self.path


class FolderTouch(models.Model):
    """How many files in a folder a commit changed."""

    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="+")
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="touches")
    files = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.commit_id}: {self.folder_id}"


class Flow(models.Model):
    """That one commit went from a party into what another owns (the same one: home). One row for each pair and reading.

    Repository and time are repeated here so that a map is one pass over one table.
    """

    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="flows")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+", db_index=False)
    committed = models.BigIntegerField()
    reading = models.PositiveSmallIntegerField(choices=Reading.choices)
    origin = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    files = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["repository", "committed"], name="flow_time")]

    def __str__(self) -> str:
        return f"{self.commit_id}: {self.origin_id} to {self.target_id}"


class Standing(models.Model):
    """One row: up to which event, and by which rules, authors and classes were derived."""

    event = models.BigIntegerField(default=0)
    organisation = models.CharField(max_length=64, blank=True)
    rules = models.CharField(max_length=64, blank=True)
    is_dated = models.BooleanField(default=False)
    derived_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"as of event {self.event}"
