"""State of sources: where facts come from, the files that were read, and what was wrong with them."""

from django.db import models


class SourceKind(models.TextChoices):
    FOLDER = "folder"
    FILE = "file"
    GIT = "git"
    REMOTE = "remote"
    MANUAL = "manual"


class Source(models.Model):
    """A place that is read: a folder, a file, a git repository at a ref, or a remote one; or what people enter by hand.

    `location` is the path or address, `globs` restrict the files ([] means every file that a format recognises).
    `revision` is the commit that was read last, where there is one.
    """

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    location = models.TextField()
    ref = models.CharField(max_length=200, blank=True)
    globs = models.JSONField(default=list)
    revision = models.CharField(max_length=64, blank=True)
    webhook_secret = models.CharField(max_length=200, blank=True)
    watched = models.BooleanField(default=False)
    refresh_requested_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SourceFile(models.Model):
    """One file of a source, with the hash of the content that was applied last (the last good version).

    `good` is False while the file's present content could not be read; its entities then keep what they were.
    `stamp` is the reader's cheap fingerprint (size and times in a folder): while it stays, the file isn't even opened.
    `needs` maps files whose content was substituted into it to their hashes: when one of them changes, this one is read
    again. `targets` are the files that its Locations point at, as `[target, line, document, required, entity]`.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="files")
    path = models.TextField()
    format = models.CharField(max_length=30)
    content_hash = models.CharField(max_length=64)
    stamp = models.CharField(max_length=200, default="", blank=True)
    good = models.BooleanField(default=True)
    needs = models.JSONField(default=dict)
    targets = models.JSONField(default=list)
    read_at = models.DateTimeField()
    good_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="sourcefile_path")]

    def __str__(self) -> str:
        return self.path


class Finding(models.Model):
    """One thing that is wrong with a file, a document in it or an entity; replaced each time the file is read.

    What only shows when all sources are seen together (groups in a circle, a handle claimed twice) has `scope`
    "organisation" and is found anew by every import that changes the organisation; `scope` "source" is about discovery.
    """

    scope = models.CharField(max_length=15, default="file", db_index=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="findings")
    file = models.ForeignKey(SourceFile, null=True, on_delete=models.CASCADE, related_name="findings")
    path = models.TextField(blank=True)
    document = models.PositiveIntegerField(null=True)
    line = models.PositiveIntegerField(null=True)
    entity = models.CharField(max_length=300, blank=True)
    message = models.TextField()
    found_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.message


class Duplicate(models.Model):
    """A document whose reference another document had claimed first; it takes over when the first one goes."""

    ref = models.CharField(max_length=300, db_index=True)
    kept_file = models.ForeignKey(SourceFile, null=True, on_delete=models.SET_NULL, related_name="duplicates_kept")
    dropped_file = models.ForeignKey(SourceFile, on_delete=models.CASCADE, related_name="duplicates_dropped")
    dropped_document = models.PositiveIntegerField()
    dropped_line = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.ref
