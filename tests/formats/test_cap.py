"""CAP 1.2 alerts: read, and refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common import errors
from streha.formats import cap

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "warnings@hydromet.example"

ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>flood-7</identifier><sender>warnings@hydromet.example</sender><sent>2026-11-22T10:00:00+01:00</sent>
<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>Flood</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Likely</certainty><onset>2026-11-22T15:00:00+01:00</onset><expires>2026-11-23T10:00:00+01:00</expires>
<area><areaDesc>Valley</areaDesc><polygon>42.0,20.0 42.0,21.0 43.0,21.0 42.0,20.0</polygon>
<circle>42.5,20.5 12</circle></area></info></alert>"""


def checked(text: str, *, senders: tuple[str, ...] = (SENDER,), seen: tuple[tuple[str, str], ...] = ()) -> cap.Alert:
    alert = cap.read(text.encode())
    cap.check(alert, senders=senders, seen=seen, at=AT)
    return alert


def test_a_good_alert_is_read() -> None:
    alert = checked(ALERT)
    assert (alert.identifier, alert.severity, alert.kind) == ("flood-7", "Severe", "Alert")
    assert alert.onset == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    assert alert.areas[0].polygons[0][1] == (21.0, 42.0)  # longitude first, unlike in the file
    assert alert.areas[0].circles == ((20.5, 42.5, 12.0),)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("2026-11-23T10:00:00+01:00", "2026-11-22T12:59:59+01:00", "cap.expired"),
        ("<expires>2026-11-23T10:00:00+01:00</expires>", "", "cap.expired"),
        ("warnings@hydromet.example", "someone@else.example", "cap.unknown_sender"),
        ("<status>Actual", "<status>Exercise", "cap.not_actual"),
        ("<msgType>Alert", "<msgType>Update", "cap.dangling"),
        (
            "<scope>",
            "<references>warnings@hydromet.example,flood-6,2026-11-21T10:00:00+01:00</references><scope>",
            "cap.dangling",
        ),
        ("2026-11-22T10:00:00+01:00", "2026-11-22T20:00:00+01:00", "cap.future"),
        ("<msgType>Alert", "<msgType>Ack", "cap.cancelled"),
        (
            "<polygon>42.0,20.0 42.0,21.0 43.0,21.0 42.0,20.0</polygon>\n<circle>42.5,20.5 12</circle>",
            "",
            "cap.no_area",
        ),
    ],
)
def test_refused_with_a_reason(old: str, new: str, code: str) -> None:
    with pytest.raises(errors.BadInput) as caught:
        checked(ALERT.replace(old, new))
    assert caught.value.code == code
    assert "flood-7" in caught.value.english()


def test_replayed_and_answered() -> None:
    with pytest.raises(errors.BadInput) as caught:
        checked(ALERT, seen=((SENDER, "flood-7"),))
    assert caught.value.code == "cap.replayed"
    update = ALERT.replace("<msgType>Alert", "<msgType>Update").replace(
        "<scope>", f"<references>{SENDER},flood-6,2026-11-21T10:00:00+01:00</references><scope>"
    )
    assert checked(update, seen=((SENDER, "flood-6"),)).references == ((SENDER, "flood-6"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</alert>", ""),
        ("cap:1.2", "cap:1.1"),
        ("<identifier>flood-7</identifier>", ""),
        ("+01:00</sent>", "</sent>"),
        ("2026-11-22T10:00:00+01:00", "yesterday"),
        ("<severity>Severe", "<severity>Awful"),
        ("43.0,21.0 42.0,20.0</polygon>", "43.0,21.0</polygon>"),
        ("43.0,21.0", "430,21.0"),
        ("20.5 12<", "20.5<"),
        ("<?xml", '<!DOCTYPE x [<!ENTITY y "z">]><?xml'),
    ],
)
def test_malformed(old: str, new: str) -> None:
    with pytest.raises(errors.BadInput) as caught:
        checked(ALERT.replace(old, new))
    assert caught.value.code == "cap.malformed"


def test_entities_and_huge_files_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><alert>&d;</alert>'
    for content in (bomb.encode(), b" " * (cap.LARGEST_BYTES + 1)):
        with pytest.raises(errors.BadInput) as caught:
            cap.read(content)
        assert caught.value.code == "cap.malformed"


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_and_never_crash(content: bytes) -> None:
    with pytest.raises(errors.BadInput):
        cap.read(content)


def test_expiry_is_judged_at_the_moment_given() -> None:
    alert = cap.read(ALERT.encode())
    with pytest.raises(errors.BadInput):
        cap.check(alert, senders=[SENDER], seen=(), at=AT + timedelta(days=2))
