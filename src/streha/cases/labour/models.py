"""Tables of work: profiles of skills, which hang on a case, and vacancies, which say nothing of anybody."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.cases.labour import rules
from streha.cases.plans.models import OfCaseQuerySet
from streha.people.models import choices

LEVELS = [(level.value, level.name) for level in rules.Level]
SPEAKS = [(level.value, level.name) for level in rules.Speaks]


class Profile(models.Model):
    """What the person of a case can do, when they are free, and how far they would go."""

    WALL = wall.through("case")

    case = models.OneToOneField("cases.Case", models.CASCADE, related_name="profile")
    free_from = models.DateField(null=True, blank=True)
    free_until = models.DateField(null=True, blank=True)
    goes_abroad = models.BooleanField(default=False)
    within_km = models.PositiveSmallIntegerField(null=True, blank=True)
    told_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField()

    objects: ClassVar[OfCaseQuerySet[Profile]] = OfCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(free_from=None)
                | models.Q(free_until=None)
                | models.Q(free_until__gte=models.F("free_from")),
                name="cases_profile_free_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"profile of {self.case_id}"


class ProfileSkill(models.Model):
    """A skill of the list, and how well."""

    WALL = wall.through("profile")

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="skills")
    skill = models.CharField(max_length=30, db_index=True)
    level = models.PositiveSmallIntegerField(choices=LEVELS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "skill"], name="cases_profileskill_once")]

    def __str__(self) -> str:
        return self.skill


class ProfileLanguage(models.Model):
    """A language, and how well it is spoken."""

    WALL = wall.through("profile")

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="languages")
    language = models.CharField(max_length=3, choices=choices(rules.Tongue))
    level = models.PositiveSmallIntegerField(choices=SPEAKS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "language"], name="cases_profilelanguage_once")]

    def __str__(self) -> str:
        return self.language


class Vacancy(models.Model):
    """Work that an employer offers: where, for how many, from when to when, and what it asks."""

    employer = models.CharField(max_length=160)
    title = models.CharField(max_length=160)
    area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    abroad = models.CharField(max_length=120, blank=True)
    number = models.PositiveSmallIntegerField(default=1)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=choices(rules.VacancyState), default=rules.VacancyState.OPEN.value)
    revision = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    is_fictional = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "vacancies"
        indexes = [models.Index(fields=["state", "starts_on", "id"], name="cases_vacancy_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(area__isnull=False, abroad="") | (models.Q(area=None) & ~models.Q(abroad="")),
                name="cases_vacancy_is_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="cases_vacancy_ends_after_start",
            ),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="cases_vacancy_for_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.employer}"


class VacancySkill(models.Model):
    """A skill that a vacancy asks for, at which level, and whether it must be there."""

    vacancy = models.ForeignKey(Vacancy, models.CASCADE, related_name="skills")
    skill = models.CharField(max_length=30)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    is_required = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vacancy", "skill"], name="cases_vacancyskill_once")]

    def __str__(self) -> str:
        return self.skill


class VacancyLanguage(models.Model):
    """A language that a vacancy asks for."""

    vacancy = models.ForeignKey(Vacancy, models.CASCADE, related_name="languages")
    language = models.CharField(max_length=3, choices=choices(rules.Tongue))
    level = models.PositiveSmallIntegerField(choices=SPEAKS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vacancy", "language"], name="cases_vacancylanguage_once")]

    def __str__(self) -> str:
        return self.language
