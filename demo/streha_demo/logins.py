"""Who can log in to the demo: one login per role, with its scope. Everybody knows the password, so no real office
accepts these users (``accounts.rules.may_enter``)."""

from __future__ import annotations

from dataclasses import dataclass

from streha.accounts.rules import Role

PASSWORD = "streha-demo"  # noqa: S105 - printed on every start of the demo, and refused everywhere else


@dataclass(frozen=True)
class Login:
    """A user of the demo: ``area`` is the code of the municipality they work for, empty for everywhere."""

    username: str
    full_name: str
    role: Role
    area: str = ""
    language: str = ""


LOGINS = (
    Login("caseworker", "Arta Demo", Role.CASEWORKER, "17"),
    Login("caseworker.north", "Jelena Demo", Role.CASEWORKER, "38", "sr"),
    Login("enumerator", "Blerim Demo", Role.ENUMERATOR, "17"),
    Login("approver", "Vjosa Demo", Role.IMPORT_APPROVER, "17"),
    Login("commission", "Goran Demo", Role.COMMISSION, "17"),
    Login("commission.second", "Shpresa Demo", Role.COMMISSION, "17"),
    Login("commission.third", "Enis Demo", Role.COMMISSION, "17"),
    Login("scorer", "Fatmir Demo", Role.SCORER, "17"),
    Login("scorer.second", "Mirjana Demo", Role.SCORER, "17", "sr"),
    Login("scorer.third", "Ajla Demo", Role.SCORER, "17"),
    Login("engineer", "Emin Demo", Role.ENGINEER, "17"),
    Login("programme", "Teuta Demo", Role.PROGRAMME),
    Login("finance", "Milica Demo", Role.FINANCE),
    Login("authoriser", "Valdete Demo", Role.AUTHORISER),
    Login("authoriser.second", "Nenad Demo", Role.AUTHORISER),
    Login("protection", "Lirije Demo", Role.PROTECTION),
    Login("storekeeper", "Halit Demo", Role.STOREKEEPER, "17"),
    Login("planner", "Besnik Demo", Role.PLANNER),
    Login("analyst", "Senad Demo", Role.ANALYST),
    Login("dataprotection", "Dragan Demo", Role.DATA_PROTECTION),
    Login("release", "Albana Demo", Role.RELEASE),
    Login("keeper", "Naser Demo", Role.KEEPER),
)
