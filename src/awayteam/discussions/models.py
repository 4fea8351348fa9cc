"""State of discussions: what people said about a subject, and how they said it before."""

from django.db import models


class Comment(models.Model):
    """What somebody said about a subject (kind and id, as events name it), in Markdown.

    A deleted one stays as a row without text that says who deleted it. `number` counts its versions; earlier ones are
    `CommentVersion`s. A reply has the comment that began its thread as `reply_to`.
    """

    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300)
    author = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    author_label = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    number = models.PositiveIntegerField(default=1)
    reply_to = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="comment_subject"),
            models.Index(fields=["author", "-id"], name="comment_author"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True) | models.Q(text=""), name="comment_deleted_has_no_text"
            )
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.subject_kind} {self.subject_id}"


class CommentVersion(models.Model):
    """How a comment read before it was edited or deleted; seen by its author and by administrators."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    written_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "number"], name="commentversion_once")]

    def __str__(self) -> str:
        return f"version {self.number} of comment {self.comment_id}"
