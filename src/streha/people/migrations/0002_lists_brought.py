import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_users_grants_and_tokens"),
        ("accounts", "__first__"),
        ("jobs", "0001_queue_work"),
        ("people", "0001_persons_names_households"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("file_name", models.CharField(max_length=120)),
                ("file_kind", models.CharField(max_length=8)),
                ("file_size", models.BigIntegerField()),
                ("file_mark", models.CharField(db_index=True, max_length=64)),
                ("sheet", models.CharField(blank=True, max_length=120)),
                ("signature", models.CharField(blank=True, max_length=32)),
                ("source", models.CharField(blank=True, max_length=120)),
                ("purpose", models.CharField(blank=True, max_length=60)),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consent", "consent"),
                            ("legal_obligation", "legal_obligation"),
                            ("public_task", "public_task"),
                            ("vital_interest", "vital_interest"),
                            ("contract", "contract"),
                            ("legitimate_interest", "legitimate_interest"),
                        ],
                        max_length=20,
                    ),
                ),
                ("retain_until", models.DateField(blank=True, null=True)),
                ("registered_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "mapping"),
                            ("staging", "staging"),
                            ("review", "review"),
                            ("committing", "committing"),
                            ("committed", "committed"),
                            ("abandoned", "abandoned"),
                        ],
                        default="mapping",
                        max_length=10,
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0)),
                ("read_rows", models.PositiveIntegerField(default=0)),
                ("staged_rows", models.PositiveIntegerField(default=0)),
                ("known_rows", models.PositiveIntegerField(default=0)),
                ("good_rows", models.PositiveIntegerField(default=0)),
                ("warned_rows", models.PositiveIntegerField(default=0)),
                ("bad_rows", models.PositiveIntegerField(default=0)),
                ("twin_rows", models.PositiveIntegerField(default=0)),
                ("committed_rows", models.PositiveIntegerField(default=0)),
                ("merged_rows", models.PositiveIntegerField(default=0)),
                ("skipped_rows", models.PositiveIntegerField(default=0)),
                ("households", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="jobs.job"
                    ),
                ),
                (
                    "keeper",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["keeper", "id"], name="people_import_by_keeper")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["committing", "committed"]), _negated=True),
                            models.Q(
                                models.Q(
                                    ("source", ""),
                                    ("purpose", ""),
                                    ("basis", ""),
                                    ("retain_until", None),
                                    _connector="OR",
                                ),
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="people_import_has_purpose",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="people.importbatch",
                    ),
                ),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="ImportColumn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("heading", models.CharField(max_length=200)),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("given", "given"),
                            ("family", "family"),
                            ("full_name", "full_name"),
                            ("father", "father"),
                            ("birth", "birth"),
                            ("sex", "sex"),
                            ("personal_number", "personal_number"),
                            ("jmbg", "jmbg"),
                            ("id_card", "id_card"),
                            ("passport", "passport"),
                            ("refugee_card", "refugee_card"),
                            ("displaced_card", "displaced_card"),
                            ("identifier", "identifier"),
                            ("phone", "phone"),
                            ("email", "email"),
                            ("municipality", "municipality"),
                            ("settlement", "settlement"),
                            ("address", "address"),
                            ("origin_municipality", "origin_municipality"),
                            ("origin", "origin"),
                            ("displaced_to", "displaced_to"),
                            ("household", "household"),
                            ("relation", "relation"),
                            ("citizenship", "citizenship"),
                            ("community", "community"),
                            ("language", "language"),
                            ("status", "status"),
                            ("cause", "cause"),
                            ("displaced_on", "displaced_on"),
                            ("returned_on", "returned_on"),
                            ("ignore", "ignore"),
                        ],
                        max_length=24,
                    ),
                ),
                ("confidence", models.FloatField(default=0.0)),
                ("why", models.CharField(default="none", max_length=12)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="columns", to="people.importbatch"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("batch", "position"), name="people_importcolumn_once")],
            },
        ),
        migrations.CreateModel(
            name="ImportRemark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("row", models.PositiveIntegerField(default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="remarks", to="people.importbatch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RememberedColumn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signature", models.CharField(max_length=32)),
                ("heading_key", models.CharField(max_length=200)),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("given", "given"),
                            ("family", "family"),
                            ("full_name", "full_name"),
                            ("father", "father"),
                            ("birth", "birth"),
                            ("sex", "sex"),
                            ("personal_number", "personal_number"),
                            ("jmbg", "jmbg"),
                            ("id_card", "id_card"),
                            ("passport", "passport"),
                            ("refugee_card", "refugee_card"),
                            ("displaced_card", "displaced_card"),
                            ("identifier", "identifier"),
                            ("phone", "phone"),
                            ("email", "email"),
                            ("municipality", "municipality"),
                            ("settlement", "settlement"),
                            ("address", "address"),
                            ("origin_municipality", "origin_municipality"),
                            ("origin", "origin"),
                            ("displaced_to", "displaced_to"),
                            ("household", "household"),
                            ("relation", "relation"),
                            ("citizenship", "citizenship"),
                            ("community", "community"),
                            ("language", "language"),
                            ("status", "status"),
                            ("cause", "cause"),
                            ("displaced_on", "displaced_on"),
                            ("returned_on", "returned_on"),
                            ("ignore", "ignore"),
                        ],
                        max_length=24,
                    ),
                ),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("signature", "heading_key"), name="people_rememberedcolumn_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="StagedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("fingerprint", models.CharField(db_index=True, max_length=64)),
                ("subject", models.UUIDField(editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "state",
                    models.CharField(choices=[("good", "good"), ("warned", "warned"), ("bad", "bad")], max_length=6),
                ),
                ("twin_of", models.PositiveIntegerField(default=0)),
                ("household_key", models.CharField(blank=True, max_length=64)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("new", "new"), ("merge", "merge"), ("skip", "skip"), ("later", "later")],
                        max_length=5,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("is_done", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="people.importbatch",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.household",
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="people.person"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="staged",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["batch", "state", "number"], name="people_staged_by_state"),
                    models.Index(fields=["batch", "decision", "is_done", "number"], name="people_staged_by_decision"),
                    models.Index(
                        condition=models.Q(("household_key", ""), _negated=True),
                        fields=["household_key"],
                        name="people_staged_by_house",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "number"), name="people_stagedrecord_once"),
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["new", "merge"]), ("state", "bad"), _negated=True),
                        name="people_bad_row_stays_out",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StagedProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("column", models.CharField(blank=True, max_length=200)),
                ("is_warning", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="people.importbatch",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="problems", to="people.stagedrecord"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["batch", "code", "record"], name="people_problem_by_code")],
            },
        ),
        migrations.CreateModel(
            name="StagedCandidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=12)),
                ("is_sure", models.BooleanField(default=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="candidates", to="people.stagedrecord"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("record", "person"), name="people_candidate_once")],
            },
        ),
    ]
