"""Codes of slips as they are printed."""

from __future__ import annotations

from django import template

from streha.assistance.distributions.rules import codes

register = template.Library()


@register.filter
def slip_code(code: str) -> str:
    """A code in two groups of five."""
    return codes.shown(code)
