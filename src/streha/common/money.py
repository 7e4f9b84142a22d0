"""Money: an amount and its currency, never a float; rounding, sharing out and converting lose no cent.

Amounts are held to two places, as the tables of the register hold them. Currencies are the codes of ISO 4217; those
that are counted in thousandths (Bahraini, Iraqi, Jordanian, Kuwaiti, Libyan, Omani and Tunisian money) cannot be held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from streha.common import errors

DIGITS, PLACES = 14, 2
"""Of every column that holds money: ``DecimalField(max_digits=DIGITS, decimal_places=PLACES)``."""
MOST = Decimal(10) ** (DIGITS - PLACES) - Decimal("0.01")
RATE_DIGITS, RATE_PLACES = 20, 10

# ISO 4217, list one: codes of currencies in use, without metals, testing codes and units of account.
_HUNDREDTHS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW
"""
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"

MINOR_UNITS: dict[str, int] = dict.fromkeys(_HUNDREDTHS.split(), 2) | dict.fromkeys(_WHOLE.split(), 0)
"""Places after the point by currency."""


def check_currency(code: str) -> str:
    """The code, in capitals. Raises BadInput for one that is none, or that cannot be held."""
    tidy = code.strip().upper()
    if tidy not in MINOR_UNITS:
        raise errors.BadInput(
            errors.message("“{value}” is not a currency this office can keep. Write its three letters, such as EUR."),
            code="currency",
            field="currency",
            value=code,
        )
    return tidy


def smallest(currency: str) -> Decimal:
    """The smallest amount of a currency: a cent, or one where it has no smaller part."""
    return Decimal(1).scaleb(-MINOR_UNITS[check_currency(currency)])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount to what the currency can be paid in; a half goes away from zero, as on a receipt."""
    return amount.quantize(smallest(currency), ROUND_HALF_UP).quantize(Decimal("0.01"))


def read(text: object, field: str = "amount") -> Decimal:
    """An amount as written in a form or file. Raises BadInput for what is no number; a float is no amount."""
    if isinstance(text, float):
        raise TypeError("money is never a float")
    try:
        amount = Decimal(str(text).strip().replace(" ", "").replace("\u00a0", "").replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise errors.BadInput(
            errors.message("“{value}” is not an amount. Write digits, with a point or comma before the cents."),
            code="amount",
            field=field,
            value=str(text),
        )
    return amount


@dataclass(frozen=True)
class Money:
    """So much of a currency, exact to what it can be paid in."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money is a Decimal, not {type(self.amount).__name__}")
        object.__setattr__(self, "currency", check_currency(self.currency))
        if not self.amount.is_finite() or abs(self.amount) > MOST:
            raise errors.BadInput(
                errors.message("{value} is more than this office can keep. The most is {most}."),
                code="amount_too_large",
                field="amount",
                value=str(self.amount),
                most=str(MOST),
            )
        exact = rounded(self.amount, self.currency)
        if exact != self.amount:
            raise errors.BadInput(
                errors.message("{value} {currency} cannot be paid: the smallest part is {smallest}. Round it."),
                code="amount_too_fine",
                field="amount",
                value=str(self.amount),
                currency=self.currency,
                smallest=str(smallest(self.currency)),
            )
        object.__setattr__(self, "amount", exact)

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """Money from an amount as written, or a whole number. Raises BadInput for what is no amount."""
        return cls(read(amount), currency)

    @classmethod
    def none(cls, currency: str) -> Money:
        """Nothing, of a currency."""
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def times(self, number: Decimal | int) -> Money:
        """So many times as much, rounded once."""
        return Money(rounded(self.amount * number, self.currency), self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise errors.BadInput(
                errors.message("{first} and {second} cannot be added. Convert one by the day's rate first."),
                code="currencies_differ",
                first=self.currency,
                second=other.currency,
            )
        return other

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __str__(self) -> str:
        return f"{self.amount:,.{MINOR_UNITS[self.currency]}f} {self.currency}".replace(",", "\u202f")


def require_positive(money: Money, field: str = "amount") -> Money:
    """The money. Raises BadInput unless it is more than nothing."""
    if money.amount <= 0:
        raise errors.BadInput(
            errors.message("{value} is not more than nothing. Write what is given or paid."),
            code="amount_not_positive",
            field=field,
            value=str(money),
        )
    return money


def total(parts: Iterable[Money], currency: str) -> Money:
    """The sum; nothing of the currency if there are no parts."""
    found = Money.none(currency)
    for part in parts:
        found += part
    return found


def apportion(whole: Money, weights: Sequence[Decimal | int]) -> list[Money]:
    """The whole shared out by weights, so that the parts add up to it exactly.

    Each part is rounded down, and what is left goes, a smallest part each, to the parts that lost most; of equal ones
    to the first. Raises BadInput if no weight is above nothing.
    """
    shares = [Decimal(weight) for weight in weights]
    if any(share < 0 for share in shares) or not sum(shares):
        raise errors.BadInput(
            errors.message("There is nobody to share {value} among. Give at least one a share."),
            code="no_weights",
            value=str(whole),
        )
    unit = smallest(whole.currency)
    units, weight = int(whole.amount / unit), sum(shares, Decimal(0))
    exact = [Decimal(units) * share / weight for share in shares]
    parts = [int(part) for part in exact]  # towards nothing, for refunds too
    step = 1 if units >= 0 else -1
    order = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    for i in order[: abs(units - sum(parts))]:
        parts[i] += step
    return [Money(part * unit, whole.currency) for part in parts]


def convert(money: Money, to: str, rate: Decimal) -> Money:
    """The money in another currency: ``rate`` units of ``to`` for one of its own, rounded once at the end."""
    if rate <= 0:
        raise errors.BadInput(
            errors.message("A rate of {value} cannot be used. It says how much of the one is paid for the other."),
            code="rate",
            field="rate",
            value=str(rate),
        )
    return Money(rounded(money.amount * rate, to), to)


def inverse(rate: Decimal) -> Decimal:
    """The rate the other way, to as many places as a rate is kept."""
    return (Decimal(1) / rate).quantize(Decimal(1).scaleb(-RATE_PLACES), ROUND_HALF_EVEN)


def columns() -> dict[str, Any]:
    """How a column of money is declared."""
    return {"max_digits": DIGITS, "decimal_places": PLACES}
