"""What codes are called on the pages. Codes are stable and English; a code that has no label yet shows itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streha.accounts.rules import Action, Role, ScopeKind
from streha.audit.rules import ActorKind, FaultKind
from streha.common.codes import FieldClass, Language, Precision, Script, Sex
from streha.jobs.rules import State
from streha.web import feedback_words, help_words, institution_words, selection_words, words

Label = str | Promise

ROLES: Mapping[str, Label] = {
    Role.ENUMERATOR: _("Enumerator"),
    Role.CASEWORKER: _("Caseworker"),
    Role.COMMISSION: _("Commission member"),
    Role.SCORER: _("Scorer of applications"),
    Role.ENGINEER: _("Engineer"),
    Role.PROGRAMME: _("Programme manager"),
    Role.FINANCE: _("Finance"),
    Role.AUTHORISER: _("Authorising officer"),
    Role.PROTECTION: _("Protection officer"),
    Role.PLANNER: _("Civil-protection planner"),
    Role.ANALYST: _("Policy analyst"),
    Role.IMPORT_APPROVER: _("Import approver"),
    Role.DATA_PROTECTION: _("Data protection officer"),
    Role.RELEASE: _("Publisher of figures"),
    Role.KEEPER: _("System keeper"),
}
ACTIONS: Mapping[str, Label] = {
    Action.PERSON_VIEW: _("see people"),
    Action.PERSON_REGISTER: _("register people"),
    Action.PERSON_CHANGE: _("change people"),
    Action.PERSON_END: _("end memberships and episodes"),
    Action.PERSON_EXPORT: _("export lists"),
    Action.SHIELDED_VIEW: _("see protected people"),
    Action.IMPORT_BRING: _("bring lists in"),
    Action.IMPORT_DECIDE: _("decide on imported rows"),
    Action.PLACE_VIEW: _("see places"),
    Action.PLACE_LOAD: _("load places and boundaries"),
    Action.USER_VIEW: _("see users"),
    Action.USER_MANAGE: _("manage users"),
    Action.JOB_VIEW: _("see own jobs"),
    Action.JOB_ALL: _("see all jobs"),
    Action.LOG_VIEW: _("read the log"),
    Action.SUBJECT_FILE: _("make a person's file"),
    Action.SUBJECT_ERASE: _("erase a person"),
    Action.PROTECTION_RULES: _("set rules of data protection"),
    Action.BREAK_GLASS: _("break glass"),
    Action.BREAK_GLASS_REVIEW: _("judge broken glass"),
    Action.DUPLICATES_DECIDE: _("decide whether two records are one person"),
    Action.CENTRAL_QUEUE: _("work the central queue of duplicates"),
    Action.PROPERTY_VIEW: _("see homes"),
    Action.PROPERTY_REGISTER: _("register homes"),
    Action.PROPERTY_CHANGE: _("change homes, owners and occupancy"),
    Action.PROPERTY_ASSESS: _("assess buildings and add photos"),
    Action.PROPERTY_END: _("close records of homes"),
    Action.PROPERTY_EXPORT: _("export lists of homes"),
    Action.PROPERTY_CLASSES: _("change lists of classes"),
    Action.CASE_VIEW: _("see cases"),
    Action.CASE_WORK: _("work on cases"),
    Action.CASE_MOVE: _("move cases on"),
    Action.CASE_ASSIGN: _("give cases to owners"),
    Action.CASE_SENSITIVE: _("see protection cases"),
    Action.CASE_EXPORT: _("export lists of cases"),
    Action.TRACK_CHANGE: _("change tracks and letters"),
    Action.FEEDBACK_VIEW: _("see feedback"),
    Action.FEEDBACK_ENTER: _("take in feedback"),
    Action.FEEDBACK_WORK: _("answer feedback"),
    Action.FEEDBACK_EXPORT: _("export lists of feedback"),
    Action.FEEDBACK_CLOCKS: _("change categories of feedback and their days"),
    Action.FEEDBACK_SENSITIVE: _("handle sensitive reports"),
    Action.INSTITUTION_VIEW: _("see institutions, meetings and training"),
    Action.INSTITUTION_WORK: _("note institutions, meetings and training"),
    Action.VACANCY_CHANGE: _("register vacancies"),
    Action.SELECTION_VIEW: _("see selections"),
    Action.SELECTION_CALL: _("run calls for applications"),
    Action.SELECTION_GRID: _("make and change grids of points"),
    Action.SELECTION_ENTER: _("enter applications"),
    Action.SELECTION_SCORE: _("score applications"),
    Action.SELECTION_DECIDE: _("decide in the commission"),
    Action.SELECTION_FIGURES: _("see figures and replays of selections"),
    Action.WORKS_VIEW: _("see house works"),
    Action.WORKS_PLAN: _("plan and contract house works"),
    Action.WORKS_INSPECT: _("inspect and hand over houses"),
    Action.WORKS_COST: _("see what houses cost"),
    Action.WORKS_PAY: _("note payments for houses"),
    Action.GRANT_VIEW: _("see grants"),
    Action.GRANT_WORK: _("award grants"),
    Action.GRANT_VISIT: _("visit and check businesses"),
    Action.GRANT_PAY: _("note payments of grants"),
    Action.COURSE_VIEW: _("see courses"),
    Action.COURSE_WORK: _("work on courses"),
    Action.PROJECT_VIEW: _("see community projects"),
    Action.PROJECT_WORK: _("work on community projects"),
    Action.SELECTION_EXPORT: _("export lists and letters of selections"),
}
SCOPES: Mapping[str, Label] = {
    ScopeKind.EVERYTHING: _("everywhere"),
    ScopeKind.AREA: _("one area"),
    ScopeKind.ORGANISATION: _("one organisation"),
    ScopeKind.OWN: _("what they registered themselves"),
}
FIELD_CLASSES: Mapping[str, Label] = {
    FieldClass.IDENTITY: _("identity"),
    FieldClass.CONTACT: _("contact"),
    FieldClass.COMMUNITY: _("community"),
    FieldClass.HOME_LOCATION: _("location of home"),
    FieldClass.HEALTH: _("health and disability"),
    FieldClass.PROTECTION: _("protection"),
    FieldClass.PAYMENT: _("payment"),
}
SEXES: Mapping[str, Label] = {
    Sex.FEMALE: pgettext_lazy("sex", "female"),
    Sex.MALE: pgettext_lazy("sex", "male"),
    Sex.OTHER: pgettext_lazy("sex", "other"),
    Sex.UNKNOWN: pgettext_lazy("sex", "not known"),
}
PRECISIONS: Mapping[str, Label] = {
    Precision.DAY: _("exact day"),
    Precision.MONTH: _("month only"),
    Precision.YEAR: _("year only"),
    Precision.ESTIMATE: _("estimate"),
}
SCRIPTS: Mapping[str, Label] = {
    Script.LATIN: _("Latin"),
    Script.CYRILLIC: _("Cyrillic"),
    Script.ARABIC: _("Arabic"),
    Script.OTHER: _("other script"),
}
LANGUAGES: Mapping[str, Label] = {
    Language.ALBANIAN: _("Albanian"),
    Language.SERBIAN_CYRILLIC: _("Serbian, Cyrillic"),
    Language.SERBIAN_LATIN: _("Serbian, Latin"),
    Language.ENGLISH: _("English"),
}
JOB_STATES: Mapping[str, Label] = {
    State.WAITING: pgettext_lazy("job", "waiting"),
    State.RUNNING: pgettext_lazy("job", "running"),
    State.DONE: pgettext_lazy("job", "done"),
    State.FAILED: pgettext_lazy("job", "failed"),
    State.CANCELLED: pgettext_lazy("job", "cancelled"),
}
JOB_TONES: Mapping[str, str] = {
    State.WAITING: "quiet",
    State.RUNNING: "",
    State.DONE: "ok",
    State.FAILED: "bad",
    State.CANCELLED: "quiet",
}
JOB_KINDS: Mapping[str, Label] = {
    "imports.stage": _("Reading a list"),
    "imports.commit": _("Taking a list into the register"),
    "imports.abandon": _("Forgetting a list"),
    "people.export": _("Making a list"),
    "duplicates.search": _("Looking for duplicates"),
    "homes.export": _("Making a list of homes"),
    "feedback.export": _("Making a list of feedback"),
    "trainings.export": _("Making a list of training"),
    "works.export": _("Making a list of house works"),
    "cases.export": _("Making a list of cases"),
    "applications.export": _("Making a list of applications"),
    "ranked.export": _("Making a ranked list to take out"),
    "letters.export": _("Writing letters of decision"),
    "dataprotection.retain": _("Ending what may no longer be kept"),
    "audit.verify": _("Checking the log"),
}
ACTOR_KINDS: Mapping[str, Label] = {
    ActorKind.USER: pgettext_lazy("actor", "user"),
    ActorKind.TOKEN: pgettext_lazy("actor", "program"),
    ActorKind.SYSTEM: pgettext_lazy("actor", "the office itself"),
}
ROOMS: Mapping[str, Label] = {
    "accounts": _("users and roles"),
    "audit": _("the log"),
    "jobs": _("jobs"),
    "places": _("places"),
    "people": _("people"),
    "homes": _("homes"),
    "cases": _("cases"),
    "imports": _("imports"),
    "institutions": _("institutions"),
    "dataprotection": _("data protection"),
    "assistance": pgettext_lazy("room", "help"),
}
VERBS: Mapping[str, Label] = {
    **words.WORDS["verb"],
    **feedback_words.VERBS,
    **institution_words.VERBS,
    **help_words.VERBS,
    # users and roles
    "logged in": _("Logged in"),
    "logged out": _("Logged out"),
    "organisation made": _("Organisation added"),
    "user made": _("User added"),
    "user closed": _("Account closed"),
    "role granted": _("Role given"),
    "role withdrawn": _("Role taken back"),
    "token made": _("Key for a program made"),
    "token withdrawn": _("Key for a program ended"),
    "reset asked": _("New password asked for"),
    "reset confirmed": _("New password confirmed"),
    "password reset": _("New password set with a code"),
    # lists
    "export asked": _("List asked for"),
    "export made": _("List made"),
    # places
    "load_areas": _("Places loaded"),
    "load_settlements": _("Settlements loaded"),
    "load_tiles": _("Tile map loaded"),
    "load_indicators": _("Indicators loaded"),
    "load_observations": _("Figures loaded"),
    "load_facilities": _("Facilities loaded"),
    "load_boundaries": _("Boundaries loaded"),
    # data protection and keeping
    "exception asked": _("Exception asked for"),
    "exception approved": _("Exception approved"),
    # cases
    "track changed": _("Track changed"),
    "letter changed": _("Words of a letter changed"),
    "case opened": _("Case opened"),
    "case moved": _("Case moved on"),
    "case assigned": _("Case given to an owner"),
    "case closed": _("Case closed"),
    "case reopened": _("Case opened again"),
    "case split": _("Case split"),
    "case covers": _("Case covers more people"),
    "note added": _("Note added"),
    "paper received": _("Paper came in"),
    "paper checked": _("Paper counts"),
    "paper refused": _("Paper does not count"),
    "destroy": _("Key of a person destroyed"),
    "discard": _("Unused keys discarded"),
    "forget": _("Forgotten as the rules say"),
    "cancel": _("Job stopped"),
    "retry": _("Job tried again"),
    "backup": _("Backup made"),
    "restore": _("Backup put back"),
    "rotate": _("Master key changed"),
}
OBJECTS: Mapping[str, Label] = {
    "user": _("user"),
    "organisation": _("organisation"),
    "breakglass": _("broken glass"),
    "person": _("person"),
    "case": _("case"),
    "track": _("track"),
    "vacancy": _("vacancy"),
    "letter": _("letter"),
    "household": _("household"),
    "home": _("home"),
    "classes": _("list of classes"),
    "import": _("import"),
    "export": _("list"),
    "exception": _("exception"),
    "job": _("job"),
    "file": _("file"),
    "backup": _("backup"),
    "master_key": _("master key"),
    "subject": _("person's key"),
    "subjects": _("unused keys"),
    "row": pgettext_lazy("import", "row"),
    **selection_words.OBJECTS,
    **feedback_words.OBJECTS,
    **institution_words.OBJECTS,
    **help_words.OBJECTS,
}
FAULTS: Mapping[str, Label] = {
    FaultKind.CHANGED: _("A record was changed after it was written."),
    FaultKind.BROKEN: _("A record does not point back to the one before it."),
    FaultKind.MISSING: _("Records are missing."),
    FaultKind.CUT: _("The chain does not end where its head says."),
    FaultKind.REHASHED: _("A record differs from what the anchor signed: the chain was written anew."),
    FaultKind.ANCHOR_TAIL: _("Records that were anchored are not there any more: the end was cut off."),
    FaultKind.ANCHOR_BROKEN: _("The anchor file was changed."),
    FaultKind.SIGNATURE: _("A signature was not made with this keyring."),
    FaultKind.UNANCHORED: _("There is no anchor. Make one with: streha audit anchor"),
    FaultKind.READS_CHANGED: _("What was sealed about who looked was changed."),
    FaultKind.READS_BROKEN: _("The chain of seals over who looked is broken."),
}
TABLES: Mapping[str, Mapping[str, Label]] = {
    "role": ROLES,
    "action": ACTIONS,
    "scope": SCOPES,
    "field": FIELD_CLASSES,
    "sex": SEXES,
    "precision": PRECISIONS,
    "script": SCRIPTS,
    "language": LANGUAGES,
    "job_state": JOB_STATES,
    "job_kind": JOB_KINDS,
    "actor": ACTOR_KINDS,
    "room": ROOMS,
    "verb": VERBS,
    "works_stage": help_words.STAGES,
    "object": OBJECTS,
    "fault": FAULTS,
}


def of(table: str, code: str) -> Label:
    """The label of a code, or the code itself in readable letters."""
    found = TABLES[table].get(code)
    return found if found is not None else str(code).replace("_", " ").replace(".", " · ")
