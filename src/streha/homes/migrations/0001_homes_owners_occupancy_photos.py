import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streha.common.codes
import streha.homes.rules
import streha.people.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_users_grants_and_tokens"),
        ("accounts", "__first__"),
        ("people", "0008_lists_of_every_kind"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("damage", "damage"), ("building", "building")], max_length=10)),
                ("version", models.CharField(max_length=30)),
                ("title", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=400)),
                ("published", models.CharField(blank=True, max_length=20)),
                ("verified", models.BooleanField(default=False)),
                ("verified_by", models.CharField(blank=True, max_length=120)),
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
                    models.UniqueConstraint(fields=("kind", "version"), name="homes_class_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verified", False), models.Q(("verified_by", ""), _negated=True), _connector="OR"
                        ),
                        name="homes_verified_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="homes_class_version_has_source"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClassOption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30)),
                ("position", models.PositiveSmallIntegerField()),
                ("label_en", models.CharField(max_length=120)),
                ("label_sq", models.CharField(blank=True, max_length=120)),
                ("label_sr", models.CharField(blank=True, max_length=120)),
                ("label_sr_latn", models.CharField(blank=True, max_length=120)),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="options", to="homes.classversion"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("list", "code"), name="homes_class_code_once")],
            },
        ),
        migrations.CreateModel(
            name="Property",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("address_sealed", models.BinaryField(null=True)),
                ("point_sealed", models.BinaryField(null=True)),
                ("has_point", models.BooleanField(default=False)),
                ("cadastral_zone", models.CharField(blank=True, max_length=80)),
                ("zone_key", streha.people.models.FoldedField(blank=True, editable=False, max_length=80)),
                ("cadastral_sealed", models.BinaryField(null=True)),
                ("cadastral_blind", models.CharField(blank=True, editable=False, max_length=64)),
                ("cadastral_hint", models.CharField(blank=True, editable=False, max_length=4)),
                (
                    "tenure",
                    models.CharField(
                        choices=[
                            ("owned", "owned"),
                            ("owned_unregistered", "owned_unregistered"),
                            ("use_right", "use_right"),
                            ("public", "public"),
                            ("rented", "rented"),
                            ("informal", "informal"),
                            ("disputed", "disputed"),
                            ("unknown", "unknown"),
                        ],
                        default=streha.homes.rules.Tenure["UNKNOWN"],
                        max_length=20,
                    ),
                ),
                (
                    "inheritance",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("settled", "settled"),
                            ("in_proceedings", "in_proceedings"),
                            ("unsettled", "unsettled"),
                            ("disputed", "disputed"),
                            ("unknown", "unknown"),
                        ],
                        default=streha.homes.rules.Inheritance["UNKNOWN"],
                        max_length=16,
                    ),
                ),
                ("damage", models.CharField(blank=True, max_length=30)),
                ("damage_list", models.CharField(blank=True, max_length=30)),
                ("building", models.CharField(blank=True, max_length=30)),
                ("building_list", models.CharField(blank=True, max_length=30)),
                ("registered_at", models.DateTimeField()),
                ("source", models.CharField(default="office", max_length=40)),
                ("shielded", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("registered_twice", "registered_twice"),
                            ("registered_in_error", "registered_in_error"),
                            ("demolished", "demolished"),
                            ("expropriated", "expropriated"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "keeper",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"
                    ),
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
                (
                    "settlement",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "properties",
                "indexes": [
                    models.Index(fields=["keeper", "id"], name="homes_by_keeper"),
                    models.Index(fields=["municipality", "id"], name="homes_by_municipality"),
                    models.Index(fields=["settlement", "id"], name="homes_by_settlement"),
                    models.Index(fields=["damage", "id"], name="homes_by_damage"),
                    models.Index(fields=["tenure", "id"], name="homes_by_tenure"),
                    models.Index(
                        condition=models.Q(("cadastral_blind", ""), _negated=True),
                        fields=["cadastral_blind"],
                        name="homes_by_cadastral",
                    ),
                    models.Index(condition=models.Q(("ended_on__isnull", False)), fields=["id"], name="homes_ended"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ended_on", None)),
                            models.Q(("ended_on__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="homes_end_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("damage", ""), ("damage_list", "")),
                            models.Q(
                                models.Q(("damage", ""), _negated=True), models.Q(("damage_list", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="homes_damage_has_list",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("building", ""), ("building_list", "")),
                            models.Q(
                                models.Q(("building", ""), _negated=True),
                                models.Q(("building_list", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="homes_building_has_list",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Photo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file", models.UUIDField(editable=False, unique=True)),
                ("mark", models.CharField(editable=False, max_length=64)),
                ("taken_on", models.DateField(blank=True, null=True)),
                ("caption_sealed", models.BinaryField(null=True)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("noted_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "noted_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "property",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="photos", to="homes.property"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)), fields=("property", "mark"), name="homes_photo_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Occupancy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("owner", "owner"),
                            ("tenant", "tenant"),
                            ("without_right", "without_right"),
                            ("empty", "empty"),
                            ("ruined", "ruined"),
                        ],
                        max_length=16,
                    ),
                ),
                ("started_on", models.DateField()),
                (
                    "started_precision",
                    models.CharField(
                        choices=[("day", "day"), ("month", "month"), ("year", "year"), ("estimate", "estimate")],
                        default=streha.common.codes.Precision["DAY"],
                        max_length=10,
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "ended_precision",
                    models.CharField(
                        blank=True,
                        choices=[("day", "day"), ("month", "month"), ("year", "year"), ("estimate", "estimate")],
                        max_length=10,
                    ),
                ),
                ("noted_at", models.DateTimeField()),
                (
                    "household",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.household",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "property",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="occupancies", to="homes.property"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "occupancies",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["kind", "property"], name="homes_occupied_now"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None), ("kind__in", ["empty", "ruined"])),
                        fields=("property",),
                        name="homes_empty_or_ruined_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None), ("ended_on__gte", models.F("started_on")), _connector="OR"
                        ),
                        name="homes_occupancy_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on", None), ("ended_precision", "")),
                            models.Q(("ended_on__isnull", False), models.Q(("ended_precision", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="homes_occupancy_end_has_precision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("person", None), ("household", None), _connector="OR"),
                        name="homes_occupied_by_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["empty", "ruined"]), _negated=True),
                            models.Q(("household", None), ("person", None)),
                            _connector="OR",
                        ),
                        name="homes_nobody_in_an_empty_home",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessed_on", models.DateField()),
                ("damage", models.CharField(blank=True, max_length=30)),
                ("damage_list", models.CharField(blank=True, max_length=30)),
                ("building", models.CharField(blank=True, max_length=30)),
                ("building_list", models.CharField(blank=True, max_length=30)),
                ("note_sealed", models.BinaryField(null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "noted_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "property",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assessments", to="homes.property"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("building", ""), ("damage", ""), _negated=True),
                        name="homes_assessment_says_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PropertyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("blind", models.CharField(max_length=32)),
                (
                    "property",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="homes.property",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["blind", "property"], name="homes_key_by_blind")],
                "constraints": [models.UniqueConstraint(fields=("property", "blind"), name="homes_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_sealed", models.BinaryField(null=True)),
                ("numerator", models.PositiveIntegerField(blank=True, null=True)),
                ("denominator", models.PositiveIntegerField(blank=True, null=True)),
                ("since", models.DateField(blank=True, null=True)),
                ("until", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "property",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="homes.property"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name_sealed__isnull", False), ("person", None)),
                            models.Q(("name_sealed", None), ("person__isnull", False)),
                            _connector="OR",
                        ),
                        name="homes_share_has_one_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("denominator", None), ("numerator", None)),
                            models.Q(
                                ("denominator__gt", 0),
                                ("denominator__isnull", False),
                                ("numerator__gt", 0),
                                ("numerator__lte", models.F("denominator")),
                            ),
                            _connector="OR",
                        ),
                        name="homes_share_at_most_the_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until", None), ("since", None), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="homes_share_ends_after_start",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("property", "person"),
                        name="homes_one_running_share_each",
                    ),
                ],
            },
        ),
    ]
