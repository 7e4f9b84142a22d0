import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streha.common.codes
import streha.people.models
import streha.people.rules


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_users_grants_and_tokens"),
        ("accounts", "__first__"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Household",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("sort_name", streha.people.models.FoldedField(blank=True, max_length=80)),
                ("address_sealed", models.BinaryField(null=True)),
                ("registered_at", models.DateTimeField()),
                ("source", models.CharField(default="office", max_length=40)),
                ("source_ref", models.CharField(blank=True, max_length=80)),
                ("shielded", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("ended_on", models.DateField(blank=True, null=True)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "home_area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
                (
                    "keeper",
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
            ],
            options={
                "indexes": [
                    models.Index(fields=["sort_name", "id"], name="people_household_by_name"),
                    models.Index(fields=["keeper", "sort_name", "id"], name="people_household_by_keeper"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("sort_name", streha.people.models.FoldedField(max_length=80)),
                ("birth_date", models.DateField(blank=True, null=True)),
                (
                    "birth_precision",
                    models.CharField(
                        blank=True,
                        choices=[("day", "day"), ("month", "month"), ("year", "year"), ("estimate", "estimate")],
                        max_length=10,
                    ),
                ),
                (
                    "sex",
                    models.CharField(
                        choices=[("f", "f"), ("m", "m"), ("o", "o"), ("u", "u")],
                        default=streha.common.codes.Sex["UNKNOWN"],
                        max_length=1,
                    ),
                ),
                (
                    "vital_status",
                    models.CharField(
                        choices=[("alive", "alive"), ("dead", "dead"), ("missing", "missing"), ("unknown", "unknown")],
                        default=streha.people.rules.VitalStatus["ALIVE"],
                        max_length=10,
                    ),
                ),
                ("citizenship", models.CharField(blank=True, max_length=2)),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("sq", "sq"), ("sr-Cyrl", "sr-Cyrl"), ("sr-Latn", "sr-Latn"), ("en", "en")],
                        max_length=8,
                    ),
                ),
                ("community_sealed", models.BinaryField(null=True)),
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
                            ("died", "died"),
                            ("left", "left"),
                            ("registered_twice", "registered_twice"),
                            ("registered_in_error", "registered_in_error"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "home_area",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
                (
                    "keeper",
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
                    models.Index(fields=["sort_name", "id"], name="people_person_by_name"),
                    models.Index(fields=["keeper", "sort_name", "id"], name="people_person_by_keeper"),
                    models.Index(fields=["sex", "sort_name", "id"], name="people_person_by_sex"),
                    models.Index(fields=["home_area", "sort_name", "id"], name="people_person_by_home"),
                    models.Index(fields=["registered_by", "sort_name", "id"], name="people_person_by_user"),
                    models.Index(
                        condition=models.Q(("ended_on__isnull", False)),
                        fields=["ended_on", "sort_name", "id"],
                        name="people_person_ended",
                    ),
                    models.Index(
                        condition=models.Q(("source", "office"), _negated=True),
                        fields=["source"],
                        name="people_person_by_source",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("birth_date", None), ("birth_precision", "")),
                            models.Q(("birth_date__isnull", False), models.Q(("birth_precision", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="people_birth_has_precision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ended_on", None)),
                            models.Q(("ended_on__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="people_end_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", streha.people.models.FoldedField(max_length=40)),
                ("sort_name", streha.people.models.FoldedField(max_length=80)),
                ("shielded", models.BooleanField(default=False)),
                (
                    "keeper",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["key", "sort_name", "person", "keeper", "shielded"], name="people_namekey_search"
                    ),
                    models.Index(
                        fields=["keeper", "key", "sort_name", "person", "shielded"], name="people_namekey_keeper"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="people_namekey_once")],
            },
        ),
        migrations.CreateModel(
            name="Name",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("main", "main"),
                            ("script", "script"),
                            ("birth", "birth"),
                            ("alias", "alias"),
                            ("former", "former"),
                        ],
                        default=streha.people.rules.NameKind["MAIN"],
                        max_length=12,
                    ),
                ),
                (
                    "script",
                    models.CharField(
                        choices=[("Latn", "Latn"), ("Cyrl", "Cyrl"), ("Arab", "Arab"), ("Zyyy", "Zyyy")],
                        default=streha.common.codes.Script["LATIN"],
                        max_length=4,
                    ),
                ),
                ("given", models.CharField(blank=True, max_length=100)),
                ("father", models.CharField(blank=True, max_length=100)),
                ("family", models.CharField(blank=True, max_length=100)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="people_name_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("family", ""), ("given", ""), _negated=True), name="people_name_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("head", "head"),
                            ("spouse", "spouse"),
                            ("child", "child"),
                            ("parent", "parent"),
                            ("sibling", "sibling"),
                            ("grandparent", "grandparent"),
                            ("grandchild", "grandchild"),
                            ("in_law", "in_law"),
                            ("other", "other"),
                            ("unknown", "unknown"),
                        ],
                        default=streha.people.rules.Relation["UNKNOWN"],
                        max_length=20,
                    ),
                ),
                ("is_head", models.BooleanField(default=False)),
                ("is_collector", models.BooleanField(default=False)),
                ("is_alternate", models.BooleanField(default=False)),
                ("started_on", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="people.household"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("person",),
                        name="people_one_household_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None), ("is_head", True)),
                        fields=("household",),
                        name="people_one_head",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None), ("is_collector", True)),
                        fields=("household",),
                        name="people_one_collector",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None),
                            ("started_on", None),
                            ("ended_on__gte", models.F("started_on")),
                            _connector="OR",
                        ),
                        name="people_membership_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchPair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=120)),
                ("is_central", models.BooleanField(default=False)),
                ("found_at", models.DateTimeField()),
                (
                    "left",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
                (
                    "right",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("left", "right"), name="people_matchpair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("left__lt", models.F("right"))), name="people_matchpair_ordered"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Intention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "wish",
                    models.CharField(
                        choices=[
                            ("return", "return"),
                            ("integrate", "integrate"),
                            ("elsewhere", "elsewhere"),
                            ("undecided", "undecided"),
                        ],
                        max_length=20,
                    ),
                ),
                ("said_on", models.DateField()),
                ("noted_at", models.DateTimeField()),
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
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="intentions", to="people.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("personal_number", "personal_number"),
                            ("jmbg", "jmbg"),
                            ("id_card", "id_card"),
                            ("passport", "passport"),
                            ("refugee_card", "refugee_card"),
                            ("displaced_card", "displaced_card"),
                            ("birth_extract", "birth_extract"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("issuer", models.CharField(blank=True, max_length=2)),
                ("sealed", models.BinaryField()),
                ("blind", models.CharField(db_index=True, editable=False, max_length=64)),
                ("hint", models.CharField(editable=False, max_length=4)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="identifiers", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="people_identifier_ends_after_start",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to", None)),
                        fields=("person", "blind"),
                        name="people_identifier_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Functioning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_on", models.DateField()),
                ("seeing", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("hearing", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("walking", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("remembering", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("self_care", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("communicating", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="functioning", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seeing__in", [1, 2, 3, 4]), ("seeing", None), _connector="OR"),
                        name="people_functioning_seeing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hearing__in", [1, 2, 3, 4]), ("hearing", None), _connector="OR"),
                        name="people_functioning_hearing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("walking__in", [1, 2, 3, 4]), ("walking", None), _connector="OR"),
                        name="people_functioning_walking",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("remembering__in", [1, 2, 3, 4]), ("remembering", None), _connector="OR"),
                        name="people_functioning_remembering",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("self_care__in", [1, 2, 3, 4]), ("self_care", None), _connector="OR"),
                        name="people_functioning_self_care",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("communicating__in", [1, 2, 3, 4]), ("communicating", None), _connector="OR"
                        ),
                        name="people_functioning_communicating",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DisplacementEpisode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("displaced", "displaced"),
                            ("refugee", "refugee"),
                            ("returnee", "returnee"),
                            ("repatriated", "repatriated"),
                            ("host", "host"),
                            ("at_risk", "at_risk"),
                            ("relocated", "relocated"),
                            ("labour_migrant", "labour_migrant"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("conflict", "conflict"),
                            ("flood", "flood"),
                            ("earthquake", "earthquake"),
                            ("landslide", "landslide"),
                            ("wildfire", "wildfire"),
                            ("drought", "drought"),
                            ("heat", "heat"),
                            ("degradation", "degradation"),
                            ("development", "development"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("from_text", models.CharField(blank=True, max_length=120)),
                ("to_text", models.CharField(blank=True, max_length=120)),
                ("started_on", models.DateField(blank=True, null=True)),
                (
                    "started_precision",
                    models.CharField(
                        blank=True,
                        choices=[("day", "day"), ("month", "month"), ("year", "year"), ("estimate", "estimate")],
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
                    "from_area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
                (
                    "to_area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.area",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="episodes", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None),
                            ("started_on", None),
                            ("ended_on__gte", models.F("started_on")),
                            _connector="OR",
                        ),
                        name="people_episode_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("started_on", None), ("started_precision", "")),
                            models.Q(("started_on__isnull", False), models.Q(("started_precision", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="people_episode_start_has_precision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on", None), ("ended_precision", "")),
                            models.Q(("ended_on__isnull", False), models.Q(("ended_precision", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="people_episode_end_has_precision",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "phone"), ("email", "email"), ("address", "address")], max_length=10
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("blind", models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ("hint", models.CharField(blank=True, editable=False, max_length=12)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="people_contact_ends_after_start",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=60)),
                ("recipients", models.CharField(blank=True, max_length=200)),
                (
                    "basis",
                    models.CharField(
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
                ("given_on", models.DateField()),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("withdrawn_on", models.DateField(blank=True, null=True)),
                ("evidence", models.CharField(blank=True, max_length=200)),
                ("noted_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_on", None), ("expires_on__gte", models.F("given_on")), _connector="OR"
                        ),
                        name="people_consent_expires_after_given",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_on", None), ("withdrawn_on__gte", models.F("given_on")), _connector="OR"
                        ),
                        name="people_consent_withdrawn_after_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtectionNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.BinaryField()),
                ("noted_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="protection_notes", to="people.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpecificNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("chronic_illness", "chronic_illness"),
                            ("disability", "disability"),
                            ("single_parent", "single_parent"),
                            ("elderly_alone", "elderly_alone"),
                            ("unaccompanied_child", "unaccompanied_child"),
                            ("pregnant", "pregnant"),
                            ("no_documents", "no_documents"),
                            ("no_shelter", "no_shelter"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note_sealed", models.BinaryField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="needs", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="people_specificneed_ends_after_start",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipient", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=60)),
                ("classes", models.CharField(max_length=120)),
                (
                    "basis",
                    models.CharField(
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
                    "consent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="transfers",
                        to="people.consent",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="people.person"
                    ),
                ),
            ],
        ),
    ]
