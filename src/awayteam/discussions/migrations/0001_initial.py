import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.BigIntegerField()),
                ('subject_label', models.CharField(max_length=300)),
                ('author_label', models.CharField(max_length=200)),
                ('text', models.TextField(blank=True)),
                ('number', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField()),
                ('edited_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('deleted_by_label', models.CharField(blank=True, max_length=200)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('reply_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='discussions.comment')),
            ],
            options={
                'indexes': [models.Index(fields=['subject_kind', 'subject_id', 'id'], name='comment_subject'), models.Index(fields=['author', '-id'], name='comment_author')],
                'constraints': [models.CheckConstraint(condition=models.Q(('deleted_at__isnull', True), ('text', ''), _connector='OR'), name='comment_deleted_has_no_text')],
            },
        ),
        migrations.CreateModel(
            name='CommentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('written_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('comment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='discussions.comment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('comment', 'number'), name='commentversion_once')],
            },
        ),
    ]
