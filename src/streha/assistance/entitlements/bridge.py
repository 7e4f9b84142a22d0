"""The package that ships as an example: to show how one is written, and to be replaced by the office's own."""

from __future__ import annotations

from collections.abc import Mapping

from streha.assistance.entitlements.rules import Basis, Kind, Much, PackageDraft, PackageLine
from streha.common.money import Money
from streha.people.rules import NeedKind


def _line(code: str, kind: Kind, much: Much, basis: Basis, names: tuple[str, str, str], **more: object) -> PackageLine:
    labels: Mapping[str, str] = dict(zip(("sq", "sr", "en"), names, strict=True))
    return PackageLine(code, kind, much, basis, labels=labels, **more)  # type: ignore[arg-type]


EXAMPLE = PackageDraft(
    "RETURN-EXAMPLE",
    {"sq": "Shembull i pakos së kthimit", "sr": "Пример пакета повратка", "en": "Example of a return package"},
    "Example made for this software; no regulation says so. Replace it by the office's own rules.",
    (
        _line(
            "bed", Kind.ITEMS, Much.counted(1, "piece"), Basis.PERSON,
            ("shtrat me dyshek", "кревет са душеком", "bed"),
        ),
        _line("stove", Kind.ITEMS, Much.counted(1, "piece"), Basis.HOUSEHOLD, ("stufë", "шпорет", "stove")),
        _line(
            "kitchen", Kind.ITEMS, Much.counted(1, "set"), Basis.HOUSEHOLD,
            ("enë kuzhine", "кухињски прибор", "kitchen set"),
        ),
        _line(
            "school", Kind.ITEMS, Much.counted(1, "set"), Basis.CHILD,
            ("pako shkollore", "школски прибор", "school set"),
        ),
        _line(
            "food-small", Kind.CASH, Much.of(Money.of("270", "EUR")), Basis.HOUSEHOLD,
            ("ushqim për tre muaj", "храна за три месеца", "food for three months"), most=3,
        ),
        _line(
            "food-large", Kind.CASH, Much.of(Money.of("420", "EUR")), Basis.HOUSEHOLD,
            ("ushqim për tre muaj", "храна за три месеца", "food for three months"), least=4,
        ),
        _line(
            "care", Kind.CASH, Much.of(Money.of("90", "EUR")), Basis.NEEDY,
            ("shtesë për kujdes", "додатак за негу", "addition for care"),
            needs=frozenset({NeedKind.DISABILITY, NeedKind.CHRONIC_ILLNESS}),
        ),
        _line(
            "wood", Kind.ITEMS, Much.counted(4, "m3"), Basis.HOUSEHOLD,
            ("dru zjarri", "огревно дрво", "firewood"), after_days=30,
        ),
    ),
)  # fmt: skip
