import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_scorers"),
        ("accounts", "__first__"),
        ("cases", "0003_plans_of_cases"),
        ("people", "0009_keep_levels_of_decisions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="casestep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opened", "Opened"),
                    ("moved", "Moved"),
                    ("assigned", "Assigned"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("split", "Split"),
                    ("handed", "Handed"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("referral", "referral"), ("transfer", "transfer")], max_length=10)),
                ("outside", models.CharField(blank=True, max_length=200)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("health", "health"),
                            ("psychosocial", "psychosocial"),
                            ("legal", "legal"),
                            ("shelter", "shelter"),
                            ("school", "school"),
                            ("work", "work"),
                            ("social", "social"),
                            ("documents", "documents"),
                            ("protection", "protection"),
                            ("case_work", "case_work"),
                        ],
                        max_length=16,
                    ),
                ),
                ("classes", models.CharField(max_length=120)),
                ("reason_sealed", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_progress", "in_progress"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("done", "done"),
                            ("revoked", "revoked"),
                        ],
                        default="in_progress",
                        max_length=12,
                    ),
                ),
                ("answer_sealed", models.BinaryField(null=True)),
                ("sent_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="referrals", to="cases.case"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "state", "id"], name="cases_referral_by_receiver")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organisation__isnull", False), ("outside", "")),
                            models.Q(("organisation", None), models.Q(("outside", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="cases_referral_goes_to_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "transfer"), _negated=True),
                            ("organisation__isnull", False),
                            _connector="OR",
                        ),
                        name="cases_transfer_stays_inside",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("state", "in_progress")),
                            models.Q(models.Q(("state", "in_progress"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="cases_referral_answered_at",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "transfer"), ("state", "in_progress")),
                        fields=("case",),
                        name="cases_one_transfer_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "consent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="referrals",
                        to="people.consent",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="referrals", to="people.person"
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="cases.referral"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("referral", "person"), name="cases_referralperson_once")
                ],
            },
        ),
    ]
