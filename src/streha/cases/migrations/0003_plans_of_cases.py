import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("cases", "0002_answer_feedback"),
        ("people", "0009_keep_levels_of_decisions"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("giv", "giv"),
                            ("gsv", "gsv"),
                            ("home", "home"),
                            ("office", "office"),
                            ("works", "works"),
                            ("presence", "presence"),
                        ],
                        max_length=10,
                    ),
                ),
                ("planned_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "planned"), ("done", "done"), ("cancelled", "cancelled")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("done_on", models.DateField(blank=True, null=True)),
                (
                    "presence",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("present", "present"),
                            ("absent", "absent"),
                            ("left", "left"),
                            ("not_traced", "not_traced"),
                        ],
                        max_length=12,
                    ),
                ),
                ("report_sealed", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
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
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="cases.case"
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
                (
                    "told_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visitor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "planned_on", "id"], name="cases_visit_by_day"),
                    models.Index(fields=["visitor", "state", "planned_on"], name="cases_visit_by_visitor"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_on__isnull", False), ("state", "done"), ("told_at__isnull", False)),
                            models.Q(("done_on", None), ("presence", ""), ("state", "planned"), ("told_at", None)),
                            models.Q(
                                ("done_on", None), ("presence", ""), ("state", "cancelled"), ("told_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="cases_visit_done_on_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitParticipant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_sealed", models.BinaryField(null=True)),
                ("came", models.BooleanField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="people.person",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="cases.visit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("visit", "person"),
                        name="cases_visitparticipant_person_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("visit", "user"),
                        name="cases_visitparticipant_user_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name_sealed", None), ("person__isnull", False), ("user", None)),
                            models.Q(("name_sealed", None), ("person", None), ("user__isnull", False)),
                            models.Q(("name_sealed__isnull", False), ("person", None), ("user", None)),
                            _connector="OR",
                        ),
                        name="cases_visitparticipant_is_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("house", "house"),
                            ("furniture", "furniture"),
                            ("food", "food"),
                            ("items", "items"),
                            ("income", "income"),
                            ("community", "community"),
                            ("documents", "documents"),
                            ("health", "health"),
                            ("school", "school"),
                            ("work", "work"),
                            ("safety", "safety"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("text_sealed", models.BinaryField()),
                ("due_on", models.DateField()),
                ("agreed_on", models.DateField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("reached", "reached"), ("dropped", "dropped")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("note_sealed", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="goals", to="cases.case"
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
                (
                    "settled_by",
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
                            models.Q(("settled_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="cases_goal_settled_at",
                    )
                ],
            },
        ),
    ]
