import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_scorers"),
        ("people", "0010_find_people_by_birth"),
        ("places", "0001_areas_names_codes_and_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HouseholdMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("merged", "merged"), ("split", "split"), ("moved", "moved")], max_length=8
                    ),
                ),
                ("on", models.DateField()),
                ("brought_head", models.BooleanField(default=False)),
                ("moved_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="household",
            name="canonical",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="people.household",
            ),
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                condition=models.Q(("canonical__isnull", False)),
                fields=["canonical"],
                name="people_household_by_canonical",
            ),
        ),
        migrations.AddField(
            model_name="householdmove",
            name="moved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="householdmove",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="moves_out", to="people.household"
            ),
        ),
        migrations.AddField(
            model_name="householdmove",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="moves_in", to="people.household"
            ),
        ),
        migrations.AddField(
            model_name="householdmove",
            name="undone_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="begun_by_move",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="begun",
                to="people.householdmove",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="ended_by_move",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="ended",
                to="people.householdmove",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("begun_by_move__isnull", False)),
                fields=["begun_by_move"],
                name="people_membership_begun_by",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("ended_by_move__isnull", False)),
                fields=["ended_by_move"],
                name="people_membership_ended_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="householdmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", models.F("target")), _negated=True), name="people_move_between_two"
            ),
        ),
    ]
