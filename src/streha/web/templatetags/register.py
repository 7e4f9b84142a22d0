"""Components for pages of the register of people: names of a person, words for codes, what the viewer may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cyrtranslit
from django import template
from django.utils import formats, translation
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


@register.filter
def in_language(row: Any, what: str) -> str:
    """A text that the office wrote in several languages: the reader's, or else the first that was written."""
    language = translation.get_language() or "en"
    told = {code: getattr(row, f"{what}_{code}", "") for code in ("sq", "sr", "en")}
    if isinstance(texts := getattr(row, f"{what}s", None), Mapping):
        told |= texts
    if language == "sr-latn" and told["sr"]:
        return str(cyrtranslit.to_latin(told["sr"], "sr"))
    return told.get(language) or told["en"] or told["sq"] or told["sr"] or str(getattr(row, "code", ""))


@register.filter
def halves(value: int | None) -> str:
    """Points kept in halves, as people write them: 7 or 7.5."""
    if value is None:
        return "–"
    return formats.number_format(value / 2, decimal_pos=value % 2, use_l10n=True)


@register.filter
def input_name(change: Any, selection: Any) -> str:
    """What an input of a selection is called: a field, a paper, a question, or points of a round."""
    kind, _, rest = change.field.partition(":")
    if kind == "fact":
        return str(words.word("fact", rest))
    if kind == "paper":
        return str(words.word("paper_kind", rest))
    if kind in ("points", "evidence"):
        round_, _, code = rest.rpartition(":")
        criterion = selection.grid.criteria.filter(code=code).first()
        told = in_language(criterion, "label") if criterion else code
        return f"{told} · {words.word('round', round_)}" if round_ else told
    return str(words.word("input", change.field))


@register.filter
def group_name(code: str, grouping: str) -> str:
    """What a group is called: a sex, yes or no, a community, or a band of ages as it stands."""
    if code == "not_known":
        return gettext("not known")
    kind = {"disability": "answer"}.get(grouping, grouping)
    return str(words.word(kind, code))


@register.filter
def percent(share: float) -> str:
    """A share of one as whole percent."""
    return formats.number_format(round(100 * share), use_l10n=True)
