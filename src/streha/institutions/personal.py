"""What institutions hold about one of their contacts: to read, and to forget.

Contacts are not people of the register: they have keys of their own, and whoever asks for their data is answered from
here by that key. The rows about meetings stay, without a name.
"""

from __future__ import annotations

import datetime as dt
import uuid

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.institutions import models, queries


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything that is held about a contact, in clear; nothing for somebody who is none."""
    contact = models.Contact.objects.filter(subject=subject, erased_at=None).select_related("institution").first()
    if contact is None:
        return ()
    (told,) = queries.shown([contact])
    rows = [("institution", f"{contact.institution} · {contact.function}"), ("name", told.name)]
    rows += [("contact", value) for value in (told.phone, told.email) if value]
    return (Section("institutions", tuple(rows)),)


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:
    """Name, phone and address of the contact are gone with their key; meetings remember a nameless somebody."""
    contact = models.Contact.objects.filter(subject=subject).first()
    if contact is None:
        return
    contact.name_sealed = contact.phone_sealed = contact.email_sealed = None
    contact.function, contact.erased_at = "", contact.erased_at or at
    contact.save()
    audit.destroy_subject(subject, by=by, at=at, reason="contact forgotten")
