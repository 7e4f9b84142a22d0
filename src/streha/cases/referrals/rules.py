"""What holds for referrals without a database: purposes, states and what may follow which, whose consent stands."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from streha.common import errors
from streha.common.codes import FieldClass, Script
from streha.common.words import Words
from streha.engine import names

NAME_LENGTH = 200
WAITS_LONG = dt.timedelta(days=14)  # after which whoever sent it is reminded


class Kind(StrEnum):
    """A referral asks another organisation for one thing; a transfer hands the case over."""

    REFERRAL = "referral"
    TRANSFER = "transfer"


class State(StrEnum):
    IN_PROGRESS = "in_progress"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DONE = "done"
    REVOKED = "revoked"


FOLLOWS: Mapping[State, frozenset[State]] = {
    State.IN_PROGRESS: frozenset({State.ACCEPTED, State.REJECTED, State.REVOKED}),
    State.ACCEPTED: frozenset({State.DONE, State.REVOKED}),
    State.REJECTED: frozenset(),
    State.DONE: frozenset(),
    State.REVOKED: frozenset(),
}
SHOWN_TO_RECEIVER = frozenset({State.IN_PROGRESS, State.ACCEPTED})


class Purpose(StrEnum):
    HEALTH = "health"
    PSYCHOSOCIAL = "psychosocial"
    LEGAL = "legal"
    SHELTER = "shelter"
    SCHOOL = "school"
    WORK = "work"
    SOCIAL = "social"
    DOCUMENTS = "documents"
    PROTECTION = "protection"
    CASE_WORK = "case_work"


# The words by which a consent names a purpose: it counts in whichever language it was noted.
PURPOSE_WORDS: Mapping[Purpose, Words] = {
    Purpose.HEALTH: Words("kujdes shëndetësor", "здравствена заштита", "zdravstvena zaštita", "health care"),
    Purpose.PSYCHOSOCIAL: Words(
        "mbështetje psikosociale", "психосоцијална подршка", "psihosocijalna podrška", "psychosocial support"
    ),
    Purpose.LEGAL: Words("ndihmë juridike", "правна помоћ", "pravna pomoć", "legal aid"),
    Purpose.SHELTER: Words("strehim", "смештај", "smeštaj", "shelter"),
    Purpose.SCHOOL: Words("shkollim", "школовање", "školovanje", "schooling"),
    Purpose.WORK: Words("punësim", "запошљавање", "zapošljavanje", "employment"),
    Purpose.SOCIAL: Words("ndihmë sociale", "социјална помоћ", "socijalna pomoć", "social help"),
    Purpose.DOCUMENTS: Words("dokumente civile", "лична документа", "lična dokumenta", "civil documents"),
    Purpose.PROTECTION: Words("mbrojtje", "заштита", "zaštita", "protection"),
    Purpose.CASE_WORK: Words("ndjekje e rastit", "вођење случаја", "vođenje slučaja", "case work"),
}

# What may be shared. A name is always among it; the reason is what the receiver reads of the case.
SHAREABLE = (FieldClass.IDENTITY, FieldClass.CONTACT, FieldClass.HOME_LOCATION, FieldClass.HEALTH)


@dataclass(frozen=True)
class Consent:
    """A consent as far as a referral asks about it."""

    id: int
    purpose: str
    recipients: str
    given_on: dt.date
    expires_on: dt.date | None
    withdrawn_on: dt.date | None


def folded(text: str) -> str:
    """A text as compared: both scripts alike, without case, marks and doubled blanks."""
    latin = names.transliterate(text, Script.LATIN)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(sign))
    return " ".join(plain.casefold().split())


def stands(consent: Consent, today: dt.date) -> bool:
    """Whether a consent counts on a day."""
    if consent.withdrawn_on is not None or consent.given_on > today:
        return False
    return consent.expires_on is None or consent.expires_on >= today


def names_purpose(consent: Consent, purpose: Purpose) -> bool:
    """Whether a consent was given for this purpose, in whichever language that was noted."""
    words = PURPOSE_WORDS[purpose]
    said = {folded(form) for form in (purpose.value, words.sq, words.sr, words.sr_latn, words.en)}
    return folded(consent.purpose) in said


def names_recipient(consent: Consent, recipient: str) -> bool:
    """Whether a consent names this organisation; one that names nobody lets nothing go to anybody."""
    wanted = folded(recipient)
    return any(folded(one) == wanted for one in consent.recipients.replace(";", ",").split(",") if one.strip())


def covering(consents: Collection[Consent], purpose: Purpose, recipient: str, today: dt.date) -> Consent | None:
    """The newest consent that stands today, for this purpose and this recipient."""
    found = [c for c in consents if stands(c, today) and names_purpose(c, purpose) and names_recipient(c, recipient)]
    return max(found, key=lambda c: (c.given_on, c.id), default=None)


def refuse_without(
    consents: Collection[Consent], purpose: Purpose, recipient: str, number: str, today: dt.date
) -> errors.BadInput:
    """Why there is no standing consent: the value, the rule, and what to do."""
    named = [c for c in consents if names_purpose(c, purpose)]
    standing = [c for c in named if stands(c, today)]
    if standing:
        template = errors.message(
            "{number} has agreed to “{purpose}”, but the consent names {recipients}, not “{recipient}”. Ask them, note "
            "a consent that names this recipient on their page, and refer them again."
        )
    elif named:
        template = errors.message(
            "The consent of {number} to “{purpose}” has been withdrawn or has expired. Ask them again, note their new "
            "consent for “{recipient}” on their page, and refer them again."
        )
    else:
        template = errors.message(
            "{number} has given no consent to “{purpose}”. Nothing of a person goes to others without it. Ask them, "
            "note their consent for “{recipient}” on their page, and refer them again."
        )
    told = ", ".join(f"“{c.recipients}”" for c in standing if c.recipients.strip()) or "–"
    return errors.BadInput(
        template,
        code="consent_missing",
        number=number,
        purpose=PURPOSE_WORDS[purpose],
        recipient=recipient,
        recipients=told,
    )


def check_follows(old: State, new: State) -> None:
    """Raise Conflict unless a referral in one state may come into the other."""
    if new not in FOLLOWS[old]:
        raise errors.Conflict(
            errors.message("This referral is “{state}” meanwhile and cannot become “{value}”. Look at it again."),
            code="referral_state",
            state=STATE_WORDS[old],
            value=STATE_WORDS[new],
        )


STATE_WORDS: Mapping[State, Words] = {
    State.IN_PROGRESS: Words("në pritje", "на чекању", "na čekanju", "waiting for an answer"),
    State.ACCEPTED: Words("i pranuar", "прихваћено", "prihvaćeno", "accepted"),
    State.REJECTED: Words("i refuzuar", "одбијено", "odbijeno", "rejected"),
    State.DONE: Words("i përfunduar", "завршено", "završeno", "done"),
    State.REVOKED: Words("i tërhequr", "повучено", "povučeno", "revoked"),
}


def check_classes(classes: Collection[FieldClass]) -> tuple[FieldClass, ...]:
    """What is shared, in order, a name always among it. Raises BadInput for what is never shared so."""
    wanted = set(classes) | {FieldClass.IDENTITY}
    never = sorted(wanted - set(SHAREABLE))
    if never:
        raise errors.BadInput(
            errors.message("“{value}” is never shared by a referral. Leave it out."),
            code="class_never",
            field="classes",
            value=never[0],
        )
    return tuple(c for c in SHAREABLE if c in wanted)
