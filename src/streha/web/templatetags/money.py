"""Money and quantities as a page shows them, in the reader's way of writing numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils import translation
from django.utils.formats import number_format

from streha.assistance.entitlements.rules import PackageLine
from streha.common.codes import Script
from streha.engine import names

register = template.Library()


@register.filter
def sum_of(amount: Decimal, unit: str) -> str:
    """An amount with its currency or unit: 1 200,00 EUR."""
    value = amount if amount else Decimal(0)
    places = 0 if value == value.to_integral_value() and len(unit) != len("EUR") else 2
    return f"{number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)}\u00a0{unit}"


@register.filter
def much(value: Any) -> str:
    """``Money`` or ``Much`` in the reader's way of writing."""
    unit: str = getattr(value, "currency", None) or value.unit
    return sum_of(value.amount, unit)


@register.filter
def package_label(line: PackageLine) -> str:
    """What a line of a package is called, in the reader's language."""
    labels = line.labels or {}
    language = (translation.get_language() or "en").lower()
    if language == "sr-latn":
        return names.transliterate(labels.get("sr", line.code), Script.LATIN)
    return labels.get(language, labels.get("en", line.code))
