import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BoundaryLoad",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("source", models.CharField(max_length=400)),
                ("licence", models.CharField(max_length=200)),
                ("loaded_by", models.CharField(max_length=120)),
                ("loaded_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Indicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True)),
                ("label_en", models.CharField(max_length=120)),
                ("label_sq", models.CharField(blank=True, max_length=120)),
                ("label_sr", models.CharField(blank=True, max_length=120)),
                ("label_sr_latn", models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stamp", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="Area",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("country", "country"),
                            ("region", "region"),
                            ("municipality", "municipality"),
                            ("settlement", "settlement"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("path", models.CharField(max_length=48, null=True, unique=True)),
                ("label_sq", models.CharField(max_length=120)),
                ("label_sr", models.CharField(max_length=120)),
                ("label_sr_latn", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=120)),
                (
                    "area_km2",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="area, km²"
                    ),
                ),
                ("lon", models.FloatField(blank=True, null=True)),
                ("lat", models.FloatField(blank=True, null=True)),
                ("since", models.DateField(blank=True, null=True)),
                ("until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=400)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="places.area",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "label_sq"], name="places_area_by_kind")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "country"), ("parent", None)),
                            models.Q(("kind", "country"), _negated=True),
                            _connector="OR",
                        ),
                        name="places_area_country_has_no_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lat", None), ("lon", None)),
                            models.Q(("lat__gte", -90), ("lat__lte", 90), ("lon__gte", -180), ("lon__lte", 180)),
                            _connector="OR",
                        ),
                        name="places_area_point_on_earth",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("area_km2", None), ("area_km2__gt", 0), _connector="OR"),
                        name="places_area_km2_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since", None), ("until", None), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="places_area_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scheme", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=60)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="places.area"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("scheme", "code"), name="places_code_names_one_area"),
                    models.CheckConstraint(
                        condition=models.Q(("code", ""), _negated=True), name="places_code_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=3)),
                ("script", models.CharField(max_length=4)),
                ("name", models.CharField(max_length=120)),
                ("key", models.CharField(db_index=True, max_length=120)),
                (
                    "standing",
                    models.CharField(
                        choices=[("official", "official"), ("variant", "also written"), ("former", "former name")],
                        default="official",
                        max_length=10,
                    ),
                ),
                ("verified", models.BooleanField(default=True)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=400)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="places.area"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("area", "language", "script", "name"), name="places_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("standing", "official"), ("valid_until", None)),
                        fields=("area", "language", "script"),
                        name="places_one_official_name_now",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="places_name_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaTile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("layout", models.CharField(max_length=20)),
                ("column", models.PositiveSmallIntegerField()),
                ("row", models.PositiveSmallIntegerField()),
                ("tag", models.CharField(max_length=4)),
                (
                    "area",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tile", to="places.area"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("layout", "column", "row"), name="places_one_tile_per_cell"),
                    models.UniqueConstraint(fields=("layout", "tag"), name="places_tag_names_one_tile"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaBoundary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("wkb", models.BinaryField()),
                ("west", models.FloatField()),
                ("south", models.FloatField()),
                ("east", models.FloatField()),
                ("north", models.FloatField()),
                ("area_km2", models.DecimalField(decimal_places=3, max_digits=12)),
                ("repaired", models.CharField(blank=True, max_length=200)),
                (
                    "area",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="boundary", to="places.area"
                    ),
                ),
                (
                    "load",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="boundaries", to="places.boundaryload"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("south__lte", models.F("north")), ("west__lte", models.F("east"))),
                        name="places_boundary_box_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Facility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("school", "school"),
                            ("clinic", "health centre"),
                            ("shelter", "shelter"),
                            ("collective_centre", "collective centre"),
                            ("office", "office"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=160, verbose_name="name")),
                ("name_other", models.CharField(blank=True, max_length=160, verbose_name="name in the other language")),
                ("lon", models.FloatField(blank=True, null=True)),
                ("lat", models.FloatField(blank=True, null=True)),
                ("capacity", models.PositiveIntegerField(blank=True, null=True, verbose_name="capacity, people")),
                ("scheme", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=60)),
                ("source", models.CharField(max_length=400)),
                ("until", models.DateField(blank=True, null=True)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facilities", to="places.area"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "facilities",
                "constraints": [
                    models.UniqueConstraint(fields=("scheme", "code"), name="places_code_names_one_facility"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lat", None), ("lon", None)),
                            models.Q(("lat__gte", -90), ("lat__lte", 90), ("lon__gte", -180), ("lon__lte", 180)),
                            _connector="OR",
                        ),
                        name="places_facility_point_on_earth",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Observation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period_start", models.DateField()),
                ("period_end", models.DateField()),
                ("group", models.CharField(blank=True, max_length=60)),
                ("value", models.DecimalField(decimal_places=6, max_digits=20)),
                ("unit", models.CharField(max_length=30)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("census", "census"),
                            ("estimate", "estimate"),
                            ("register", "register"),
                            ("survey", "survey"),
                            ("model", "model"),
                            ("law", "law"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("source", models.CharField(max_length=400)),
                ("vintage", models.CharField(max_length=10)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="observations", to="places.area"
                    ),
                ),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="observations", to="places.indicator"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["area", "indicator", "-period_end"], name="places_observation_by_area")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("indicator", "area", "period_start", "period_end", "group", "vintage"),
                        name="places_observation_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_end__gte", models.F("period_start"))),
                        name="places_observation_period_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="places_observation_has_source"
                    ),
                ],
            },
        ),
    ]
