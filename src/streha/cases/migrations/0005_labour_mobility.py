import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("cases", "0004_referrals"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("free_from", models.DateField(blank=True, null=True)),
                ("free_until", models.DateField(blank=True, null=True)),
                ("goes_abroad", models.BooleanField(default=False)),
                ("within_km", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("told_at", models.DateTimeField()),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="profile", to="cases.case"
                    ),
                ),
                (
                    "told_by",
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("free_from", None),
                            ("free_until", None),
                            ("free_until__gte", models.F("free_from")),
                            _connector="OR",
                        ),
                        name="cases_profile_free_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileLanguage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("sq", "sq"),
                            ("sr", "sr"),
                            ("en", "en"),
                            ("de", "de"),
                            ("it", "it"),
                            ("fr", "fr"),
                            ("hr", "hr"),
                            ("sl", "sl"),
                            ("tr", "tr"),
                            ("rom", "rom"),
                        ],
                        max_length=3,
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "A1"), (2, "A2"), (3, "B1"), (4, "B2"), (5, "C1"), (6, "C2")]
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="languages", to="cases.profile"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("profile", "language"), name="cases_profilelanguage_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skill", models.CharField(db_index=True, max_length=30)),
                ("level", models.PositiveSmallIntegerField(choices=[(1, "SOME"), (2, "GOOD"), (3, "CERTIFIED")])),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="cases.profile"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("profile", "skill"), name="cases_profileskill_once")],
            },
        ),
        migrations.CreateModel(
            name="Vacancy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("employer", models.CharField(max_length=160)),
                ("title", models.CharField(max_length=160)),
                ("abroad", models.CharField(blank=True, max_length=120)),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("filled", "filled"), ("withdrawn", "withdrawn")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("made_at", models.DateTimeField()),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
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
                "verbose_name_plural": "vacancies",
                "indexes": [models.Index(fields=["state", "starts_on", "id"], name="cases_vacancy_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("abroad", ""), ("area__isnull", False)),
                            models.Q(("area", None), models.Q(("abroad", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="cases_vacancy_is_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="cases_vacancy_ends_after_start",
                    ),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="cases_vacancy_for_somebody"),
                ],
            },
        ),
        migrations.CreateModel(
            name="VacancyLanguage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("sq", "sq"),
                            ("sr", "sr"),
                            ("en", "en"),
                            ("de", "de"),
                            ("it", "it"),
                            ("fr", "fr"),
                            ("hr", "hr"),
                            ("sl", "sl"),
                            ("tr", "tr"),
                            ("rom", "rom"),
                        ],
                        max_length=3,
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "A1"), (2, "A2"), (3, "B1"), (4, "B2"), (5, "C1"), (6, "C2")]
                    ),
                ),
                (
                    "vacancy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="languages", to="cases.vacancy"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("vacancy", "language"), name="cases_vacancylanguage_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="VacancySkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skill", models.CharField(max_length=30)),
                ("level", models.PositiveSmallIntegerField(choices=[(1, "SOME"), (2, "GOOD"), (3, "CERTIFIED")])),
                ("is_required", models.BooleanField(default=True)),
                (
                    "vacancy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="cases.vacancy"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("vacancy", "skill"), name="cases_vacancyskill_once")],
            },
        ),
    ]
