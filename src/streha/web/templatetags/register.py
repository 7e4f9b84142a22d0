"""Components for pages of the register of people: names of a person, words for codes, what the viewer may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext

from streha.accounts.rules import Access, Action
from streha.common.words import Several, Words
from streha.people import models, rules
from streha.web import words

register = template.Library()


def _names(person: models.Person) -> Sequence[models.Name]:
    """Current names, from the page's own prefetch where there is one."""
    found: Sequence[models.Name] | None = getattr(person, "current_names", None)
    if found is None:
        found = list(person.names.filter(valid_to=None).order_by("pk"))
        person.current_names = found  # type: ignore[attr-defined]
    return found


def _main(person: models.Person) -> models.Name | None:
    found = _names(person)
    return next((name for name in found if name.kind == rules.NameKind.MAIN), found[0] if found else None)


@register.filter
def full_name(person: models.Person) -> str:
    """The main name, given before family; the number where no name is left."""
    main = _main(person)
    return " ".join(part for part in (main.given, main.family) if part) if main else person.number


@register.filter
def other_names(person: models.Person) -> str:
    """Every other current way the person is written."""
    main = _main(person)
    return " · ".join(str(name) for name in _names(person) if name is not main)


@register.simple_tag
def word(kind: str, code: object) -> str | Promise:
    """The word for a code, in the reader's language."""
    return words.word(kind, code)


@register.simple_tag
def spoken(sentence: str) -> str:
    """A sentence of an engine, in the reader's language."""
    return gettext(sentence)


@register.simple_tag
def name_reason(reason: str) -> str:
    """Why two names agree or do not: words in the reader's language, letters as they are (xh = dž)."""
    head, mark, part = reason.partition(": ")
    for code, said in words.WORDS["name_reason"].items():
        if head == code:
            return f"{said}{mark}{part}"
        if reason.startswith(f"{code} -"):
            return f"{said} {reason.removeprefix(f'{code} ')}"
    return reason


@register.filter
def said(words: Words | Several) -> str:
    """What the office named itself, in the reader's language."""
    return words.said_in(translation.get_language() or "en")


@register.filter
def may(access: Access, action: str) -> bool:
    """Whether the viewer may do something, anywhere."""
    return access.allows(Action(action))


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key."""
    return mapping.get(key)
