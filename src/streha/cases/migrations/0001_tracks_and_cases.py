import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_users_grants_and_tokens"),
        ("accounts", "__first__"),
        ("people", "0005_ended_by_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label_sq", models.CharField(max_length=120)),
                ("label_sr", models.CharField(max_length=120)),
                ("label_sr_latn", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=120)),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=30)),
                ("days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("is_optional", models.BooleanField(default=False)),
                ("is_final", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Track",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30, unique=True)),
                ("is_sensitive", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("is_sensitive", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("closed", "closed")], default="open", max_length=10),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("withdrawn", "withdrawn"),
                            ("refused", "refused"),
                            ("left", "left"),
                            ("died", "died"),
                            ("transferred", "transferred"),
                            ("error", "error"),
                        ],
                        max_length=12,
                    ),
                ),
                ("due_on", models.DateField()),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("source", models.CharField(default="office", max_length=20)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "household",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="people.household",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="people.person"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="cases.stage"
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="cases.track"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "due_on", "id"], name="cases_case_by_due"),
                    models.Index(fields=["owner", "state", "due_on", "id"], name="cases_case_by_owner"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on", None), ("outcome", ""), ("state", "open")),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("state", "closed"),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_case_closed_has_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_on", None), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                        ),
                        name="cases_case_closed_after_opened",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("erased_at", None), ("state", "open")),
                        fields=("person", "track"),
                        name="cases_one_open_case_of_a_track",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.BinaryField()),
                ("noted_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="cases.case"
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CasePaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("received", "received"), ("checked", "checked"), ("refused", "refused")],
                        max_length=10,
                    ),
                ),
                ("received_on", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="cases.case"
                    ),
                ),
                (
                    "judged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="case_papers",
                        to="people.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaperFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False)),
                ("content_sealed", models.BinaryField()),
                ("name_sealed", models.BinaryField()),
                ("kind", models.CharField(max_length=10)),
                ("size", models.PositiveIntegerField()),
                ("brought_at", models.DateTimeField()),
                (
                    "brought_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="cases.casepaper"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("moved", "Moved"),
                            ("assigned", "Assigned"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                            ("split", "Split"),
                        ],
                        max_length=10,
                    ),
                ),
                ("outcome", models.CharField(blank=True, max_length=12)),
                ("reason_sealed", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="cases.case"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.stage"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrackPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label_sq", models.CharField(max_length=120)),
                ("label_sr", models.CharField(max_length=120)),
                ("label_sr_latn", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=120)),
                ("code", models.CharField(max_length=30)),
                (
                    "of",
                    models.CharField(choices=[("case", "case"), ("adult", "adult"), ("minor", "minor")], max_length=10),
                ),
                ("is_optional", models.BooleanField(default=False)),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="cases.stage"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="casepaper",
            name="paper",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.trackpaper"
            ),
        ),
        migrations.CreateModel(
            name="TrackVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label_sq", models.CharField(max_length=120)),
                ("label_sr", models.CharField(max_length=120)),
                ("label_sr_latn", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=120)),
                ("number", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=300)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("verified_by", models.CharField(blank=True, max_length=120)),
                ("verified_on", models.DateField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="cases.track"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("track", "number"), name="cases_trackversion_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_by", ""), ("verified_on", None)),
                            models.Q(models.Q(("verified_by", ""), _negated=True), ("verified_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="cases_trackversion_verified_by_and_on",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="trackpaper",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="cases.trackversion"
            ),
        ),
        migrations.AddField(
            model_name="stage",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="cases.trackversion"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="cases.trackversion"
            ),
        ),
        migrations.CreateModel(
            name="CaseMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateField()),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="cases.case"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="case_memberships", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)), fields=("case", "person"), name="cases_casemember_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30)),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "sq"), ("sr-Cyrl", "sr-Cyrl"), ("sr-Latn", "sr-Latn"), ("en", "en")],
                        max_length=8,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("opening", models.TextField()),
                ("closing", models.TextField()),
                ("signed_by", models.CharField(blank=True, max_length=120)),
                ("signed_on", models.DateField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("code", "language", "number"), name="cases_lettertemplate_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("signed_by", ""), ("signed_on", None)),
                            models.Q(models.Q(("signed_by", ""), _negated=True), ("signed_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="cases_lettertemplate_signed_by_and_on",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageMover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=30)),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="movers", to="cases.stage"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("stage", "role"), name="cases_stagemover_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="casepaper",
            constraint=models.UniqueConstraint(fields=("case", "paper", "person"), name="cases_casepaper_once_each"),
        ),
        migrations.AddConstraint(
            model_name="casepaper",
            constraint=models.UniqueConstraint(
                condition=models.Q(("person", None)), fields=("case", "paper"), name="cases_casepaper_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trackpaper",
            constraint=models.UniqueConstraint(fields=("version", "code"), name="cases_trackpaper_once"),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(fields=("version", "position"), name="cases_stage_position_once"),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(fields=("version", "code"), name="cases_stage_code_once"),
        ),
    ]
