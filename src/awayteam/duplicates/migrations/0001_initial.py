import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('organisation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('event', models.BigIntegerField(default=0, help_text='the newest event that was taken into account')),
                ('apis', models.PositiveIntegerField(default=0)),
                ('pairs', models.PositiveIntegerField(default=0)),
                ('seconds', models.FloatField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('what', models.TextField()),
                ('why', models.TextField()),
                ('customer_facing', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('open', 'open'), ('review', 'review'), ('arbitration', 'arbitration'), ('converging', 'converging'), ('retiring', 'retiring'), ('kept', 'kept'), ('converged', 'converged'), ('retired', 'retired'), ('withdrawn', 'withdrawn')], default='open', max_length=12)),
                ('on', models.DateField()),
                ('gives_way', models.CharField(blank=True, choices=[('own', 'own'), ('home', 'home')], max_length=4)),
                ('reason', models.TextField(blank=True, help_text='why it is kept, or what was agreed')),
                ('review', models.PositiveIntegerField(default=0)),
                ('asked', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(help_text='when the next clock runs out; a copy, for lists', null=True)),
                ('about_kind', models.CharField(blank=True, max_length=30)),
                ('about_id', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicated', to='catalog.entity')),
                ('home_team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('manager', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('own', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicates', to='catalog.entity')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'due_at', 'id'], name='duplicate_state'), models.Index(fields=['team', 'state'], name='duplicate_team'), models.Index(fields=['home_team', 'state'], name='duplicate_home'), models.Index(fields=['created_at', 'id'], name='duplicate_created'), models.Index(condition=models.Q(('about_kind', ''), _negated=True), fields=['about_kind', 'about_id'], name='duplicate_about')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('due_at__isnull', True), ('state__in', ['converged', 'retired', 'withdrawn'])), models.Q(models.Q(('state__in', ['converged', 'retired', 'withdrawn']), _negated=True), ('closed_at__isnull', True), ('due_at__isnull', False)), _connector='OR'), name='duplicate_live_has_a_clock'), models.CheckConstraint(condition=models.Q(('home_team__isnull', True), models.Q(('home_team', models.F('team')), _negated=True), _connector='OR'), name='duplicate_of_another_team'), models.CheckConstraint(condition=models.Q(('entity__isnull', True), ('own__isnull', True), models.Q(('entity', models.F('own')), _negated=True), _connector='OR'), name='duplicate_of_another_thing'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'converging'), models.Q(('gives_way', ''), _negated=True)), models.Q(('state', 'converging'), _negated=True), _connector='OR'), name='duplicate_converging_names_who_gives_way'), models.CheckConstraint(condition=models.Q(models.Q(('about_id__isnull', True), ('about_kind', '')), models.Q(models.Q(('about_kind', ''), _negated=True), ('about_id__isnull', False)), _connector='OR'), name='duplicate_about_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('review', models.PositiveIntegerField()),
                ('party', models.CharField(choices=[('own team', 'own team'), ('home team', 'home team'), ('unit manager', 'unit manager')], max_length=20)),
                ('choice', models.CharField(choices=[('converge', 'converge'), ('keep', 'keep'), ('retire', 'retire')], max_length=10)),
                ('gives_way', models.CharField(blank=True, choices=[('own', 'own'), ('home', 'home')], max_length=4)),
                ('on', models.DateField()),
                ('reason', models.TextField()),
                ('label', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('duplicate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='duplicates.duplicate')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('duplicate', 'review', 'party'), name='answer_once'), models.CheckConstraint(condition=models.Q(models.Q(('choice', 'converge'), models.Q(('gives_way', ''), _negated=True)), models.Q(models.Q(('choice', 'converge'), _negated=True), ('gives_way', '')), _connector='OR'), name='answer_converging_names_who_gives_way')],
            },
        ),
        migrations.CreateModel(
            name='Likeness',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.FloatField()),
                ('operations', models.FloatField(null=True)),
                ('names', models.FloatField(null=True)),
                ('descriptions', models.FloatField(null=True)),
                ('shared', models.PositiveIntegerField(default=0)),
                ('found_at', models.DateTimeField(help_text='when it was first found')),
                ('seen_at', models.DateTimeField(help_text='when it was found last')),
                ('dismissed_at', models.DateTimeField(null=True)),
                ('dismissed_why', models.TextField(blank=True)),
                ('a', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.entity')),
                ('b', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.entity')),
                ('dismissed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
            ],
            options={
                'verbose_name_plural': 'likenesses',
                'indexes': [models.Index(condition=models.Q(('dismissed_at__isnull', True)), fields=['-score', 'id'], name='likeness_score'), models.Index(fields=['b'], name='likeness_b')],
                'constraints': [models.UniqueConstraint(fields=('a', 'b'), name='likeness_once'), models.CheckConstraint(condition=models.Q(('a__lt', models.F('b'))), name='likeness_lower_first')],
            },
        ),
    ]
