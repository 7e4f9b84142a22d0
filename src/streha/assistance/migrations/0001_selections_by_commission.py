import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streha.assistance.selections.rules


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("people", "0005_ended_by_name"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgendaItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("conclusion", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=160, verbose_name="title")),
                ("opens_on", models.DateField()),
                ("closes_on", models.DateField()),
                ("places", models.PositiveIntegerField()),
                ("budget", models.CharField(blank=True, max_length=120)),
                ("threshold", models.PositiveSmallIntegerField(default=10)),
                ("appeal_days", models.PositiveSmallIntegerField(default=30)),
                ("made_at", models.DateTimeField()),
                ("is_fictional", models.BooleanField(default=False)),
                ("last_number", models.PositiveIntegerField(default=0)),
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
                    "municipality",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-closes_on", "-id"], name="assistance_call_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("closes_on__gte", models.F("opens_on"))),
                        name="assistance_call_closes_after_opening",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=8, unique=True)),
                (
                    "request",
                    models.CharField(
                        choices=[("house", "house"), ("material", "material"), ("money", "money")], max_length=12
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("is_late", models.BooleanField(default=False)),
                ("late_accepted", models.BooleanField(default=False)),
                ("late_at", models.DateTimeField(blank=True, null=True)),
                ("late_reason", models.CharField(blank=True, max_length=300)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "applicant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.household"
                    ),
                ),
                (
                    "late_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="applications", to="assistance.call"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("call", "number"), name="assistance_application_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("call", "household"),
                        name="assistance_one_application_of_a_household",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("late_at", None), models.Q(("late_reason", ""), _negated=True), _connector="OR"
                        ),
                        name="assistance_late_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("house", "house"), ("material", "material"), ("money", "money")], max_length=12
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="requests", to="assistance.call"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("call", "kind"), name="assistance_request_once")],
            },
        ),
        migrations.CreateModel(
            name="CommissionMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "function",
                    models.CharField(
                        choices=[
                            ("chair", "chair"),
                            ("member", "member"),
                            ("secretary", "secretary"),
                            ("scorer", "scorer"),
                            ("appeal_chair", "appeal_chair"),
                            ("appeal_member", "appeal_member"),
                        ],
                        max_length=16,
                    ),
                ),
                ("named_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="commission", to="assistance.call"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at", None)),
                        fields=("call", "user"),
                        name="assistance_one_function_in_a_call",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "bond",
                    models.CharField(
                        choices=[
                            ("declared", "declared"),
                            ("same_name", "same_name"),
                            ("same_family", "same_family"),
                            ("entered_it", "entered_it"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[("open", "open"), ("free", "free"), ("bound", "bound")],
                        default=streha.assistance.selections.rules.Answer["OPEN"],
                        max_length=8,
                    ),
                ),
                ("said_sealed", models.BinaryField(null=True)),
                ("found_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conflicts",
                        to="assistance.application",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("application", "user", "bond"), name="assistance_conflict_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Grid",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40)),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("is_example", models.BooleanField(default=False)),
                ("verified", models.BooleanField(default=False)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                ("is_frozen", models.BooleanField(default=False)),
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
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="assistance_grid_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verified", False), models.Q(("source", ""), _negated=True), _connector="OR"
                        ),
                        name="assistance_grid_verified_has_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EligibilityRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.SlugField(max_length=40)),
                (
                    "fact",
                    models.CharField(
                        choices=[
                            ("displaced", "displaced"),
                            ("owns_property", "owns_property"),
                            ("inheritance_settled", "inheritance_settled"),
                            ("housed_before", "housed_before"),
                            ("wishes_return", "wishes_return"),
                            ("household_size", "household_size"),
                            ("children", "children"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "test",
                    models.CharField(
                        choices=[
                            ("is_yes", "is_yes"),
                            ("is_no", "is_no"),
                            ("at_least", "at_least"),
                            ("at_most", "at_most"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.IntegerField(default=0)),
                (
                    "effect",
                    models.CharField(choices=[("excludes", "excludes"), ("obstacle", "obstacle")], max_length=12),
                ),
                ("reason_en", models.CharField(blank=True, max_length=300)),
                ("reason_sq", models.CharField(blank=True, max_length=300)),
                ("reason_sr", models.CharField(blank=True, max_length=300)),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="assistance.grid"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("grid", "code"), name="assistance_rule_once")],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.SlugField(max_length=40)),
                ("most", models.PositiveSmallIntegerField()),
                (
                    "evidence",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("displaced_card", "displaced_card"),
                            ("id_card", "id_card"),
                            ("birth_extract", "birth_extract"),
                            ("possession_list", "possession_list"),
                            ("joint_statement", "joint_statement"),
                            ("vulnerability_proof", "vulnerability_proof"),
                            ("medical_finding", "medical_finding"),
                            ("other", "other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("label_en", models.CharField(blank=True, max_length=200)),
                ("label_sq", models.CharField(blank=True, max_length=200)),
                ("label_sr", models.CharField(blank=True, max_length=200)),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="criteria", to="assistance.grid"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("grid", "code"), name="assistance_criterion_once")],
            },
        ),
        migrations.AddField(
            model_name="call",
            name="grid",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="calls", to="assistance.grid"
            ),
        ),
        migrations.CreateModel(
            name="Ranked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("place_in_list", models.PositiveIntegerField()),
                ("position", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("ranked", "ranked"),
                            ("late", "late"),
                            ("incomplete", "incomplete"),
                            ("not_eligible", "not_eligible"),
                            ("obstacle", "obstacle"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("selected", "selected"), ("reserve", "reserve"), ("refused", "refused")],
                        max_length=10,
                    ),
                ),
                ("reasons", models.CharField(blank=True, max_length=400)),
                ("ties", models.CharField(blank=True, max_length=200)),
                ("halves", models.PositiveIntegerField(default=0)),
                ("subject", models.UUIDField(editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ranked", to="assistance.application"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RankedMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="assistance.ranked"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("row", "person"), name="assistance_ranked_member_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RankedPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("criterion", models.SlugField(max_length=40)),
                ("order", models.PositiveSmallIntegerField()),
                ("halves", models.PositiveSmallIntegerField()),
                ("evidence", models.CharField(blank=True, max_length=24)),
                (
                    "row",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="points", to="assistance.ranked"
                    ),
                ),
            ],
            options={
                "ordering": ["order"],
                "constraints": [
                    models.UniqueConstraint(fields=("row", "criterion"), name="assistance_ranked_point_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RequiredPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("displaced_card", "displaced_card"),
                            ("id_card", "id_card"),
                            ("birth_extract", "birth_extract"),
                            ("possession_list", "possession_list"),
                            ("joint_statement", "joint_statement"),
                            ("vulnerability_proof", "vulnerability_proof"),
                            ("medical_finding", "medical_finding"),
                            ("other", "other"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "whose",
                    models.CharField(
                        choices=[("household", "household"), ("adult", "adult"), ("minor", "minor")], max_length=12
                    ),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="assistance.grid"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("grid", "kind", "whose"), name="assistance_paper_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Scoring",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "round",
                    models.CharField(
                        choices=[
                            ("first", "first"),
                            ("second", "second"),
                            ("third", "third"),
                            ("session", "session"),
                            ("appeal", "appeal"),
                        ],
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scorings",
                        to="assistance.application",
                    ),
                ),
                (
                    "scorer",
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
                    models.UniqueConstraint(fields=("application", "round"), name="assistance_round_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("round__in", ["first", "second", "third"])),
                        fields=("application", "scorer"),
                        name="assistance_scorer_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScorePoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("points", models.PositiveSmallIntegerField()),
                ("reason_sealed", models.BinaryField(null=True)),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assistance.criterion"
                    ),
                ),
                (
                    "scoring",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="points", to="assistance.scoring"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("scoring", "criterion"), name="assistance_point_once")],
            },
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("grid_digest", models.CharField(max_length=64)),
                ("list_digest", models.CharField(max_length=64)),
                ("places", models.PositiveIntegerField()),
                ("threshold", models.PositiveSmallIntegerField()),
                ("aged_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ranked", "Ranked"),
                            ("decided", "Decided"),
                            ("published", "Published"),
                            ("replaced", "Replaced"),
                        ],
                        default="ranked",
                        max_length=10,
                    ),
                ),
                ("ranked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="selections", to="assistance.call"
                    ),
                ),
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
                    "decided_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assistance.agendaitem",
                    ),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assistance.grid"
                    ),
                ),
                (
                    "ranked_by",
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
                    models.UniqueConstraint(fields=("call", "number"), name="assistance_selection_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["decided", "published"])),
                        fields=("call",),
                        name="assistance_one_decision_in_force",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="ranked",
            name="selection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="assistance.selection"
            ),
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_on", models.DateField()),
                ("place", models.CharField(blank=True, max_length=120)),
                ("is_appeal", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("minutes", models.TextField(blank=True)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="assistance.call"
                    ),
                ),
                (
                    "planned_by",
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
                        condition=models.Q(("closed_at", None), ("opened_at__isnull", False), _connector="OR"),
                        name="assistance_session_opened_before_closed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None), ("opened_at__isnull", False)),
                        fields=("call",),
                        name="assistance_one_open_session",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="selection",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="selections", to="assistance.session"
            ),
        ),
        migrations.AddField(
            model_name="scoring",
            name="session",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assistance.session",
            ),
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="presences", to="assistance.session"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("session", "user"), name="assistance_presence_once")],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_on", models.DateField()),
                ("grounds_sealed", models.BinaryField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("upheld", "Upheld"),
                            ("dismissed", "Dismissed"),
                            ("out_of_time", "Out Of Time"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("entered_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="assistance.ranked"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="assistance.session",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("row",), name="assistance_one_appeal_of_a_row"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_at", None), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="assistance_appeal_has_reason",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="agendaitem",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="agenda", to="assistance.session"
            ),
        ),
        migrations.CreateModel(
            name="Tie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("criterion", "criterion"),
                            ("children", "children"),
                            ("household_size", "household_size"),
                            ("received", "received"),
                        ],
                        max_length=16,
                    ),
                ),
                ("criterion", models.SlugField(blank=True, max_length=40)),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ties", to="assistance.grid"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(
                        choices=[("for", "for"), ("against", "against"), ("abstains", "abstains")], max_length=8
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="votes", to="assistance.agendaitem"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("item", "user"), name="assistance_vote_once")],
            },
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.SlugField(max_length=40)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="waivers", to="assistance.application"
                    ),
                ),
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
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assistance.session"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("application", "rule"), name="assistance_waiver_once")],
            },
        ),
        migrations.CreateModel(
            name="ApplicationAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fact",
                    models.CharField(
                        choices=[
                            ("displaced", "displaced"),
                            ("owns_property", "owns_property"),
                            ("inheritance_settled", "inheritance_settled"),
                            ("housed_before", "housed_before"),
                            ("wishes_return", "wishes_return"),
                            ("household_size", "household_size"),
                            ("children", "children"),
                        ],
                        max_length=24,
                    ),
                ),
                ("value", models.IntegerField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="assistance.application"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("application", "fact"), name="assistance_answer_once")],
            },
        ),
        migrations.CreateModel(
            name="ApplicationMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("relation", models.CharField(max_length=20)),
                ("left_noted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="assistance.application"
                    ),
                ),
                (
                    "left_noted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("application", "person"), name="assistance_member_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApplicationPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("displaced_card", "displaced_card"),
                            ("id_card", "id_card"),
                            ("birth_extract", "birth_extract"),
                            ("possession_list", "possession_list"),
                            ("joint_statement", "joint_statement"),
                            ("vulnerability_proof", "vulnerability_proof"),
                            ("medical_finding", "medical_finding"),
                            ("other", "other"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("seen", "seen"), ("missing", "missing"), ("refused", "refused")], max_length=12
                    ),
                ),
                ("reference_sealed", models.BinaryField(null=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="assistance.application"
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
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("application", "kind", "person"),
                        name="assistance_paper_of_member_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person", None)),
                        fields=("application", "kind"),
                        name="assistance_paper_of_household_once",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="ranked",
            index=models.Index(fields=["selection", "place_in_list"], name="assistance_ranked_in_order"),
        ),
        migrations.AddConstraint(
            model_name="ranked",
            constraint=models.UniqueConstraint(fields=("selection", "application"), name="assistance_ranked_once"),
        ),
        migrations.AddConstraint(
            model_name="agendaitem",
            constraint=models.UniqueConstraint(fields=("session", "position"), name="assistance_agenda_in_order"),
        ),
    ]
