"""``streha audit``: verify the log, and anchor it outside the database."""

from __future__ import annotations

import datetime as dt
import html
import json
import sys
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import override

from streha.accounts.rules import Access, Action
from streha.audit import actions, bridge, queries, rules
from streha.common.errors import message
from streha.jobs.actions import Progress

FAULTS = {
    rules.FaultKind.CHANGED: message("A record was changed after it was written."),
    rules.FaultKind.BROKEN: message("A record does not point back to the one before it."),
    rules.FaultKind.MISSING: message("Records are missing."),
    rules.FaultKind.CUT: message("The chain does not end where its head says."),
    rules.FaultKind.REHASHED: message("A record differs from what the anchor signed: the chain was written anew."),
    rules.FaultKind.ANCHOR_TAIL: message("Records that were anchored are not there any more: the end was cut off."),
    rules.FaultKind.ANCHOR_BROKEN: message("The anchor file was changed."),
    rules.FaultKind.SIGNATURE: message("A signature was not made with this keyring."),
    rules.FaultKind.UNANCHORED: message("There is no anchor. Make one with: streha audit anchor"),
    rules.FaultKind.READS_CHANGED: message("What was sealed about who looked was changed."),
    rules.FaultKind.READS_BROKEN: message("The chain of seals over who looked is broken."),
}


@click.group(name="audit")
def group() -> None:
    """Verify the log, and anchor it outside the database."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(as_json: bool) -> None:
    """Check every chain, signature and anchor.

    Ends with 0 when all hold and with 1 when something does not: a changed row, a cut tail, a chain written anew,
    sealed looks that differ, a changed anchor file, a foreign signature.
    """
    verdict = queries.verify()
    if as_json:
        found = [{"kind": f.kind.value, "lane": f.lane, "seq": f.seq, "what": f.what} for f in verdict.faults]
        answer = {
            "holds": verdict.holds,
            "records": dict(verdict.records),
            "anchors": verdict.anchors,
            "seals": verdict.seals,
            "restored_at": list(verdict.restored_at),
            "key": rules.fingerprint(bridge.keyring().public()),
            "faults": found,
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for lane, number in verdict.records.items():
            click.echo(_("Chain “{lane}”: {number} records").format(lane=lane, number=number))
        click.echo(_("Anchors: {number}").format(number=verdict.anchors))
        click.echo(_("Seals over who looked: {number}").format(number=verdict.seals))
        for moment in verdict.restored_at:
            click.echo(
                _("A backup was put back at {moment}; what was written after that backup was made is lost.").format(
                    moment=moment
                )
            )
        for fault in verdict.faults:
            click.echo(f"{fault.lane} {fault.seq}: {_(FAULTS[fault.kind])}", err=True)
        click.echo(_("Everything holds.") if verdict.holds else _("The log does not hold."))
    sys.exit(0 if verdict.holds else 1)


def verify_as_job(_payload: dict[str, Any], _progress: Progress, by: Access) -> dict[str, Any]:
    """The same check for the page of the log: numbers, and the code of the first fault."""
    by.require(Action.LOG_VIEW)
    verdict = queries.verify()
    return {
        "holds": verdict.holds,
        "records": sum(verdict.records.values()),
        "anchors": verdict.anchors,
        "seals": verdict.seals,
        "faults": len(verdict.faults),
        "first_fault": verdict.faults[0].kind.value if verdict.faults else None,
    }


@group.command()
def anchor() -> None:
    """Sign the heads of all chains now and write them to the anchor file, with a slip to print."""
    made = actions.anchor(at=dt.datetime.now(dt.UTC))
    if made is None:
        click.echo(_("Nothing was written since the last anchor."))
        return
    text, page = keep_slip(made)
    click.echo(_("Anchored. Print {page} and keep it apart from the machine.").format(page=page))
    click.echo(text.read_text(encoding="utf-8"))


def anchor_now(at: dt.datetime) -> None:
    """Anchor what was written since the last hour; the slip of the day is that of its last anchor."""
    made = actions.anchor(at=at)
    if made is not None:
        keep_slip(made)


def keep_slip(anchor: rules.Anchor) -> tuple[Path, Path]:
    """Write the slip of an anchor's day as text and as a page; returns both paths."""
    from django.conf import settings

    with override(settings.LANGUAGE_CODE):
        title, lines = slip(anchor)
    day = anchor.at[:10]
    text = bridge.write_slip(f"{day}.txt", "\n".join([title, "=" * len(title), "", *lines, ""]))
    body = html.escape("\n".join(lines))
    page = (
        f'<!doctype html><html lang="{settings.LANGUAGE_CODE}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1><pre>{body}</pre></body></html>\n"
    )
    return text, bridge.write_slip(f"{day}.html", page)


def slip(anchor: rules.Anchor) -> tuple[str, list[str]]:
    """Title and lines of the slip: what must match if the log is the same one day."""
    lines = [_("Moment (UTC): {at}").format(at=anchor.at), ""]
    for head in anchor.heads:
        groups = " ".join(head.hash[i : i + 8] for i in range(0, 64, 8))
        lines += [_("Chain “{lane}”, record {seq}").format(lane=head.lane, seq=head.seq), f"  {groups}"]
    lines += [
        "",
        _("Key: {key}").format(key=rules.fingerprint(bridge.keyring().public())),
        _("Signature: {signature}").format(signature=anchor.signature),
        "",
        _("Printed and kept by:") + " " + "_" * 30,
        _("Date and signature by hand:") + " " + "_" * 24,
    ]
    return _("Anchor of the log"), lines
