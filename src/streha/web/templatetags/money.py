"""Money and quantities as a page shows them, in the reader's way of writing numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import ngettext

from streha.assistance.entitlements.rules import PackageLine
from streha.assistance.supplies.models import Kit
from streha.common.codes import Script
from streha.common.words import Words
from streha.engine import names

register = template.Library()

KITS = "kits_by_code"


@register.filter
def sum_of(amount: Decimal, unit: str) -> str:
    """An amount with its currency or unit: 1 200,00 EUR, 40 pieces."""
    value = amount if amount else Decimal(0)
    is_money = len(unit) == len("EUR") and unit.isupper()
    places = 0 if value == value.to_integral_value() and not is_money else 2
    shown = number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{shown}\u00a0{unit if is_money else unit_name(unit, value)}"


def unit_name(unit: str, amount: Decimal) -> str:
    """What a unit is called beside an amount; one that nobody knows stays as it was written."""
    n = int(amount) if amount == amount.to_integral_value() else 2
    named = {
        "piece": ngettext("piece", "pieces", n),
        "pair": ngettext("pair", "pairs", n),
        "set": ngettext("set", "sets", n),
        "pack": ngettext("pack", "packs", n),
        "litre": ngettext("litre", "litres", n),
        "house": ngettext("house", "houses", n),
        "kit": ngettext("kit", "kits", n),
        "day": ngettext("day", "days", n),
        "month": ngettext("month", "months", n),
        "hour": ngettext("hour", "hours", n),
        "m2": "m²",
        "m3": "m³",
    }
    return named.get(unit, unit)


@register.filter
def much(value: Any) -> str:
    """``Money`` or ``Much`` in the reader's way of writing."""
    unit: str = getattr(value, "currency", None) or value.unit
    return sum_of(value.amount, unit)


@register.simple_tag(takes_context=True)
def kit_name(context: Context, code: str) -> str:
    """What a kit is called by its code, in the reader's language; other words stay as they were written."""
    request = context["request"]
    known: dict[str, Words] | None = getattr(request, KITS, None)
    if known is None:  # read once a page, however many rows it has
        known = {kit.code: kit.name for kit in Kit.objects.order_by("version")}
        setattr(request, KITS, known)
    return known[code].said_in(translation.get_language() or "en") if code in known else code


@register.filter
def package_label(line: PackageLine) -> str:
    """What a line of a package is called, in the reader's language."""
    labels = line.labels or {}
    language = (translation.get_language() or "en").lower()
    if language == "sr-latn":
        return names.transliterate(labels.get("sr", line.code), Script.LATIN)
    return labels.get(language, labels.get("en", line.code))
