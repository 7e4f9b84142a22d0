import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streha.people.rules


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_users_grants_and_tokens"),
        ("accounts", "__first__"),
        ("people", "0005_ended_by_name"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[("same", "same"), ("different", "different"), ("unsure", "unsure")], max_length=10
                    ),
                ),
                ("probability", models.FloatField()),
                ("taken", models.CharField(blank=True, max_length=200)),
                ("reason_sealed", models.BinaryField(null=True)),
                ("is_bulk", models.BooleanField(default=False)),
                ("is_final", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-decided_at"], name="people_decision_newest")],
            },
        ),
        migrations.CreateModel(
            name="MergeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken", models.CharField(blank=True, max_length=200)),
                ("sealed", models.BinaryField()),
                ("merged_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="matchpair",
            name="consequence",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="matchpair",
            name="keeper",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="places.area",
            ),
        ),
        migrations.AddField(
            model_name="matchpair",
            name="probability",
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name="matchpair",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("second", "second"),
                    ("unsure", "unsure"),
                    ("same", "same"),
                    ("different", "different"),
                ],
                default=streha.people.rules.PairState["OPEN"],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="ended_by_merge",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="membership",
            name="lent_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lent_memberships",
                to="people.person",
            ),
        ),
        migrations.AddField(
            model_name="name",
            name="lent_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lent_names",
                to="people.person",
            ),
        ),
        migrations.AddField(
            model_name="name",
            name="lent_kind",
            field=models.CharField(blank=True, editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name="person",
            name="canonical",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="people.person",
            ),
        ),
        migrations.AddIndex(
            model_name="matchpair",
            index=models.Index(fields=["state", "-consequence", "-probability", "-id"], name="people_matchpair_queue"),
        ),
        migrations.AddIndex(
            model_name="matchpair",
            index=models.Index(
                fields=["keeper", "state", "-consequence", "-probability", "-id"], name="people_matchpair_keeper"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("lent_by__isnull", False)), fields=["lent_by"], name="people_membership_by_lender"
            ),
        ),
        migrations.AddIndex(
            model_name="name",
            index=models.Index(
                condition=models.Q(("lent_by__isnull", False)), fields=["lent_by"], name="people_name_by_lender"
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("canonical__isnull", False)),
                fields=["canonical"],
                name="people_person_by_canonical",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchpair",
            constraint=models.CheckConstraint(
                condition=models.Q(("probability__gte", 0.0), ("probability__lte", 1.0)),
                name="people_matchpair_probability",
            ),
        ),
        migrations.AddField(
            model_name="matchdecision",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="matchdecision",
            name="kept",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AddField(
            model_name="matchdecision",
            name="pair",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="people.matchpair"
            ),
        ),
        migrations.AddField(
            model_name="mergerecord",
            name="gone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="merges_gone", to="people.person"
            ),
        ),
        migrations.AddField(
            model_name="mergerecord",
            name="kept",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="merges_kept", to="people.person"
            ),
        ),
        migrations.AddField(
            model_name="mergerecord",
            name="merged_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="mergerecord",
            name="pair",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merges",
                to="people.matchpair",
            ),
        ),
        migrations.AddField(
            model_name="mergerecord",
            name="undone_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="mergerecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at", None)), fields=("gone",), name="people_merged_into_one_alone"
            ),
        ),
        migrations.AddConstraint(
            model_name="mergerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept", models.F("gone")), _negated=True), name="people_merge_of_two"
            ),
        ),
    ]
