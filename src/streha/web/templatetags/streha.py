"""Components of the pages, loaded into every template: names, dates, numbers, states, progress, tables, fields."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.forms.widgets import HiddenInput
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.html import conditional_escape, escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from streha.common import pages
from streha.common.codes import Precision
from streha.web import assets, labels, paging

register = template.Library()

SHOWN_DEEDS = 3
TONES = frozenset({"", "ok", "warn", "bad", "quiet"})


class Labelled(Protocol):
    """What has official names: an area."""

    def labels(self) -> tuple[str, str, str]: ...


@register.simple_tag
def asset(name: str) -> str:
    """Address of a style sheet, script or font, with its hash."""
    return assets.url(name)


# --- names


def both_names(albanian: str, cyrillic: str, latin: str, language: str) -> tuple[str, str]:
    """Both official names in the reader's order; when the two Latin spellings agree, the second is in Cyrillic.

    An Albanian or English reader sees "Zhur / Žur" and "Prizren / Призрен".
    """
    if language == "sr":
        return cyrillic or latin, albanian
    first, second = (latin, albanian) if language == "sr-latn" else (albanian, latin)
    if first == second and cyrillic:
        second = cyrillic
    return first, second


def place_order() -> str:
    """The column by which a reader finds a place: the name that ``place_name`` puts first."""
    return {"sr": "label_sr", "sr-latn": "label_sr_latn"}.get(translation.get_language() or "en", "label_sq")


@register.filter
def place_name(area: Labelled | None) -> str:
    """Both official names of a place, always in the same order for the reader's language."""
    if area is None:
        return ""
    first, second = both_names(*area.labels(), translation.get_language() or "en")
    return f"{first} / {second}" if second and second != first else first or second


# --- dates and numbers


@register.filter
def dated(value: dt.date | dt.datetime | None, precision: str = Precision.DAY) -> SafeString:
    """A date as precise as it is known: 12.04.1961, or "1958 · year only"."""
    if value is None:
        return mark_safe("–")
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if precision == Precision.YEAR:
        return format_html('{} <span class="alt">{}</span>', f"{value:%Y}", _("year only"))
    if precision == Precision.MONTH:
        return format_html('{} <span class="alt">{}</span>', f"{value:%m.%Y}", _("month only"))
    if precision == Precision.ESTIMATE:
        return format_html('{} <span class="alt">{}</span>', f"{value:%Y}", _("estimate"))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.date_format(value, "DATE_FORMAT"))


@register.filter
def moment(value: dt.datetime | None) -> SafeString:
    """A point in time to the minute, in the office's time zone."""
    if value is None:
        return mark_safe("–")
    here = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{}</time>',
        here.isoformat(timespec="minutes"),
        formats.date_format(here, "DATETIME_FORMAT"),
    )


@register.filter
def number(value: float | int | None, decimals: int = 0) -> str:
    """A number as the reader's language writes it, thousands grouped."""
    if value is None:
        return "–"
    return formats.number_format(value, decimal_pos=decimals, use_l10n=True, force_grouping=True)


@register.filter
def tidy(value: Decimal | None) -> str:
    """A measured number with the decimals it has and no more: 4.5, not 4.500."""
    if value is None:
        return "–"
    exponent = value.normalize().as_tuple().exponent
    return number(value, max(0, -exponent) if isinstance(exponent, int) else 0)  # type: ignore[arg-type]  # exact


@register.filter
def percent(share: float | None) -> str:
    """A share in hundredths, with one decimal where it is neither nothing nor all: 0.034 is "3.4"."""
    if share is None:
        return "–"
    hundredths = share * 100
    whole = hundredths in {0.0, 100.0}
    shown = hundredths if whole else min(99.9, hundredths)
    return formats.number_format(shown, decimal_pos=0 if whole else 1, use_l10n=True)


def lasting(seconds: float) -> str:
    """A length of time in words, rounded to what somebody waiting wants to know."""
    if seconds < 60:
        whole = max(1, round(seconds))
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    if seconds < 5400:
        whole = round(seconds / 60)
        return ngettext("%(n)s minute", "%(n)s minutes", whole) % {"n": whole}
    whole = round(seconds / 3600)
    return ngettext("%(n)s hour", "%(n)s hours", whole) % {"n": whole}


@register.filter
def duration(seconds: float | dt.timedelta | None) -> str:
    """A length of time in words."""
    if seconds is None:
        return "–"
    return lasting(seconds.total_seconds() if isinstance(seconds, dt.timedelta) else seconds)


# --- states


@register.simple_tag
def tag(tone: str, word: str) -> SafeString:
    """A state as a coloured word: tone is "", "ok", "warn", "bad" or "quiet"; the word says it without the colour."""
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"No tone {tone!r}; there are {sorted(TONES)}")
    return format_html('<span class="tag {}">{}</span>', tone, word)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of the sheet in ``parts/icons.html``; it adds nothing that the words beside it do not say."""
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"></use></svg>', name)


@register.inclusion_tag("parts/deeds.html")
def deeds(given: Sequence[tuple[str, Any]], url_name: str, pk: int) -> dict[str, Any]:
    """What can be done to a record: the first as the main button, two more beside it, the others in a menu."""
    found = [(title, reverse(url_name, args=[pk, what])) for what, title in given]
    return {"shown": found[:SHOWN_DEEDS][::-1], "rest": found[SHOWN_DEEDS:]}


@register.inclusion_tag("parts/progress.html")
def progress(
    done: int, total: int | None, rate: float | None = None, left: float | None = None, label: str = ""
) -> dict[str, Any]:
    """A bar of done and total, with rows a second and seconds left in words when they are known."""
    total = total or 0
    return {
        "done": done,
        "total": total,
        "is_known": total > 0,
        "percent": min(100, int(done * 100 / total)) if total else 0,
        "rate": rate,
        "left": lasting(left) if left is not None else "",
        "label": label or gettext("Progress"),
    }


@register.simple_tag
def sections(rail: Iterable[tuple[Any, Sequence[Any]]]) -> SafeString:
    """The lines of the rail, drawn once as long as they stay the same: they stand twice on page after page."""
    lines = tuple((heading, tuple(of_it)) for heading, of_it in rail)
    return _sections(translation.get_language() or "en", lines)


@lru_cache(maxsize=256)
def _sections(_language: str, lines: tuple[tuple[Any, tuple[Any, ...]], ...]) -> SafeString:
    return render_to_string("parts/sections.html", {"rail": lines})


# --- lists


@register.inclusion_tag("parts/keyset.html", takes_context=True)
def keyset(context: template.Context, page: pages.Page[Any]) -> dict[str, Any]:
    """Links to the next rows, back to the first and, where the page knows them, the previous; filters are kept."""
    query = context["request"].GET
    previous = page.previous if isinstance(page, paging.Page) else ""
    return {
        "shown": len(page.rows),
        "next": paging.link(query, "after", page.next) if page.next else "",
        "previous": paging.link(query, "before", previous) if previous else "",
        "first": paging.link(query, "", "") if "after" in query or previous else "",
    }


@register.inclusion_tag("parts/empty.html")
def empty_state(title: str, hint: str = "", url: str = "", action: str = "") -> dict[str, str]:
    """What a page without rows says: what it is for, and the first thing to do."""
    return {"title": title, "hint": hint, "url": url, "action": action}


class TableNode(template.Node):
    """A plain table that becomes a list of cards on a narrow screen."""

    TAGS = re.compile(r"<(thead|tbody|tfoot|tr|th|td|/td)\b([^>]*)>", re.IGNORECASE)
    HEADINGS = re.compile(r"<th\b[^>]*>(.*?)</th>", re.IGNORECASE | re.DOTALL)
    HEAD = re.compile(r"<thead\b.*?</thead>", re.IGNORECASE | re.DOTALL)
    DASH = re.compile(r"<td\b([^>]*><div>\s*[–-]?\s*</div>)", re.IGNORECASE)  # a card leaves out what is not known
    ROLES = {"thead": "rowgroup", "tbody": "rowgroup", "tfoot": "rowgroup", "tr": "row", "td": "cell"}

    def __init__(self, nodelist: NodeList, caption: FilterExpression | None) -> None:
        self.nodelist = nodelist
        self.caption = caption

    def render(self, context: template.Context) -> SafeString:
        written = self.nodelist.render(context)
        head = self.HEAD.search(written)
        labels = [" ".join(strip_tags(h).split()) for h in self.HEADINGS.findall(head.group() if head else "")]
        caption = conditional_escape(self.caption.resolve(context)) if self.caption else ""
        body = self.with_labels(written, labels, head.end() if head else 0)
        heading = f'<caption class="visually-hidden">{caption}</caption>' if caption else ""
        return mark_safe(f'<table class="rows" role="table">{heading}{body}</table>')  # noqa: S308 - our own template

    def with_labels(self, written: str, labels: list[str], head_end: int) -> str:
        """Every cell told its column, so that a card can say it; roles kept when the layout is no table any more."""
        column = 0

        def mark(found: re.Match[str]) -> str:
            nonlocal column
            name, rest = found.group(1).lower(), found.group(2)
            if name == "/td":
                return "</div></td>"
            if name == "tr":
                column = 0
            if name == "th":
                role = "columnheader" if found.start() < head_end else "rowheader"
            else:
                role = self.ROLES.get(name, "")
            label = ""
            if name in ("td", "th") and found.start() >= head_end:
                if column < len(labels) and labels[column] and "colspan" not in rest:
                    label = f' data-label="{escape(labels[column])}"'
                column += 1
            inner = "<div>" if name == "td" else ""  # one box beside the label, whatever the cell holds
            return f'<{name}{rest}{label} role="{role}">{inner}' if role else found.group()

        return self.DASH.sub(r"<td data-dash\1", self.TAGS.sub(mark, written))


@register.tag
def table_or_cards(parser: Parser, token: Token) -> TableNode:
    """``{% table_or_cards caption %}<thead>…</thead><tbody>…</tbody>{% end_table_or_cards %}``: write plain rows."""
    words = token.split_contents()
    caption = parser.compile_filter(words[1]) if len(words) > 1 else None
    nodelist = parser.parse(("end_table_or_cards",))
    parser.delete_first_token()
    return TableNode(nodelist, caption)


# --- forms


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, HiddenInput):
        return "hidden"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "check"
    if isinstance(widget, Select):
        return "select"
    return "file" if isinstance(widget, FileInput) else "text"


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, autofocus: bool = False) -> dict[str, Any]:
    """One field of a form: label, control, help and errors, tied together for those who do not see them."""
    kind = _kind(bound)
    css = {"select": "form-select", "check": "form-check-input", "choices": "form-check-input"}.get(
        kind, "form-control"
    )
    attrs: dict[str, Any] = {"class": f"{css} is-invalid" if bound.errors else css}
    if autofocus:
        attrs["autofocus"] = True
    if str(bound.field.widget.attrs.get("placeholder", "")) == str(bound.label):
        del bound.field.widget.attrs["placeholder"]  # saying it twice helps nobody
    return {"field": bound, "kind": kind, "control": bound.as_widget(attrs=attrs)}


@register.inclusion_tag("parts/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """What is wrong with the form as a whole, and how many fields need a look."""
    return {"form": form, "whole": form.non_field_errors(), "count": sum(1 for bound in form if bound.errors)}


# --- codes


@register.filter
def label(code: str, table: str) -> str:
    """What a code is called: ``{{ job.state|label:"job_state" }}``."""
    return str(labels.of(table, code))


@register.simple_tag
def job_state(state: str) -> SafeString:
    """The state of a job as a coloured word."""
    return tag(labels.JOB_TONES.get(state, ""), str(labels.of("job_state", state)))
