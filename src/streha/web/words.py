"""Words for the codes of the register of people, in the reader's language. Codes are stable; these are not."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streha.web import (
    case_words,
    feedback_words,
    help_words,
    institution_words,
    money_words,
    selection_words,
    supply_words,
)

WORDS: dict[str, dict[str, str | Promise]] = {
    "sex": {"f": _("female"), "m": _("male"), "o": pgettext_lazy("sex", "other"), "u": pgettext_lazy("sex", "unknown")},
    "vital_status": {
        "alive": _("alive"),
        "dead": _("has died"),
        "missing": _("missing"),
        "unknown": pgettext_lazy("vital status", "not known"),
    },
    "name_kind": {
        "main": _("main name"),
        "script": _("in another script"),
        "birth": _("name at birth"),
        "alias": _("also called"),
        "former": _("former name"),
    },
    "identifier_kind": {
        "personal_number": _("personal number"),
        "jmbg": _("JMBG"),
        "id_card": _("identity card"),
        "passport": _("passport"),
        "refugee_card": _("refugee card"),
        "displaced_card": _("displaced person card"),
        "birth_extract": _("birth extract"),
        "other": pgettext_lazy("document", "other document"),
    },
    "contact_kind": {"phone": _("phone"), "email": _("e-mail"), "address": _("address")},
    "relation": {
        "head": _("head"),
        "spouse": _("spouse"),
        "child": _("child"),
        "parent": _("parent"),
        "sibling": _("brother or sister"),
        "grandparent": _("grandparent"),
        "grandchild": _("grandchild"),
        "in_law": _("in-law"),
        "other": pgettext_lazy("relation", "other"),
        "unknown": _("member"),
    },
    "episode_status": {
        "displaced": _("displaced"),
        "refugee": _("refugee"),
        "returnee": _("returned"),
        "repatriated": _("repatriated"),
        "host": _("hosts others"),
        "at_risk": _("at risk"),
        "relocated": _("relocated"),
        "labour_migrant": _("labour migrant"),
    },
    "cause": {
        "conflict": _("conflict"),
        "flood": _("flood"),
        "earthquake": _("earthquake"),
        "landslide": _("landslide"),
        "wildfire": _("wildfire"),
        "drought": _("drought"),
        "heat": _("heat"),
        "degradation": _("degradation of land"),
        "development": _("building project"),
        "other": pgettext_lazy("cause", "other cause"),
    },
    "wish": {
        "return": _("wants to return"),
        "integrate": _("wants to stay and integrate"),
        "elsewhere": _("wants to settle elsewhere"),
        "undecided": _("has not decided"),
    },
    "basis": {
        "consent": _("consent"),
        "legal_obligation": _("legal obligation"),
        "public_task": _("public task"),
        "vital_interest": _("vital interest"),
        "contract": _("contract"),
        "legitimate_interest": _("legitimate interest"),
    },
    "end_reason": {
        "died": _("has died"),
        "left": _("has left"),
        "registered_twice": _("registered twice"),
        "registered_in_error": _("registered in error"),
        "other": pgettext_lazy("reason", "other reason"),
    },
    "need": {
        "chronic_illness": _("chronic illness"),
        "disability": _("disability"),
        "single_parent": _("single parent"),
        "elderly_alone": _("elderly person living alone"),
        "unaccompanied_child": _("child without family"),
        "pregnant": _("pregnant"),
        "no_documents": _("no documents"),
        "no_shelter": _("no shelter"),
        "other": pgettext_lazy("need", "other need"),
    },
    "consent_state": {"valid": _("valid"), "expired": _("expired"), "withdrawn": _("withdrawn")},
    "functioning": {
        "seeing": _("seeing"),
        "hearing": _("hearing"),
        "walking": _("walking"),
        "remembering": _("remembering"),
        "self_care": _("self-care"),
        "communicating": _("communicating"),
    },
    "functioning_answer": {
        "1": _("no difficulty"),
        "2": _("some difficulty"),
        "3": _("a lot of difficulty"),
        "4": _("cannot do at all"),
    },
    "language": {
        "sq": _("Albanian"),
        "sr-Cyrl": _("Serbian, Cyrillic"),
        "sr-Latn": _("Serbian, Latin"),
        "en": _("English"),
    },
    "community": {
        "albanian": pgettext_lazy("community", "Albanian"),
        "serbian": _("Serbian"),
        "bosniak": _("Bosniak"),
        "turkish": _("Turkish"),
        "roma": _("Roma"),
        "ashkali": _("Ashkali"),
        "egyptian": _("Egyptian"),
        "gorani": _("Gorani"),
        "other": pgettext_lazy("community", "other"),
    },
    "precision": {
        "day": _("exact day"),
        "month": _("month and year"),
        "year": _("year only"),
        "estimate": _("estimated year"),
    },
    "class": {
        "identity": _("identity"),
        "contact": _("contact"),
        "community": _("community"),
        "home_location": _("place of home"),
        "health": _("health and disability"),
        "protection": _("protection"),
        "payment": _("payment"),
    },
    "why": {
        "identifier": _("same document number"),
        "name_birth": _("same name and date of birth"),
        "household": _("same household"),
    },
    "erase_reason": {
        "asked": _("the person asked"),
        "retention": _("past the retention date"),
        "error": _("registered in error"),
    },
    "principle": {
        "lawful": _("Lawful and fair"),
        "purpose": _("Specified purpose"),
        "quality": _("Data quality"),
        "consent": _("Consent"),
        "transfer": _("Transfer to third parties"),
        "confidentiality": _("Confidentiality"),
        "access": _("Access and transparency"),
        "security": _("Security"),
        "retention": _("Retention"),
        "application": _("Application of the principles"),
        "ownership": _("Ownership"),
        "oversight": _("Oversight"),
        "exceptions": _("Exceptions"),
    },
    "section": {
        "feedback": _("What you told the office"),
        "institutions": _("Institutions"),
        "person": _("Person"),
        "names": _("Names"),
        "identifiers": _("Documents"),
        "contacts": _("Contacts"),
        "households": _("Households"),
        "episodes": _("Displacement and return"),
        "intentions": _("Wishes"),
        "functioning": _("Difficulties in daily life"),
        "needs": _("Needs"),
        "consents": _("Consents"),
        "transfers": _("Given to third parties"),
        "imports": _("Lists you stand in"),
        "cases": _("Cases"),
    },
    "verb": {
        "registered": _("Registered"),
        "changed": _("Changed"),
        "name added": _("Name added"),
        "name ended": _("Name ended"),
        "identifier added": _("Document added"),
        "identifier ended": _("Document ended"),
        "contact added": _("Contact added"),
        "contact ended": _("Contact ended"),
        "episode added": _("Displacement noted"),
        "episode ended": _("Displacement ended"),
        "wish noted": _("Wish noted"),
        "functioning noted": _("Functioning noted"),
        "need added": _("Need noted"),
        "need ended": _("Need ended"),
        "consent given": _("Consent given"),
        "consent withdrawn": _("Consent withdrawn"),
        "transferred": _("Given to a third party"),
        "protection note added": _("Protection note added"),
        "shielded": _("Shielded"),
        "unshielded": _("No longer shielded"),
        "handed over": _("Handed over to another office"),
        "ended": _("Record closed"),
        "opened again": _("Record opened again"),
        "household opened": _("Household opened"),
        "household changed": _("Household changed"),
        "member added": _("Member added"),
        "member left": _("Member left"),
        "head chosen": _("Head chosen"),
        "opened": _("Opened the page"),
        "listed": _("Saw in a list"),
        "shown": _("Looked behind “show”"),
        "exported": _("Exported"),
        "erased": _("Erased"),
        "files rewritten": _("Files of the database written anew"),
        "glass broken": _("Break-glass used"),
        "break reviewed": _("Break-glass judged"),
    },
    "column": {
        "given": _("given name"),
        "father": _("father's name"),
        "family": _("family name"),
        "sex": _("sex"),
        "birth_date": _("date of birth"),
        "birth_precision": _("how exact"),
        "vital_status": _("alive or not"),
        "citizenship": _("citizenship"),
        "language": _("language"),
        "home_area": _("home"),
        "keeper": _("kept by"),
        "community": _("community"),
        "status": _("status"),
        "cause": _("cause"),
        "wish": _("wish"),
        "kind": _("kind"),
        "purpose": _("purpose"),
        "recipient": _("recipient"),
        "end_reason": _("reason"),
        "ended_on": _("day"),
        "address": _("address"),
        "members": _("members"),
        "is_head": _("head"),
        "contact": _("contact"),
        "identifier": _("document"),
        "number": _("number"),
        "registered_at": _("registered"),
        "source": _("source"),
        "case": _("case"),
        "note": _("note"),
        "outcome": _("outcome"),
        "visit": _("visit"),
        "skill": _("skill"),
    },
    "outcome": {
        "completed": _("came to its end"),
        "withdrawn": _("the person withdrew"),
        "refused": _("refused"),
        "left": _("moved away"),
        "died": _("has died"),
        "transferred": _("handed to another organisation"),
        "error": _("opened in error"),
    },
    "paper_state": {
        "missing": pgettext_lazy("paper", "missing"),
        "received": _("to be checked"),
        "checked": _("checked"),
        "refused": _("does not count"),
        "expired": _("expired"),
    },
    "case_step": {
        "opened": _("Case opened"),
        "moved": _("Moved on"),
        "assigned": _("Given to an owner"),
        "closed": _("Case closed"),
        "reopened": _("Case opened again"),
        "handed": _("Handed to another team"),
        "split": _("Part of the household went on in a case of its own"),
    },
}

WORDS |= {
    "import_state": {
        "mapping": _("columns to be checked"),
        "staging": _("being read"),
        "review": _("waits for a decision"),
        "committing": _("being taken in"),
        "committed": _("taken in"),
        "abandoned": _("closed"),
    },
    "import_field": {
        "given": _("given name"),
        "family": _("family name"),
        "full_name": _("full name"),
        "father": _("father's name"),
        "birth": _("date of birth"),
        "sex": _("sex"),
        "personal_number": _("personal number"),
        "jmbg": _("JMBG"),
        "id_card": _("identity card"),
        "passport": _("passport"),
        "refugee_card": _("refugee card"),
        "displaced_card": _("displaced person card"),
        "identifier": _("number of a document"),
        "phone": _("phone"),
        "email": _("e-mail"),
        "municipality": _("municipality of the home"),
        "settlement": _("settlement of the home"),
        "address": _("address"),
        "origin_municipality": _("municipality of origin"),
        "origin": _("place of origin"),
        "displaced_to": _("place of displacement"),
        "household": _("number of the household"),
        "relation": _("relation to the head"),
        "citizenship": _("citizenship"),
        "community": _("community"),
        "language": _("language"),
        "status": _("status"),
        "cause": _("cause"),
        "displaced_on": _("date of displacement"),
        "returned_on": _("date of return"),
        "ignore": _("not imported"),
    },
    "import_guess": {
        "heading": _("by its heading"),
        "cells": _("by its cells"),
        "remembered": _("as last time"),
        "chosen": _("chosen"),
        "none": _("nothing we know"),
    },
    "import_remark": {
        "title": _("Lines above the headings were left out."),
        "two_row_headings": _("Two rows of headings were read as one."),
        "doubled_heading": _("A heading stands twice; the second carries a number."),
        "unnamed_column": _("A column has no heading; it is named by its letter."),
        "totals_row": _("A row of totals was left out."),
        "repeated_headings": _("Headings repeated among the rows were left out."),
        "merged_cells": _("Merged cells count for each of their rows."),
        "invisible_characters": _("Invisible signs were removed from some cells."),
        "nul_characters": _("NUL signs were removed: the file was damaged on its way."),
        "no_submission": _("A member has no household in the export."),
    },
    "import_row": {"good": _("good"), "warned": _("to look at"), "bad": _("with a mistake")},
    "import_decision": {
        "": _("undecided"),
        "new": _("new person"),
        "merge": _("joined to somebody"),
        "skip": _("left out"),
        "later": _("later"),
    },
    "import_why": {
        "document": _("same document number"),
        "name": _("same name and birth"),
        "household": _("same name, same household company"),
    },
    "import_problem": {
        "name_missing": _("no name"),
        "name_too_long": _("name too long"),
        "name_without_letters": _("name without letters"),
        "date_unreadable": _("not a date"),
        "date_no_such_day": _("no such day"),
        "date_in_future": _("date in the future"),
        "date_too_early": _("date too early"),
        "date_order_unsure": _("day or month first"),
        "january_year_only": _("1 January read as year only"),
        "returned_before": _("return before displacement"),
        "phone_unreadable": _("not a phone number"),
        "email_unreadable": _("not an e-mail address"),
        "sex_unreadable": _("not a sex"),
        "relation_unknown": _("relation not known"),
        "status_unknown": _("status not known"),
        "cause_unknown": _("cause not known"),
        "citizenship_unknown": _("citizenship not known"),
        "personal_number_wrong": _("not a personal number"),
        "passport_wrong": _("not a passport number"),
        "jmbg_wrong": _("not a JMBG"),
        "identifier_malformed": _("not a document number"),
        "identifier_rounded": _("number lost its last digits"),
        "identifier_shared": _("one document, two people"),
        "place_unknown": _("place not known"),
        "place_ambiguous": _("several places of that name"),
        "settlement_unknown": _("settlement not known"),
        "origin_unknown": _("place of origin not known"),
        "origin_ambiguous": _("several places of origin"),
        "household_without_head": _("household without a head"),
        "two_heads": _("two heads"),
    },
}
_VERBS_OF_IMPORTS: dict[str, str | Promise] = {
    "import brought": _("List brought"),
    "sheet chosen": _("Sheet chosen"),
    "import terms given": _("Purpose of a list given"),
    "columns mapped": _("Columns of a list named"),
    "staging begun": _("Reading of a list begun"),
    "import staged": _("List read"),
    "row decided": _("Row decided"),
    "rows decided": _("Rows decided"),
    "commit begun": _("Taking in begun"),
    "import committed": _("List taken in"),
    "import abandoned": _("List given up"),
    "joined": _("Joined from a list"),
    "members added": _("Members added"),
    "import row": _("Looked at a row of a list"),
}
WORDS["verb"] |= _VERBS_OF_IMPORTS
_VERBS_OF_DUPLICATES: dict[str, str | Promise] = {
    "compared": _("Compared with another record"),
    "pair same": _("Said to be the same as another record"),
    "pair different": _("Said to be another person than a record alike"),
    "pair unsure": _("A pair was looked at; not sure"),
    "pair taken back": _("A decision about a pair taken back"),
    "merged": _("Another record was merged into this one"),
    "merged away": _("Merged into another record"),
    "parted": _("Parted from a record that had been merged into it"),
    "parted away": _("Stands by itself again"),
    "duplicates looked for": _("Looked for duplicates in the register"),
    "household merged": _("Household merged with another"),
    "household split": _("Part of the household moved out"),
    "member moved": _("Moved to another household"),
    "move undone": _("A move between households was undone"),
}
WORDS["verb"] |= _VERBS_OF_DUPLICATES
WORDS["household_move"] = {
    "merged": _("Households merged"),
    "split": _("Part of the household moved out"),
    "moved": _("Members moved"),
}
WORDS["obstacle_of_move"] = {
    "later_change": _("the household was merged, parted or moved members since"),
    "member_left": _("has left the household since"),
    "member_came": _("came to the new household since"),
    "other_head": _("another head was chosen since"),
    "named_elsewhere": _("the new household has homes, cases or applications by now"),
}
WORDS["section"] |= {"merges": _("Records that were merged")}
WORDS["column"] |= {"merged": _("merged")}
WORDS["why"] |= {
    "by_hand": _("somebody thought so"),
    "linkage": _("the records are alike"),
}
WORDS |= {
    "pair_state": {
        "open": _("waits for a decision"),
        "second": _("waits for a second opinion"),
        "unsure": _("not sure"),
        "same": _("the same person"),
        "different": _("different people"),
        "decided": _("decided"),
    },
    "band": {
        "certain": _("almost certain"),
        "likely": _("likely"),
        "possible": _("possible"),
    },
    "agreement": {
        "same": _("agrees"),
        "alike": _("nearly agrees"),
        "different": _("differs"),
        "one_sided": _("only one says it"),
        "silent": _("neither says it"),
    },
    "pair_field": {
        "name": _("name"),
        "birth": _("date of birth"),
        "sex": _("sex"),
        "vital_status": _("alive or not"),
        "citizenship": _("citizenship"),
        "language": _("language"),
        "identifier": _("document"),
        "contact": _("contact"),
        "community": _("community"),
        "home_area": _("home"),
        "household": _("household"),
        "company": _("lives with"),
        "keeper": _("kept by"),
    },
    "name_reason": {
        "script": _("another script"),
        "order": _("another order"),
        "title": _("a title"),
        "case ending": _("case ending"),
        "initial": _("an initial"),
        "abbreviation": _("shortened"),
        "short form": _("short form"),
        "form of another language": _("form of another language"),
        "missing part": _("a part is missing"),
        "a slip": _("a slip"),
        "too many slips": _("too many slips"),
        "two names": _("two names"),
        "another sex": _("name of another sex"),
        "father and child": _("father and child"),
        "given and family name exchanged": _("given and family name exchanged"),
        "no name": _("no name"),
    },
    "later": {
        "corrected": _("corrected"),
        "name": _("name"),
        "identifier": _("document"),
        "contact": _("contact"),
        "membership": _("household"),
        "episode": _("displacement or return"),
        "intention": _("wish"),
        "functioning": _("difficulties in daily life"),
        "need": _("need"),
        "note": _("protection note"),
        "consent": _("consent"),
        "transfer": _("given to a third party"),
    },
}

_VERBS_OF_HOMES: dict[str, str | Promise] = {
    "home registered": _("Home registered"),
    "home changed": _("Home changed"),
    "home assessed": _("Building assessed"),
    "owner added": _("Owner added"),
    "owner ended": _("Ownership ended"),
    "owner erased": _("An owner was erased"),
    "occupancy noted": _("Occupancy noted"),
    "occupancy ended": _("Occupancy ended"),
    "photo added": _("Photo added"),
    "photo removed": _("Photo removed"),
    "home shielded": _("Home shielded"),
    "home unshielded": _("Home no longer shielded"),
    "home handed over": _("Home handed over to another office"),
    "home closed": _("Record of a home closed"),
    "home opened again": _("Record of a home opened again"),
    "classes published": _("List of classes changed"),
}
WORDS["verb"] |= _VERBS_OF_HOMES
WORDS |= {
    "tenure": {
        "owned": _("owned, in the cadastre"),
        "owned_unregistered": _("owned, not in the cadastre"),
        "use_right": _("right of use"),
        "public": _("public"),
        "rented": _("rented"),
        "informal": _("informal building"),
        "disputed": pgettext_lazy("tenure", "disputed"),
        "unknown": pgettext_lazy("tenure", "not known"),
    },
    "inheritance": {
        "none": _("nothing to inherit"),
        "settled": _("settled"),
        "in_proceedings": _("in proceedings"),
        "unsettled": _("not settled"),
        "disputed": pgettext_lazy("inheritance", "disputed"),
        "unknown": pgettext_lazy("inheritance", "not known"),
    },
    "occupancy": {
        "owner": _("lived in by the owner"),
        "tenant": _("lived in by a tenant"),
        "without_right": _("occupied without right"),
        "empty": pgettext_lazy("home", "empty"),
        "ruined": pgettext_lazy("home", "ruined"),
    },
    "home_end_reason": {
        "registered_twice": _("registered twice"),
        "registered_in_error": _("registered in error"),
        "demolished": _("demolished"),
        "expropriated": _("expropriated"),
        "other": pgettext_lazy("reason", "other reason"),
    },
    "yes_no": {"True": _("yes"), "False": _("no")},
    "class_kind": {"damage": _("Classes of damage"), "building": _("Types of building")},
}
WORDS["section"] |= {"homes": _("Homes")}
_COLUMNS_OF_HOMES: dict[str, str | Promise] = {
    "home": _("home"),
    "municipality": _("municipality"),
    "settlement": _("settlement"),
    "point": _("point"),
    "cadastral_zone": _("cadastral zone"),
    "cadastral_ref": _("cadastral reference"),
    "tenure": _("tenure"),
    "inheritance": _("inheritance"),
    "damage": _("damage"),
    "floor_m2": _("covered floor, m²"),
    "water_l_day": _("water, litres a day"),
    "toilets": _("toilets"),
    "step_free": _("without steps"),
    "building": _("building"),
    "assessed_on": _("assessed on"),
    "occupancy": _("occupancy"),
    "owner": _("owner"),
    "share": _("share"),
    "photo": _("photo"),
}
WORDS["column"] |= _COLUMNS_OF_HOMES
if twice := WORDS.keys() & case_words.WORDS.keys():
    raise RuntimeError(f"two meanings for {sorted(twice)}")
WORDS |= case_words.WORDS
WORDS["verb"] |= case_words.VERBS
if twice := WORDS.keys() & selection_words.WORDS.keys():
    raise AssertionError(f"two lists of words have one name: {sorted(twice)}")
WORDS |= selection_words.WORDS
if twice := WORDS.keys() & feedback_words.WORDS.keys():
    raise ValueError(f"words with one name: {sorted(twice)}")
WORDS |= feedback_words.WORDS
if twice := WORDS.keys() & institution_words.WORDS.keys():
    raise ValueError(f"words with one name: {sorted(twice)}")
WORDS |= institution_words.WORDS
if twice := WORDS.keys() & supply_words.WORDS.keys():
    raise ValueError(f"words with one name: {sorted(twice)}")
WORDS |= supply_words.WORDS
WORDS["column"] |= {"feedback": feedback_words.OBJECTS["feedback"]}
WORDS["column"] |= {"institution": institution_words.OBJECTS["institution"], "name": _("name")}
if twice := WORDS.keys() & help_words.WORDS.keys():
    raise ValueError(f"words with one name: {sorted(twice)}")
WORDS |= help_words.WORDS
WORDS["verb"] |= help_words.VERBS
WORDS["section"] |= help_words.SECTIONS
WORDS["column"] |= help_words.COLUMNS
if twice := WORDS.keys() & money_words.WORDS.keys():
    raise ValueError(f"words with one name: {sorted(twice)}")
WORDS |= money_words.WORDS
WORDS["verb"] |= money_words.VERBS
WORDS["section"] |= money_words.SECTIONS
WORDS["column"] |= money_words.TOLD
WORDS["verb"] |= selection_words.VERBS
WORDS["section"] |= selection_words.SECTIONS
WORDS["column"] |= selection_words.TOLD
WORDS["verb"] |= supply_words.VERBS
WORDS["section"] |= supply_words.SECTIONS
WORDS["column"] |= supply_words.TOLD


def word(kind: str, code: object) -> str | Promise:
    """The word for a code; the code itself where nobody gave it one."""
    return WORDS.get(kind, {}).get(str(code), str(code))


def options(kind: str, *, blank: bool = False) -> list[tuple[str, str | Promise]]:
    """Codes and words for a choice of a form."""
    return ([("", "—")] if blank else []) + list(WORDS[kind].items())
