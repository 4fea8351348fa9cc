"""The event log can only grow: both databases refuse to change, delete or empty it, whoever asks."""

from django.db import migrations

from awayteam.kernel.appendonly import protect, unprotect


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda _apps, editor: protect(editor.connection, "kernel_event"),
            lambda _apps, editor: unprotect(editor.connection, "kernel_event"),
        )
    ]
