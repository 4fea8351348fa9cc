import awayteam.requests.machine
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('kernel', '0001_initial'),
        ('organisation', '0001_initial'),
        ('roadmaps', '0001_initial'),
        ('sources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FileRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('repository_id', models.BigIntegerField(db_index=True)),
                ('owners', models.JSONField(default=list)),
                ('people', models.JSONField(default=list, help_text="owners with the rules' own aliases replaced by their members")),
                ('rule', models.TextField(blank=True, help_text='file and line that says so')),
                ('teams', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='OperationKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shape', models.BigIntegerField(db_index=True)),
                ('operation_id', models.BigIntegerField()),
                ('api_id', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='RoutedEntity',
            fields=[
                ('entity_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'routed entities',
            },
        ),
        migrations.CreateModel(
            name='RoutedRepository',
            fields=[
                ('repository_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('tip', models.CharField(blank=True, max_length=64)),
                ('organisation', models.CharField(blank=True, max_length=64)),
                ('files', models.PositiveIntegerField(default=0)),
                ('cut', models.BooleanField(default=False, help_text='there are more files than are indexed')),
                ('error', models.TextField(blank=True)),
                ('tried_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'routed repositories',
            },
        ),
        migrations.CreateModel(
            name='RoutingState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Clue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.PositiveSmallIntegerField(choices=[(1, 'repository'), (2, 'host'), (3, 'link'), (4, 'name in logs'), (5, 'topic')])),
                ('value', models.CharField(max_length=300)),
                ('entity_id', models.BigIntegerField(db_index=True)),
                ('folder', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'value'], name='clue_value')],
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField()),
                ('why', models.TextField()),
                ('brief', models.JSONField(default=dict)),
                ('brief_sha256', models.CharField(blank=True, max_length=64)),
                ('passed_up', models.PositiveIntegerField(default=0)),
                ('decided_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('reshuffled', 'Reshuffled'), ('away', 'Away'), ('upheld', 'Upheld'), ('withdrawn', 'Withdrawn'), ('silent', 'Silent')], max_length=12)),
                ('words', models.TextField(blank=True)),
                ('displaced', models.JSONField(default=list)),
                ('manager', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['opened_at'], name='escalation_opened')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('outcome', '')), models.Q(('decided_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='escalation_decided_with_outcome')],
            },
        ),
        migrations.CreateModel(
            name='FileKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('repository_id', models.BigIntegerField()),
                ('path', models.TextField()),
                ('one', models.BigIntegerField()),
                ('two', models.BigIntegerField()),
                ('three', models.BigIntegerField()),
                ('rule_id', models.BigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['one'], name='filekey_one'), models.Index(fields=['two'], name='filekey_two'), models.Index(fields=['three'], name='filekey_three'), models.Index(fields=['repository_id', 'path'], name='filekey_path')],
            },
        ),
        migrations.CreateModel(
            name='Request',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('feature', 'Feature'), ('bug', 'Bug'), ('performance', 'Performance'), ('access', 'Access')], max_length=12)),
                ('title', models.CharField(max_length=200)),
                ('need', models.TextField()),
                ('state', models.CharField(choices=[('asked', 'asked'), ('needs-information', 'needs-information'), ('offered', 'offered'), ('arbitration', 'arbitration'), ('overdue', 'overdue'), ('declined', 'declined'), ('escalated', 'escalated'), ('away-welcome', 'away-welcome'), ('away', 'away'), ('accepted', 'accepted'), ('delivered', 'delivered'), ('done', 'done'), ('withdrawn', 'withdrawn'), ('merged', 'merged'), ('duplicated', 'duplicated'), ('dropped', 'dropped'), ('lapsed', 'lapsed')], default=awayteam.requests.machine.State['ASKED'], max_length=20)),
                ('due_at', models.DateTimeField(help_text='when the clock runs out; a copy, for lists', null=True)),
                ('left_minutes', models.PositiveIntegerField(null=True)),
                ('operation', models.CharField(blank=True, max_length=300)),
                ('path', models.CharField(blank=True, max_length=1000)),
                ('pasted', models.TextField(blank=True)),
                ('routing', models.JSONField(default=list, help_text='why it went to the home team: reasons as texts')),
                ('value_per_week', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=14)),
                ('askers_count', models.PositiveIntegerField(default=1)),
                ('wanted_by', models.DateField(null=True)),
                ('can_send_away', models.BooleanField(default=True)),
                ('away_impossible', models.TextField(blank=True, help_text="why the asker can't send an away team")),
                ('lost_refusal_at', models.DateTimeField(null=True)),
                ('away_refused', models.BooleanField(default=False)),
                ('away_tried_at', models.DateTimeField(null=True)),
                ('upheld_at', models.DateTimeField(null=True)),
                ('fixed_home', models.BooleanField(default=False)),
                ('decline_reason', models.CharField(blank=True, choices=[('no-room', 'no-room'), ('less-value-than-the-roadmap', 'less-value-than-the-roadmap'), ('not-ours', 'not-ours'), ('exists-already', 'exists-already'), ('being-shut-down', 'being-shut-down'), ('against-the-design', 'against-the-design'), ('unsafe', 'unsafe'), ('not-allowed-by-law-or-contract', 'not-allowed-by-law-or-contract')], max_length=30)),
                ('moves', models.PositiveIntegerField(default=0)),
                ('rounds', models.PositiveIntegerField(default=0)),
                ('expected_from', models.DateField(help_text='finished by then with even odds', null=True)),
                ('expected_until', models.DateField(help_text='the promised end', null=True)),
                ('external_key', models.CharField(max_length=300, null=True, unique=True)),
                ('external_url', models.CharField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('entered_at', models.DateTimeField(help_text='since when it is in this state')),
                ('decided_at', models.DateTimeField(help_text='when the home team first answered', null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('asker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person')),
                ('asking_team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('clock', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='kernel.clock')),
                ('decider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.entity')),
                ('home_team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='roadmaps.item')),
                ('level', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
                ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='requests.request')),
                ('offered_team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sources.source')),
                ('turn_person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('turn_team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['home_team', '-value_per_week', 'id', 'closed_at'], name='request_queue'), models.Index(condition=models.Q(('turn_person__isnull', False)), fields=['turn_person', 'due_at', 'id'], name='request_turn'), models.Index(condition=models.Q(('turn_team__isnull', False)), fields=['turn_team', 'due_at', 'id'], name='request_turn_team'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['-value_per_week', '-id'], name='request_value'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['state', '-value_per_week', '-id'], name='request_board'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['turn_team', 'closed_at'], name='request_turns'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['kind', 'closed_at'], name='request_kind'), models.Index(fields=['kind', 'state'], name='request_kind_state'), models.Index(fields=['state', 'due_at'], name='request_state'), models.Index(fields=['home_team', 'state'], name='request_home_state'), models.Index(fields=['created_at', 'id'], name='request_created'), models.Index(fields=['changed_at', 'id'], name='request_changed')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['done', 'dropped', 'duplicated', 'lapsed', 'merged', 'withdrawn'])), models.Q(models.Q(('state__in', ['done', 'dropped', 'duplicated', 'lapsed', 'merged', 'withdrawn']), _negated=True), ('closed_at__isnull', True)), _connector='OR'), name='request_closed_when_final'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['done', 'dropped', 'duplicated', 'lapsed', 'merged', 'withdrawn']), _negated=True), models.Q(('clock__isnull', True), ('turn_person__isnull', True), ('turn_team__isnull', True)), _connector='OR'), name='request_final_has_no_turn'), models.CheckConstraint(condition=models.Q(('state__in', ['done', 'dropped', 'duplicated', 'lapsed', 'merged', 'withdrawn']), ('turn_team__isnull', False), _connector='OR'), name='request_open_has_a_turn'), models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('state', 'merged')), models.Q(models.Q(('state', 'merged'), _negated=True), ('merged_into__isnull', True)), _connector='OR'), name='request_merged_into_one'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('pk')), _negated=True), _connector='OR'), name='request_not_into_itself'), models.CheckConstraint(condition=models.Q(models.Q(('offered_team__isnull', False), ('state', 'offered')), models.Q(models.Q(('state', 'offered'), _negated=True), ('offered_team__isnull', True)), _connector='OR'), name='request_offered_to_one'), models.CheckConstraint(condition=models.Q(('value_per_week__gte', 0)), name='request_value_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ManagementTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('minutes', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('escalation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='management_time', to='requests.escalation')),
                ('noted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='management_time', to='requests.request')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes__gte', 1)), name='management_time_counts')],
            },
        ),
        migrations.AddField(
            model_name='escalation',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='requests.request'),
        ),
        migrations.CreateModel(
            name='Asker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value_per_week', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=14)),
                ('grounds', models.TextField(blank=True)),
                ('customer_value', models.TextField(blank=True, help_text='what customers get from it, and which')),
                ('wanted_by', models.DateField(null=True)),
                ('joined_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
                ('goal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='roadmaps.goal')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('came_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='requests.request')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='askers', to='requests.request')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('left_at__isnull', True)), fields=['request', 'team', 'left_at'], name='asker_here'), models.Index(fields=['team', 'request'], name='asker_team'), models.Index(fields=['person', 'request'], name='asker_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('value_per_week__gte', 0)), name='asker_value_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='RequestTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.BigIntegerField()),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='requests.request')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('term', 'request'), name='requestterm_once')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('verb', models.CharField(max_length=20)),
                ('source', models.CharField(blank=True, max_length=20)),
                ('target', models.CharField(max_length=20)),
                ('party', models.CharField(max_length=40)),
                ('label', models.CharField(max_length=200)),
                ('reason_code', models.CharField(blank=True, max_length=30)),
                ('words', models.TextField(blank=True)),
                ('minutes', models.PositiveIntegerField(default=0)),
                ('on_time', models.BooleanField(null=True)),
                ('home_team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.team')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='requests.request')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['verb', 'at'], name='step_verb'), models.Index(fields=['home_team', 'at'], name='step_home')],
            },
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(condition=models.Q(('decided_at__isnull', True)), fields=('request',), name='escalation_open_once'),
        ),
    ]
