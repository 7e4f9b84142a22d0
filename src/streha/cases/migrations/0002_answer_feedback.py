import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_scorers"),
        ("accounts", "__first__"),
        ("cases", "0001_tracks_and_cases"),
        ("homes", "0001_homes_owners_occupancy_photos"),
        ("people", "0009_keep_levels_of_decisions"),
        ("places", "0001_areas_names_codes_and_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label_sq", models.CharField(max_length=120)),
                ("label_sr", models.CharField(max_length=120)),
                ("label_sr_latn", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=120)),
                ("code", models.CharField(max_length=30)),
                ("number", models.PositiveIntegerField()),
                ("is_sensitive", models.BooleanField(default=False)),
                ("acknowledge_days", models.PositiveSmallIntegerField()),
                ("answer_days", models.PositiveSmallIntegerField()),
                ("at_risk_percent", models.PositiveSmallIntegerField()),
                (
                    "counting",
                    models.CharField(choices=[("working", "working"), ("calendar", "calendar")], max_length=10),
                ),
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("code", "number"), name="cases_clock_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_by", ""), ("verified_on", None)),
                            models.Q(models.Q(("verified_by", ""), _negated=True), ("verified_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="cases_clock_verified_by_and_on",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("name", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=300)),
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
            ],
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("registered_at", models.DateTimeField()),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "phone"),
                            ("in_person", "in_person"),
                            ("letter", "letter"),
                            ("email", "email"),
                            ("message", "message"),
                            ("box", "box"),
                            ("meeting", "meeting"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_anonymous", models.BooleanField(default=False)),
                ("text_sealed", models.BinaryField(null=True)),
                ("contact_sealed", models.BinaryField(null=True)),
                ("received_on", models.DateField()),
                ("acknowledge_by", models.DateField(null=True)),
                ("answer_by", models.DateField()),
                ("answer_risk_on", models.DateField()),
                ("due_on", models.DateField()),
                ("risk_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("acknowledged", "acknowledged"),
                            ("answered", "answered"),
                            ("closed", "closed"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("acknowledged_on", models.DateField(blank=True, null=True)),
                ("answered_on", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("upheld", "upheld"),
                            ("partly", "partly"),
                            ("not_upheld", "not_upheld"),
                            ("informed", "informed"),
                            ("passed_on", "passed_on"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=12,
                    ),
                ),
                ("closed_on", models.DateField(blank=True, null=True)),
                ("told_on", models.DateField(blank=True, null=True)),
                (
                    "told_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "phone"),
                            ("in_person", "in_person"),
                            ("letter", "letter"),
                            ("email", "email"),
                            ("message", "message"),
                            ("box", "box"),
                            ("meeting", "meeting"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "not_told",
                    models.CharField(
                        blank=True,
                        choices=[("anonymous", "anonymous"), ("unreachable", "unreachable"), ("unsafe", "unsafe")],
                        max_length=12,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("source", models.CharField(default="office", max_length=20)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                ("name_sealed", models.BinaryField(null=True)),
                (
                    "sex",
                    models.CharField(
                        choices=[("f", "f"), ("m", "m"), ("o", "o"), ("u", "u")], default="u", max_length=1
                    ),
                ),
                (
                    "age_group",
                    models.CharField(
                        choices=[("0-17", "0-17"), ("18-59", "18-59"), ("60+", "60+"), ("u", "u")],
                        default="u",
                        max_length=6,
                    ),
                ),
                (
                    "disability",
                    models.CharField(choices=[("yes", "yes"), ("no", "no"), ("u", "u")], default="u", max_length=4),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="cases.case",
                    ),
                ),
                (
                    "clock",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.clock"),
                ),
                (
                    "home",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="homes.property",
                    ),
                ),
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
                    "keeper",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"),
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
                    "owner",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="people.person",
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
                "verbose_name_plural": "feedback",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["state", "due_on", "id"], name="cases_feedback_by_due"),
                    models.Index(fields=["keeper", "due_on", "id"], name="cases_feedback_keeper"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_on", None), ("outcome", ""), ("state__in", ["received", "acknowledged"])
                            ),
                            models.Q(
                                ("answered_on__isnull", False),
                                ("state__in", ["answered", "closed"]),
                                ("answered_on__gte", models.F("received_on")),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_feedback_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acknowledged_on", None),
                            ("acknowledged_on__gte", models.F("received_on")),
                            _connector="OR",
                        ),
                        name="cases_feedback_acknowledged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("state", "closed"), _negated=True),
                                ("closed_on", None),
                                ("not_told", ""),
                                ("told_how", ""),
                                ("told_on", None),
                            ),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("state", "closed"),
                                ("told_how", ""),
                                ("told_on", None),
                                models.Q(("not_told", ""), _negated=True),
                            ),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("not_told", ""),
                                ("state", "closed"),
                                ("told_on__isnull", False),
                                models.Q(("told_how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_feedback_told_or_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedbackStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("acknowledged", "Acknowledged"),
                            ("assigned", "Assigned"),
                            ("note", "Note"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                        ],
                        max_length=12,
                    ),
                ),
                ("sealed", models.BinaryField(null=True)),
                ("on", models.DateField()),
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
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="cases.feedback"
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.UUIDField(editable=False, unique=True)),
                ("registered_at", models.DateTimeField()),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "phone"),
                            ("in_person", "in_person"),
                            ("letter", "letter"),
                            ("email", "email"),
                            ("message", "message"),
                            ("box", "box"),
                            ("meeting", "meeting"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_anonymous", models.BooleanField(default=False)),
                ("text_sealed", models.BinaryField(null=True)),
                ("contact_sealed", models.BinaryField(null=True)),
                ("received_on", models.DateField()),
                ("acknowledge_by", models.DateField(null=True)),
                ("answer_by", models.DateField()),
                ("answer_risk_on", models.DateField()),
                ("due_on", models.DateField()),
                ("risk_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("acknowledged", "acknowledged"),
                            ("answered", "answered"),
                            ("closed", "closed"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("acknowledged_on", models.DateField(blank=True, null=True)),
                ("answered_on", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("upheld", "upheld"),
                            ("partly", "partly"),
                            ("not_upheld", "not_upheld"),
                            ("informed", "informed"),
                            ("passed_on", "passed_on"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=12,
                    ),
                ),
                ("closed_on", models.DateField(blank=True, null=True)),
                ("told_on", models.DateField(blank=True, null=True)),
                (
                    "told_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "phone"),
                            ("in_person", "in_person"),
                            ("letter", "letter"),
                            ("email", "email"),
                            ("message", "message"),
                            ("box", "box"),
                            ("meeting", "meeting"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "not_told",
                    models.CharField(
                        blank=True,
                        choices=[("anonymous", "anonymous"), ("unreachable", "unreachable"), ("unsafe", "unsafe")],
                        max_length=12,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("source", models.CharField(default="office", max_length=20)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("is_fictional", models.BooleanField(default=False)),
                (
                    "clock",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.clock"),
                ),
                (
                    "keeper",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.area"),
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "abstract": False,
                "indexes": [
                    models.Index(fields=["state", "due_on", "id"], name="cases_report_by_due"),
                    models.Index(fields=["keeper", "due_on", "id"], name="cases_report_keeper"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_on", None), ("outcome", ""), ("state__in", ["received", "acknowledged"])
                            ),
                            models.Q(
                                ("answered_on__isnull", False),
                                ("state__in", ["answered", "closed"]),
                                ("answered_on__gte", models.F("received_on")),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_report_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acknowledged_on", None),
                            ("acknowledged_on__gte", models.F("received_on")),
                            _connector="OR",
                        ),
                        name="cases_report_acknowledged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("state", "closed"), _negated=True),
                                ("closed_on", None),
                                ("not_told", ""),
                                ("told_how", ""),
                                ("told_on", None),
                            ),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("state", "closed"),
                                ("told_how", ""),
                                ("told_on", None),
                                models.Q(("not_told", ""), _negated=True),
                            ),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("not_told", ""),
                                ("state", "closed"),
                                ("told_on__isnull", False),
                                models.Q(("told_how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_report_told_or_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("acknowledged", "Acknowledged"),
                            ("assigned", "Assigned"),
                            ("note", "Note"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                        ],
                        max_length=12,
                    ),
                ),
                ("sealed", models.BinaryField(null=True)),
                ("on", models.DateField()),
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
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="cases.report"
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
            ],
            options={
                "abstract": False,
            },
        ),
    ]
