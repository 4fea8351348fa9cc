import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.CharField(max_length=30)),
                ('action', models.CharField(max_length=30)),
                ('words', models.CharField(max_length=500)),
                ('values', models.JSONField(default=dict)),
                ('reason', models.TextField()),
                ('address', models.CharField(max_length=2400)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=80)),
                ('path', models.CharField(max_length=300)),
                ('query', models.CharField(max_length=2000)),
                ('audience', models.CharField(choices=[('me', 'only me'), ('team', 'a team'), ('everybody', 'everybody')], default='me', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to='organisation.person')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['page', 'owner'], name='savedview_page')],
                'constraints': [models.UniqueConstraint(models.F('owner'), models.F('page'), django.db.models.functions.text.Lower('name'), condition=models.Q(('removed_at__isnull', True)), name='savedview_name_once'), models.CheckConstraint(condition=models.Q(models.Q(('audience', 'team'), ('team__isnull', False)), models.Q(models.Q(('audience', 'team'), _negated=True), ('team__isnull', True)), _connector='OR'), name='savedview_team_where_shared_with_one')],
            },
        ),
        migrations.CreateModel(
            name='DefaultView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=60)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
                ('view', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='defaults', to='lists.savedview')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'page'), name='defaultview_once')],
            },
        ),
        migrations.CreateModel(
            name='BulkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_id', models.BigIntegerField()),
                ('label', models.CharField(max_length=300)),
                ('address', models.CharField(max_length=700)),
                ('outcome', models.CharField(choices=[('done', 'changed'), ('refused', 'left as it was'), ('undone', 'taken back'), ('kept', 'not taken back')], max_length=10)),
                ('why', models.CharField(default='', max_length=500)),
                ('receipt', models.JSONField(default=dict)),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='lists.bulkchange')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('change', 'subject_id'), name='bulkrow_once')],
            },
        ),
    ]
