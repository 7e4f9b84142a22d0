"""Common Alerting Protocol 1.2: a warning read from XML, and the reasons not to act on it.

An alert says where, when and how severe, never how deep the water will be; whoever makes a scenario of it supplies
the intensity for each severity, with a source.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from streha.common import errors
from streha.common.errors import message

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
LARGEST_BYTES = 5_000_000

Ring = tuple[tuple[float, float], ...]  # longitude, latitude; closed


@dataclasses.dataclass(frozen=True)
class Area:
    """Where an alert holds: polygons and circles (longitude, latitude, radius in km)."""

    description: str
    polygons: tuple[Ring, ...]
    circles: tuple[tuple[float, float, float], ...]


@dataclasses.dataclass(frozen=True)
class Alert:
    """One alert with its first information block; times carry their zone."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    kind: str
    event: str
    severity: str
    onset: datetime | None
    expires: datetime | None
    references: tuple[tuple[str, str], ...]
    areas: tuple[Area, ...]


def read(content: bytes) -> Alert:
    """The alert; BadInput with code ``cap.malformed`` and what is wrong when it is not valid CAP 1.2."""
    from defusedxml import DefusedXmlException, ElementTree

    if len(content) > LARGEST_BYTES:
        raise _malformed(f"{len(content)} bytes, more than {LARGEST_BYTES}")
    try:
        root = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise _malformed(str(error).splitlines()[0][:200] or type(error).__name__) from error
    if root.tag != f"{NAMESPACE}alert":
        raise _malformed(f"the root is {root.tag[:80]}, not a CAP 1.2 alert")
    info = root.find(f"{NAMESPACE}info")
    kind = _one_of(root, "msgType", TYPES)
    if info is None and kind not in ("Cancel", "Ack", "Error"):
        raise _malformed("no info block")
    return Alert(
        identifier=_text(root, "identifier"),
        sender=_text(root, "sender"),
        sent=_time(_text(root, "sent"), "sent"),
        status=_one_of(root, "status", STATUSES),
        kind=kind,
        event="" if info is None else _text(info, "event"),
        severity="Unknown" if info is None else _one_of(info, "severity", SEVERITIES),
        onset=None if info is None else _optional_time(info, "onset"),
        expires=None if info is None else _optional_time(info, "expires"),
        references=_references(_optional(root, "references")),
        areas=() if info is None else tuple(_area(item) for item in info.findall(f"{NAMESPACE}area")),
    )


def check(alert: Alert, *, senders: Collection[str], seen: Collection[tuple[str, str]], at: datetime) -> None:
    """Refuse an alert nobody should act on.

    ``senders`` are those trusted here, ``seen`` the (sender, identifier) of alerts received before, ``at`` now. Codes:
    ``cap.unknown_sender``, ``cap.not_actual``, ``cap.replayed``, ``cap.dangling``, ``cap.expired``, ``cap.future``,
    ``cap.no_area``, ``cap.cancelled``.
    """
    said = {"identifier": alert.identifier, "sender": alert.sender}
    if alert.sender not in senders:
        raise errors.BadInput(
            message("Alert {identifier}: the sender {sender} is not trusted here."), code="cap.unknown_sender", **said
        )
    if alert.status != "Actual":
        raise errors.BadInput(
            message("Alert {identifier} is marked {status}, not Actual."),
            code="cap.not_actual",
            status=alert.status,
            **said,
        )
    if (alert.sender, alert.identifier) in seen:
        raise errors.BadInput(
            message("Alert {identifier} from {sender} was received before."), code="cap.replayed", **said
        )
    if alert.kind in ("Update", "Cancel") and not alert.references:
        raise errors.BadInput(
            message("Alert {identifier} changes another alert but does not say which."), code="cap.dangling", **said
        )
    for reference in alert.references:
        if reference not in seen:
            raise errors.BadInput(
                message("Alert {identifier} refers to {missing}, which was never received."),
                code="cap.dangling",
                missing=reference[1],
                **said,
            )
    if alert.sent > at:
        raise errors.BadInput(
            message("Alert {identifier} was sent in the future ({sent})."),
            code="cap.future",
            sent=alert.sent.isoformat(),
            **said,
        )
    if alert.kind not in ("Alert", "Update"):
        raise errors.BadInput(
            message("Alert {identifier} is of the kind {kind}: there is nothing to compute."),
            code="cap.cancelled",
            kind=alert.kind,
            **said,
        )
    if alert.expires is None or alert.expires <= at:
        raise errors.BadInput(
            message("Alert {identifier} expired at {expires}."),
            code="cap.expired",
            expires="-" if alert.expires is None else alert.expires.isoformat(),
            **said,
        )
    if not any(area.polygons or area.circles for area in alert.areas):
        raise errors.BadInput(message("Alert {identifier} has no polygon and no circle."), code="cap.no_area", **said)


def _area(item: Element) -> Area:
    polygons = tuple(_ring(found.text or "") for found in item.findall(f"{NAMESPACE}polygon"))
    circles = tuple(_circle(found.text or "") for found in item.findall(f"{NAMESPACE}circle"))
    return Area(_text(item, "areaDesc"), polygons, circles)


def _ring(text: str) -> Ring:
    """CAP writes latitude, longitude; a ring has at least four points and ends where it began."""
    points = tuple(_pair(part) for part in text.split())
    if len(points) < 4 or points[0] != points[-1]:
        raise _malformed(f"a polygon of {len(points)} points that is not a closed ring")
    return tuple((lon, lat) for lat, lon in points)


def _circle(text: str) -> tuple[float, float, float]:
    parts = text.split()
    if len(parts) != 2:
        raise _malformed(f"circle {text[:60]!r}")
    lat, lon = _pair(parts[0])
    try:
        radius = float(parts[1])
    except ValueError:
        raise _malformed(f"circle {text[:60]!r}") from None
    if not 0 <= radius < 20_000:
        raise _malformed(f"circle with a radius of {radius:g} km")
    return lon, lat, radius


def _pair(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise _malformed(f"coordinate {text[:60]!r}") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise _malformed(f"coordinate {text[:60]!r} is off the globe")
    return lat, lon


def _references(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in text.split():
        pieces = part.split(",")
        if len(pieces) != 3:
            raise _malformed(f"reference {part[:80]!r}")
        found.append((pieces[0], pieces[1]))
    return tuple(found)


def _text(item: Element, name: str) -> str:
    found = _optional(item, name)
    if not found:
        raise _malformed(f"no {name}")
    return found


def _optional(item: Element, name: str) -> str:
    found = item.find(f"{NAMESPACE}{name}")
    return "" if found is None or found.text is None else found.text.strip()


def _one_of(item: Element, name: str, allowed: tuple[str, ...]) -> str:
    value = _text(item, name)
    if value not in allowed:
        raise _malformed(f"{name} is {value[:40]!r}")
    return value


def _optional_time(item: Element, name: str) -> datetime | None:
    text = _optional(item, name)
    return _time(text, name) if text else None


def _time(text: str, name: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(f"{name} is {text[:40]!r}, not a time") from None
    if value.tzinfo is None:
        raise _malformed(f"{name} has no time zone")
    return value


def _malformed(reason: str) -> errors.BadInput:
    return errors.BadInput(message("This is not a valid CAP 1.2 alert: {reason}."), code="cap.malformed", reason=reason)
