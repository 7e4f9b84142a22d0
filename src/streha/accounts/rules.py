"""The one declarative policy: role x action x scope x field class.

Everything that decides whether somebody may see or do something starts from ``POLICY``. Lists, counts, hints, maps,
exports, files and the API turn an ``Access`` into SQL; actions ask it before they write. Nothing here reads a
database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from streha.audit.rules import Actor
from streha.common import errors
from streha.common.codes import FieldClass


class Role(StrEnum):
    """The people of the field, as the office knows them."""

    ENUMERATOR = "enumerator"
    CASEWORKER = "caseworker"
    COMMISSION = "commission"
    SCORER = "scorer"
    ENGINEER = "engineer"
    PROGRAMME = "programme"
    FINANCE = "finance"
    AUTHORISER = "authoriser"
    PROTECTION = "protection"
    STOREKEEPER = "storekeeper"
    PLANNER = "planner"
    ANALYST = "analyst"
    IMPORT_APPROVER = "import_approver"
    DATA_PROTECTION = "data_protection"
    RELEASE = "release"
    KEEPER = "keeper"


class Action(StrEnum):
    """What can be done, in the words of the office."""

    PERSON_VIEW = "person.view"
    PERSON_REGISTER = "person.register"
    PERSON_CHANGE = "person.change"
    PERSON_END = "person.end"
    PERSON_EXPORT = "person.export"
    SHIELDED_VIEW = "person.shielded"
    IMPORT_BRING = "import.bring"
    IMPORT_DECIDE = "import.decide"
    PLACE_VIEW = "place.view"
    PLACE_LOAD = "place.load"
    USER_VIEW = "user.view"
    USER_MANAGE = "user.manage"
    JOB_VIEW = "job.view"
    JOB_ALL = "job.all"
    LOG_VIEW = "log.view"
    SUBJECT_FILE = "subject.file"
    SUBJECT_ERASE = "subject.erase"
    PROTECTION_RULES = "protection.rules"
    BREAK_GLASS = "breakglass.use"
    BREAK_GLASS_REVIEW = "breakglass.review"
    DUPLICATES_DECIDE = "duplicates.decide"
    CENTRAL_QUEUE = "duplicates.central"
    CASE_VIEW = "case.view"
    CASE_WORK = "case.work"
    CASE_MOVE = "case.move"
    CASE_ASSIGN = "case.assign"
    CASE_SENSITIVE = "case.sensitive"
    CASE_EXPORT = "case.export"
    TRACK_CHANGE = "track.change"
    FEEDBACK_VIEW = "feedback.view"
    FEEDBACK_ENTER = "feedback.enter"
    FEEDBACK_WORK = "feedback.work"
    FEEDBACK_EXPORT = "feedback.export"
    FEEDBACK_CLOCKS = "feedback.clocks"
    FEEDBACK_SENSITIVE = "feedback.sensitive"
    INSTITUTION_VIEW = "institution.view"
    INSTITUTION_WORK = "institution.work"
    VACANCY_CHANGE = "vacancy.change"
    PROPERTY_VIEW = "property.view"
    PROPERTY_REGISTER = "property.register"
    PROPERTY_CHANGE = "property.change"
    PROPERTY_ASSESS = "property.assess"
    PROPERTY_END = "property.end"
    PROPERTY_EXPORT = "property.export"
    PROPERTY_CLASSES = "property.classes"
    SELECTION_VIEW = "selection.view"
    SELECTION_CALL = "selection.call"
    SELECTION_GRID = "selection.grid"
    SELECTION_ENTER = "selection.enter"
    SELECTION_SCORE = "selection.score"
    SELECTION_DECIDE = "selection.decide"
    SELECTION_FIGURES = "selection.figures"
    PROGRAMME_VIEW = "programme.view"
    PROGRAMME_CHANGE = "programme.change"
    BUDGET_CHANGE = "budget.change"
    APPROVAL_SIGN = "approval.sign"
    APPROVAL_CHAIN = "approval.chain"
    ENTITLEMENT_VIEW = "entitlement.view"
    ENTITLEMENT_GRANT = "entitlement.grant"
    DELIVERY_RECORD = "delivery.record"
    DELIVERY_VERIFY = "delivery.verify"
    PACKAGE_CHANGE = "package.change"
    PAYMENT_VIEW = "payment.view"
    PAYMENT_BUILD = "payment.build"
    PAYMENT_PAY = "payment.pay"
    ACCOUNT_CHANGE = "account.change"
    WORKS_VIEW = "works.view"
    WORKS_PLAN = "works.plan"
    WORKS_INSPECT = "works.inspect"
    WORKS_COST = "works.cost"
    WORKS_PAY = "works.pay"
    GRANT_VIEW = "grant.view"
    GRANT_WORK = "grant.work"
    GRANT_VISIT = "grant.visit"
    GRANT_PAY = "grant.pay"
    COURSE_VIEW = "course.view"
    COURSE_WORK = "course.work"
    PROJECT_VIEW = "project.view"
    PROJECT_WORK = "project.work"
    SELECTION_EXPORT = "selection.export"
    SITE_VIEW = "site.view"
    SITE_CHANGE = "site.change"
    SITE_STAY = "site.stay"
    STOCK_VIEW = "stock.view"
    STOCK_RULES = "stock.rules"
    STOCK_MOVE = "stock.move"
    DISTRIBUTION_VIEW = "distribution.view"
    DISTRIBUTION_PLAN = "distribution.plan"
    DISTRIBUTION_HAND = "distribution.hand"


class ScopeKind(StrEnum):
    """A scope is a (kind, key) value; the room that owns the kind resolves the key."""

    EVERYTHING = "all"
    AREA = "area"  # key: id of an area; the whole subtree (room places)
    ORGANISATION = "organisation"  # key: id of an organisation (this room)
    OWN = "own"  # what the user registered; of cases, one's own caseload


class Reach(StrEnum):
    """What the second wall is told of a viewer: where the actions of ``REACHES`` are carried."""

    PEOPLE = "people"
    SHIELDED = "shielded"
    LISTS = "lists"
    HOMES = "homes"
    FEEDBACK = "feedback"
    REPORTS = "reports"
    CONTACTS = "contacts"
    CASES = "cases"
    SENSITIVE = "sensitive"
    SELECTIONS = "selections"


A = Action
F = FieldClass
_SEE = frozenset({A.PERSON_VIEW, A.PLACE_VIEW, A.JOB_VIEW})
_HOMES = frozenset({A.PROPERTY_VIEW, A.PROPERTY_REGISTER, A.PROPERTY_CHANGE, A.PROPERTY_ASSESS, A.PROPERTY_END})
_CASES = frozenset({A.CASE_VIEW, A.CASE_WORK, A.CASE_MOVE})
_FEEDBACK = frozenset({A.FEEDBACK_VIEW, A.FEEDBACK_ENTER, A.FEEDBACK_WORK})
_INSTITUTIONS = frozenset({A.INSTITUTION_VIEW, A.INSTITUTION_WORK})
_IDENTITY = frozenset({F.IDENTITY})
_WORK = frozenset({F.IDENTITY, F.CONTACT, F.HOME_LOCATION})
_CARE = _WORK | {F.COMMUNITY, F.HEALTH}
_SELECTION = frozenset({A.SELECTION_VIEW, A.SELECTION_FIGURES})
_GIVEN = frozenset({A.PROGRAMME_VIEW, A.ENTITLEMENT_VIEW})
_HELP = frozenset({A.WORKS_VIEW, A.GRANT_VIEW, A.COURSE_VIEW, A.PROJECT_VIEW})  # what is built, given, taught
_SITES = frozenset({A.SITE_VIEW, A.SITE_STAY})
_STORES = frozenset({A.STOCK_VIEW, A.STOCK_MOVE, A.DISTRIBUTION_VIEW, A.DISTRIBUTION_HAND})


@dataclass(frozen=True)
class Permission:
    """What a role may do, and which classes of field it may read and write."""

    actions: frozenset[Action]
    reads: frozenset[FieldClass] = frozenset()
    writes: frozenset[FieldClass] = frozenset()


POLICY: Mapping[Role, Permission] = {
    Role.ENUMERATOR: Permission(
        _SEE | {A.PERSON_REGISTER, A.PROPERTY_VIEW, A.PROPERTY_REGISTER, A.PROPERTY_ASSESS, A.FEEDBACK_ENTER},
        _WORK,
        _WORK,
    ),
    Role.CASEWORKER: Permission(
        _SEE
        | _HOMES
        | _CASES
        | _FEEDBACK
        | _INSTITUTIONS
        | _SITES
        | {
            A.DISTRIBUTION_VIEW,
            A.FEEDBACK_EXPORT,
            A.PERSON_REGISTER,
            A.PERSON_CHANGE,
            A.PERSON_END,
            A.PERSON_EXPORT,
            A.IMPORT_BRING,
            A.BREAK_GLASS,
            A.DUPLICATES_DECIDE,
            A.PROPERTY_EXPORT,
            A.SELECTION_VIEW,
            A.SELECTION_ENTER,
            A.SELECTION_EXPORT,
            A.CASE_EXPORT,
            A.VACANCY_CHANGE,
            A.DELIVERY_RECORD,
            A.DELIVERY_VERIFY,
        }
        | _GIVEN
        | _HELP
        | {A.GRANT_VISIT, A.COURSE_WORK},
        _CARE,
        _CARE,
    ),
    Role.IMPORT_APPROVER: Permission(_SEE | {A.IMPORT_DECIDE, A.DUPLICATES_DECIDE}, _WORK),
    Role.COMMISSION: Permission(
        _SEE | _SELECTION | {A.PROPERTY_VIEW, A.CASE_VIEW, A.CASE_MOVE, A.SELECTION_DECIDE}, _IDENTITY | {F.HEALTH}
    ),
    Role.SCORER: Permission(_SEE | {A.PROPERTY_VIEW, A.SELECTION_VIEW, A.SELECTION_SCORE}, _IDENTITY | {F.HEALTH}),
    Role.ENGINEER: Permission(
        _SEE | {A.PROPERTY_VIEW, A.PROPERTY_ASSESS, A.WORKS_VIEW, A.WORKS_INSPECT, A.PROJECT_VIEW},
        _IDENTITY | {F.HOME_LOCATION},
        _IDENTITY | {F.HOME_LOCATION},
    ),
    Role.PROGRAMME: Permission(
        _SEE
        | _SELECTION
        | {A.PERSON_EXPORT, A.IMPORT_BRING, A.PROPERTY_VIEW, A.PROPERTY_EXPORT, A.PROPERTY_CLASSES}
        | {A.CASE_VIEW, A.CASE_MOVE, A.CASE_ASSIGN, A.TRACK_CHANGE, A.VACANCY_CHANGE}
        | {A.SELECTION_CALL, A.SELECTION_GRID, A.SELECTION_EXPORT, A.CASE_EXPORT}
        | _FEEDBACK
        | _INSTITUTIONS
        | {A.FEEDBACK_EXPORT, A.FEEDBACK_CLOCKS}
        | _GIVEN
        | {A.PROGRAMME_CHANGE, A.PACKAGE_CHANGE, A.ENTITLEMENT_GRANT, A.DELIVERY_RECORD}
        | {A.PAYMENT_VIEW, A.PAYMENT_BUILD}
        | _HELP
        | {A.WORKS_PLAN, A.WORKS_COST, A.GRANT_WORK, A.GRANT_VISIT, A.COURSE_WORK, A.PROJECT_WORK}
        | {A.SITE_VIEW, A.SITE_CHANGE, A.STOCK_VIEW, A.STOCK_RULES, A.DISTRIBUTION_VIEW, A.DISTRIBUTION_PLAN},
        _WORK,
    ),
    Role.FINANCE: Permission(
        _SEE
        | _GIVEN
        | {A.BUDGET_CHANGE, A.APPROVAL_CHAIN, A.PAYMENT_VIEW, A.PAYMENT_PAY, A.ACCOUNT_CHANGE}
        | _HELP
        | {A.WORKS_COST, A.WORKS_PAY, A.GRANT_PAY},
        _IDENTITY | {F.PAYMENT},
        _IDENTITY | {F.PAYMENT},
    ),
    Role.AUTHORISER: Permission(_SEE | _GIVEN | {A.APPROVAL_SIGN, A.PAYMENT_VIEW}, _IDENTITY),
    Role.PROTECTION: Permission(
        _SEE
        | _HOMES
        | _SELECTION
        | _CASES
        | _FEEDBACK
        | _HELP
        | {A.CASE_ASSIGN, A.CASE_SENSITIVE, A.FEEDBACK_SENSITIVE, A.INSTITUTION_VIEW}
        | _GIVEN
        | {A.DELIVERY_RECORD, A.DELIVERY_VERIFY}
        | _SITES
        | _STORES
        | {A.SITE_CHANGE, A.DISTRIBUTION_PLAN}
        | {
            A.PERSON_REGISTER,
            A.PERSON_CHANGE,
            A.PERSON_END,
            A.SHIELDED_VIEW,
            A.BREAK_GLASS_REVIEW,
            A.DUPLICATES_DECIDE,
            A.CENTRAL_QUEUE,
        },
        frozenset(F) - {F.PAYMENT},
        frozenset(F) - {F.PAYMENT},
    ),
    Role.STOREKEEPER: Permission(_SEE | _STORES | {A.SITE_VIEW}, _IDENTITY),
    Role.PLANNER: Permission(frozenset({A.PLACE_VIEW, A.PLACE_LOAD, A.JOB_VIEW, A.SITE_VIEW, A.STOCK_VIEW})),
    Role.ANALYST: Permission(frozenset({A.PLACE_VIEW, A.JOB_VIEW})),
    Role.DATA_PROTECTION: Permission(
        _SEE
        | _SELECTION
        | _GIVEN
        | _HELP
        | {
            A.PROPERTY_VIEW,
            A.WORKS_COST,
            A.CASE_VIEW,
            A.FEEDBACK_VIEW,
            A.SITE_VIEW,
            A.DISTRIBUTION_VIEW,
            A.SHIELDED_VIEW,
            A.SUBJECT_FILE,
            A.SUBJECT_ERASE,
            A.PROTECTION_RULES,
            A.LOG_VIEW,
            A.USER_VIEW,
            A.BREAK_GLASS_REVIEW,
        },
        frozenset(F),
    ),
    Role.RELEASE: Permission(frozenset({A.PLACE_VIEW, A.JOB_VIEW})),
    Role.KEEPER: Permission(
        frozenset({A.PLACE_VIEW, A.PLACE_LOAD, A.USER_VIEW, A.USER_MANAGE, A.JOB_VIEW, A.JOB_ALL, A.LOG_VIEW})
    ),
}

REACHES: Mapping[Reach, tuple[Action, ...]] = {
    Reach.PEOPLE: (A.PERSON_VIEW,),
    Reach.SHIELDED: (A.SHIELDED_VIEW,),
    Reach.LISTS: (A.IMPORT_BRING, A.IMPORT_DECIDE),
    Reach.HOMES: (A.PROPERTY_VIEW, A.WORKS_VIEW),
    Reach.FEEDBACK: (A.FEEDBACK_VIEW,),
    Reach.REPORTS: (A.FEEDBACK_SENSITIVE,),
    Reach.CONTACTS: (A.INSTITUTION_VIEW,),
    Reach.CASES: (A.CASE_VIEW,),
    Reach.SENSITIVE: (A.CASE_SENSITIVE,),
    Reach.SELECTIONS: (A.SELECTION_VIEW,),
}

# Who enters does not approve or score, who scores does not decide; who keeps the machine does not read the people;
# who pays does not choose; who asks for money does not approve it, and who approves does not pay; who enters
# households, plans a distribution or pays does not hand out the goods.
INCOMPATIBLE: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in (
        (Role.CASEWORKER, Role.IMPORT_APPROVER),
        (Role.ENUMERATOR, Role.IMPORT_APPROVER),
        (Role.PROGRAMME, Role.IMPORT_APPROVER),
        (Role.KEEPER, Role.DATA_PROTECTION),
        (Role.KEEPER, Role.PROTECTION),
        (Role.KEEPER, Role.CASEWORKER),
        (Role.FINANCE, Role.PROGRAMME),
        (Role.FINANCE, Role.COMMISSION),
        (Role.CASEWORKER, Role.COMMISSION),
        (Role.CASEWORKER, Role.SCORER),
        (Role.ENUMERATOR, Role.SCORER),
        (Role.SCORER, Role.COMMISSION),
        (Role.FINANCE, Role.SCORER),
        (Role.KEEPER, Role.SCORER),
        (Role.AUTHORISER, Role.FINANCE),
        (Role.AUTHORISER, Role.PROGRAMME),
        (Role.AUTHORISER, Role.CASEWORKER),
        (Role.AUTHORISER, Role.ENUMERATOR),
        (Role.AUTHORISER, Role.KEEPER),
        (Role.STOREKEEPER, Role.CASEWORKER),
        (Role.STOREKEEPER, Role.ENUMERATOR),
        (Role.STOREKEEPER, Role.IMPORT_APPROVER),
        (Role.STOREKEEPER, Role.PROGRAMME),
        (Role.STOREKEEPER, Role.FINANCE),
        (Role.STOREKEEPER, Role.KEEPER),
    )
)

BREAK_GLASS_MAX_HOURS = 24


@dataclass(frozen=True, order=True)
class Scope:
    kind: ScopeKind
    key: str = ""


@dataclass(frozen=True)
class HeldRole:
    """A role as a user holds it: where, and until when. ``via`` says how it was come by."""

    role: Role
    scope: Scope
    expires: dt.datetime | None = None
    via: str = "grant"


@dataclass(frozen=True)
class Access:
    """What one user may do at one moment: an immutable value that doors hand to queries and actions.

    A user with no held role may nothing and sees nothing.
    """

    user_id: int | None
    label: str
    held: tuple[HeldRole, ...] = ()
    opened: frozenset[str] = frozenset()  # subjects opened by break-glass, in hexadecimal
    limit: frozenset[Action] | None = None  # an API token may carry fewer actions than its user
    _actions: frozenset[Action] = field(init=False, default=frozenset(), compare=False)
    # What scopes were resolved to, so that the many questions of one request ask the tables once.
    resolved: dict[frozenset[Scope], Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        everything = frozenset[Action]().union(*(POLICY[h.role].actions for h in self.held))
        object.__setattr__(self, "_actions", everything if self.limit is None else everything & self.limit)

    @property
    def actor(self) -> Actor:
        """Who is named in the log."""
        if self.user_id is None:
            return Actor("system", self.label, self.label)
        return Actor("user", str(self.user_id), self.label)

    def person(self) -> int:
        """Id of the user; raises Refused for the office itself, where somebody must answer in person."""
        if self.user_id is None:
            raise errors.Refused(errors.message("Only somebody who is logged in can do this."), code="nobody")
        return self.user_id

    def allows(self, action: Action) -> bool:
        """Whether some held role carries the action, anywhere."""
        return action in self._actions

    def require(self, action: Action) -> None:
        """Raise Refused unless some held role carries the action."""
        if not self.allows(action):
            raise errors.Refused(
                errors.message("Your role does not include “{action}”. Ask a colleague who manages users."),
                action=action.value,
            )

    def scopes(self, action: Action) -> frozenset[Scope]:
        """Where the action is carried: a set of scopes, any of which is enough."""
        if not self.allows(action):
            return frozenset()
        return frozenset(h.scope for h in self.held if action in POLICY[h.role].actions)

    def reads(self, action: Action = Action.PERSON_VIEW) -> dict[Scope, frozenset[FieldClass]]:
        """Readable field classes by scope, for the roles that carry the action."""
        return self._classes(action, "reads")

    def writes(self, action: Action = Action.PERSON_CHANGE) -> dict[Scope, frozenset[FieldClass]]:
        """Writable field classes by scope, for the roles that carry the action."""
        return self._classes(action, "writes")

    def knowing(self, field_class: FieldClass) -> Access:
        """The same access with those roles alone that may read the class: for narrowing by a column of it."""
        return replace(self, held=tuple(h for h in self.held if field_class in POLICY[h.role].reads))

    def _classes(self, action: Action, what: str) -> dict[Scope, frozenset[FieldClass]]:
        found: dict[Scope, frozenset[FieldClass]] = {}
        if not self.allows(action):
            return found
        for held in self.held:
            if action in POLICY[held.role].actions:
                classes: frozenset[FieldClass] = getattr(POLICY[held.role], what)
                found[held.scope] = found.get(held.scope, frozenset()) | classes
        return found


NOBODY = Access(user_id=None, label="nobody")


def system(label: str) -> Access:
    """The office itself, for commands run at its own terminal and for jobs without a user: everything, everywhere.

    Doors never make one for a request.
    """
    everywhere = Scope(ScopeKind.EVERYTHING)
    return Access(user_id=None, label=label, held=tuple(HeldRole(role, everywhere, via="system") for role in Role))


def is_held(starts: dt.datetime, expires: dt.datetime | None, at: dt.datetime) -> bool:
    """Whether a grant is in force at a moment; it ends at the instant of its expiry."""
    return starts <= at and (expires is None or at < expires)


def clashing(roles: Iterable[Role], new: Role) -> Role | None:
    """The first role already held that may not go together with ``new``."""
    for role in sorted(roles):
        if frozenset((role, new)) in INCOMPATIBLE:
            return role
    return None


def may_enter(*, is_demo_user: bool, in_demo: bool) -> bool:
    """Users of the demo, whose passwords everybody knows, enter the demo alone."""
    return in_demo or not is_demo_user
