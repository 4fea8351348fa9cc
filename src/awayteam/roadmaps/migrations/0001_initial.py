import awayteam.roadmaps.choices
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('okr', 'okr'), ('pl', 'pl')], default=awayteam.roadmaps.choices.GoalKind['OKR'], max_length=10)),
                ('title', models.CharField(max_length=300)),
                ('statement', models.TextField(blank=True, help_text='Markdown')),
                ('starts', models.DateField()),
                ('ends', models.DateField()),
                ('state', models.CharField(choices=[('open', 'open'), ('met', 'met'), ('missed', 'missed'), ('dropped', 'dropped')], default=awayteam.roadmaps.choices.GoalState['OPEN'], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='goals', to='organisation.person')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='roadmaps.goal')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='goals', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['team', 'state', 'ends'], name='goal_of_team')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends__gte', models.F('starts'))), name='goal_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='goal_closed_with_time'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'met', 'missed', 'dropped'])), name='goal_state_known')],
            },
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('period', models.CharField(max_length=10)),
                ('planned', models.DecimalField(decimal_places=2, max_digits=20)),
                ('actual', models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('goal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='roadmaps.goal')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('goal', 'name', 'period'), name='figure_once')],
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('description', models.TextField(blank=True, help_text='Markdown')),
                ('kind', models.CharField(choices=[('feature', 'feature'), ('bug', 'bug'), ('performance', 'performance'), ('access', 'access'), ('debt', 'debt'), ('other', 'other')], default=awayteam.roadmaps.choices.ItemKind['FEATURE'], max_length=12)),
                ('effort_low', models.DecimalField(decimal_places=2, max_digits=7)),
                ('effort_likely', models.DecimalField(decimal_places=2, max_digits=7)),
                ('effort_high', models.DecimalField(decimal_places=2, max_digits=7)),
                ('value_per_week', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ('rank', models.IntegerField(null=True)),
                ('state', models.CharField(choices=[('planned', 'planned'), ('started', 'started'), ('done', 'done'), ('dropped', 'dropped')], default=awayteam.roadmaps.choices.ItemState['PLANNED'], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('estimated', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('real_effort', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('real_given', models.BooleanField(default=False)),
                ('promised_on', models.DateField(null=True)),
                ('external_key', models.CharField(max_length=200, null=True, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('forecast_starts', models.DateField(null=True)),
                ('forecast_p50', models.DateField(null=True)),
                ('forecast_p85', models.DateField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('goal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='items', to='roadmaps.goal')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['team', 'state', 'rank'], name='item_of_team'), models.Index(condition=models.Q(('promised_on__isnull', False)), fields=['promised_on'], name='item_promised'), models.Index(condition=models.Q(('done_at__isnull', False)), fields=['team', 'done_at'], name='item_done')],
                'constraints': [models.CheckConstraint(condition=models.Q(('effort_low__gt', 0), ('effort_low__lte', models.F('effort_likely')), ('effort_likely__lte', models.F('effort_high'))), name='item_effort_in_order'), models.CheckConstraint(condition=models.Q(('value_per_week__gte', 0)), name='item_value_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'debt'), _negated=True), ('goal__isnull', False), ('rank__isnull', True), _connector='OR'), name='item_debt_without_goal_unranked'), models.CheckConstraint(condition=models.Q(('rank__isnull', True), ('state__in', ['planned', 'started']), _connector='OR'), name='item_ranked_while_open'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'started'), _negated=True), models.Q(('rank__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='item_started_has_rank_and_time'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('done_at__isnull', True)), _connector='OR'), name='item_done_with_time'), models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'started', 'done', 'dropped'])), name='item_state_known'), models.UniqueConstraint(fields=('team', 'rank'), name='item_rank_once')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('prfaq', 'prfaq')], default=awayteam.roadmaps.choices.DocumentKind['PRFAQ'], max_length=10)),
                ('title', models.CharField(max_length=300)),
                ('slug', models.SlugField(max_length=120)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('latest', models.PositiveIntegerField(default=0, help_text='number of the newest version')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='organisation.team')),
                ('goals', models.ManyToManyField(related_name='documents', to='roadmaps.goal')),
                ('items', models.ManyToManyField(related_name='documents', to='roadmaps.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('team', 'slug'), name='document_slug_once')],
            },
        ),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='roadmaps.item')),
                ('needs', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needed_by', to='roadmaps.item')),
            ],
            options={
                'verbose_name_plural': 'dependencies',
                'constraints': [models.UniqueConstraint(fields=('item', 'needs'), name='dependency_once'), models.CheckConstraint(condition=models.Q(('item', models.F('needs')), _negated=True), name='dependency_of_two')],
            },
        ),
        migrations.CreateModel(
            name='KeyResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('baseline', models.DecimalField(decimal_places=4, max_digits=20)),
                ('target', models.DecimalField(decimal_places=4, max_digits=20)),
                ('direction', models.CharField(choices=[('up', 'up'), ('down', 'down')], max_length=4)),
                ('created_at', models.DateTimeField()),
                ('goal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='key_results', to='roadmaps.goal')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('direction', 'up'), ('target__gt', models.F('baseline'))), models.Q(('direction', 'down'), ('target__lt', models.F('baseline'))), _connector='OR'), name='keyresult_target_lies_ahead')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('value', models.DecimalField(decimal_places=4, max_digits=20)),
                ('source', models.CharField(max_length=300)),
                ('recorded_at', models.DateTimeField()),
                ('corrects', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='corrected_by', to='roadmaps.measurement')),
                ('key_result', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='measurements', to='roadmaps.keyresult')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(fields=['key_result', 'at', 'id'], name='measurement_in_time')],
            },
        ),
        migrations.CreateModel(
            name='Roadmap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1)),
                ('forecast_version', models.PositiveIntegerField(default=0)),
                ('forecast_on', models.DateField(null=True)),
                ('team', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='roadmap', to='organisation.team')),
            ],
        ),
        migrations.CreateModel(
            name='CapacityNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts', models.DateField()),
                ('ends', models.DateField()),
                ('share', models.DecimalField(decimal_places=2, max_digits=4, null=True)),
                ('people', models.DecimalField(decimal_places=1, max_digits=5, null=True)),
                ('reason', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='capacity_notes', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['team', 'ends'], name='capacitynote_of_team')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends__gte', models.F('starts'))), name='capacitynote_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('people__isnull', True), ('share__isnull', False)), models.Q(('people__isnull', False), ('share__isnull', True)), _connector='OR'), name='capacitynote_says_one_thing'), models.CheckConstraint(condition=models.Q(('share__isnull', True), models.Q(('share__gte', 0), ('share__lte', 2)), _connector='OR'), name='capacitynote_share_in_bounds'), models.CheckConstraint(condition=models.Q(('people__isnull', True), ('people__gte', 0), _connector='OR'), name='capacitynote_people_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='DocumentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField(help_text='Markdown')),
                ('at', models.DateTimeField()),
                ('reason', models.TextField(blank=True)),
                ('sha256', models.CharField(max_length=64)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='roadmaps.document')),
                ('written_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('document', 'number'), name='documentversion_once')],
            },
        ),
    ]
