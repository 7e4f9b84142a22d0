"""Who may open which page and use which operation of the API, kept by hand: the door opens so, and no other way.

A new page or operation without a line here fails, and so does a mark that differs from its line. That the doors obey
their marks for every role is held by ``test_every_page`` for pages, and here for operations.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from tests import factories
from tests.factories import OFFICE

from streha.accounts import actions as account_actions
from streha.accounts.rules import POLICY, Action, Role, Scope
from streha.api.urls import api
from streha.web import door

pytestmark = pytest.mark.django_db

A = Action
PUBLIC, SIGNED_IN = door.PUBLIC, door.SIGNED_IN

PAGES: dict[str, tuple[Action, ...] | str] = {
    "today": SIGNED_IN,
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_inactive": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_login_webauthn": PUBLIC,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "reset_use": PUBLIC,
    "own_tokens": SIGNED_IN,
    "token_withdraw": SIGNED_IN,
    "users": (A.USER_VIEW, A.USER_MANAGE),
    "user_new": (A.USER_MANAGE,),
    "user": (A.USER_VIEW, A.USER_MANAGE),
    "grant": (A.USER_MANAGE,),
    "grant_withdraw": (A.USER_MANAGE,),
    "user_close": (A.USER_MANAGE,),
    "reset_ask": (A.USER_MANAGE,),
    "reset_confirm": (A.USER_VIEW,),
    "breaks": (A.BREAK_GLASS, A.BREAK_GLASS_REVIEW),
    "break_ask": (A.BREAK_GLASS,),
    "break_judge": (A.BREAK_GLASS_REVIEW,),
    "set_language": PUBLIC,
    "jobs": (A.JOB_VIEW,),
    "job": (A.JOB_VIEW,),
    "job_cancel": (A.JOB_VIEW,),
    "job_retry": (A.JOB_VIEW,),
    "log": (A.LOG_VIEW,),
    "log_check": (A.LOG_VIEW,),
    "log_looks": (A.LOG_VIEW,),
    "about": PUBLIC,
    "places": (A.PLACE_VIEW,),
    "place": (A.PLACE_VIEW,),
    "municipality": (A.PLACE_VIEW,),
    "map": (A.PLACE_VIEW,),
    "map_shapes": (A.PLACE_VIEW,),
    "search": (A.PERSON_VIEW,),
    "search_hints": (A.PERSON_VIEW,),
    "people": (A.PERSON_VIEW,),
    "person_register": (A.PERSON_REGISTER,),
    "person": (A.PERSON_VIEW,),
    "person_change": (A.PERSON_CHANGE,),
    "person_add": (A.PERSON_CHANGE,),
    "person_show": (A.PERSON_VIEW,),
    "person_end_fact": (A.PERSON_CHANGE,),
    "person_end": (A.PERSON_END,),
    "person_reopen": (A.PERSON_END,),
    "person_history": (A.PERSON_VIEW,),
    "person_looks": (A.SUBJECT_FILE, A.LOG_VIEW),
    "person_same": (A.DUPLICATES_DECIDE,),
    "duplicates": (A.DUPLICATES_DECIDE, A.CENTRAL_QUEUE),
    "duplicates_next": (A.DUPLICATES_DECIDE, A.CENTRAL_QUEUE),
    "duplicates_certain": (A.DUPLICATES_DECIDE,),
    "duplicates_search": (A.CENTRAL_QUEUE,),
    "duplicate": (A.DUPLICATES_DECIDE, A.CENTRAL_QUEUE),
    "duplicate_undo": (A.DUPLICATES_DECIDE, A.CENTRAL_QUEUE),
    "merge_undo": (A.DUPLICATES_DECIDE,),
    "cases": (A.CASE_VIEW,),
    "case_open": (A.CASE_WORK,),
    "case_load": (A.CASE_ASSIGN,),
    "case_glass": (A.CASE_VIEW,),
    "case": (A.CASE_VIEW,),
    "case_letter": (A.CASE_WORK,),
    "case_judge": (A.CASE_WORK,),
    "case_file": (A.CASE_VIEW,),
    "case_do": (A.CASE_WORK, A.CASE_MOVE, A.CASE_ASSIGN),
    "feedback": (A.FEEDBACK_VIEW,),
    "feedback_enter": (A.FEEDBACK_ENTER,),
    "feedback_figures": (A.FEEDBACK_VIEW,),
    "feedback_export": (A.FEEDBACK_EXPORT,),
    "feedback_clocks": (A.FEEDBACK_VIEW, A.FEEDBACK_CLOCKS),
    "feedback_clock": (A.FEEDBACK_CLOCKS,),
    "feedback_one": (A.FEEDBACK_VIEW,),
    "feedback_do": (A.FEEDBACK_WORK,),
    "reports": (A.FEEDBACK_SENSITIVE,),
    "report": (A.FEEDBACK_SENSITIVE,),
    "report_do": (A.FEEDBACK_SENSITIVE,),
    "case_plan": (A.CASE_WORK,),
    "case_goal": (A.CASE_WORK,),
    "case_visit": (A.CASE_WORK,),
    "case_refer": (A.CASE_WORK,),
    "case_referral": (A.CASE_WORK,),
    "referrals": (A.CASE_WORK,),
    "referral": (A.CASE_WORK,),
    "case_work": (A.CASE_VIEW,),
    "case_profile": (A.CASE_WORK,),
    "vacancies": (A.CASE_VIEW,),
    "vacancy_new": (A.VACANCY_CHANGE,),
    "vacancy": (A.CASE_VIEW,),
    "vacancy_change": (A.VACANCY_CHANGE,),
    "vacancy_end": (A.VACANCY_CHANGE,),
    "visits": (A.CASE_VIEW,),
    "tracks": (A.CASE_VIEW, A.TRACK_CHANGE),
    "track_new": (A.TRACK_CHANGE,),
    "track_change": (A.TRACK_CHANGE, A.CASE_SENSITIVE),
    "letter_words": (A.TRACK_CHANGE,),
    "tracks_load": (A.TRACK_CHANGE,),
    "households": (A.PERSON_VIEW,),
    "household_open": (A.PERSON_REGISTER,),
    "household": (A.PERSON_VIEW,),
    "household_change": (A.PERSON_CHANGE,),
    "household_add": (A.PERSON_CHANGE,),
    "household_merge": (A.PERSON_CHANGE,),
    "household_split": (A.PERSON_CHANGE,),
    "household_move": (A.PERSON_CHANGE,),
    "household_take_back": (A.PERSON_CHANGE,),
    "household_end_member": (A.PERSON_CHANGE,),
    "household_head": (A.PERSON_CHANGE,),
    "protection": (A.PROTECTION_RULES, A.SUBJECT_FILE, A.SUBJECT_ERASE),
    "protection_exception": (A.PROTECTION_RULES,),
    "protection_approve": (A.PROTECTION_RULES,),
    "protection_retention": (A.SUBJECT_ERASE,),
    "people_export": (A.PERSON_EXPORT,),
    "exports": (
        A.PERSON_EXPORT,
        A.PROPERTY_EXPORT,
        A.FEEDBACK_EXPORT,
        A.INSTITUTION_WORK,
        A.WORKS_PLAN,
        A.CASE_EXPORT,
        A.SELECTION_EXPORT,
        A.PROJECT_WORK,
    ),
    "export_fetch": (
        A.PERSON_EXPORT,
        A.PROPERTY_EXPORT,
        A.FEEDBACK_EXPORT,
        A.INSTITUTION_WORK,
        A.WORKS_PLAN,
        A.CASE_EXPORT,
        A.SELECTION_EXPORT,
        A.PROJECT_WORK,
    ),
    "homes": (A.PROPERTY_VIEW,),
    "home_register": (A.PROPERTY_REGISTER,),
    "homes_map": (A.PROPERTY_VIEW,),
    "homes_export": (A.PROPERTY_EXPORT,),
    "home_classes": (A.PROPERTY_VIEW, A.PROPERTY_CLASSES),
    "home_classes_new": (A.PROPERTY_CLASSES,),
    "home": (A.PROPERTY_VIEW,),
    "home_change": (A.PROPERTY_CHANGE,),
    "home_assess": (A.PROPERTY_ASSESS,),
    "home_owner": (A.PROPERTY_CHANGE,),
    "home_owner_end": (A.PROPERTY_CHANGE,),
    "home_occupancy": (A.PROPERTY_CHANGE,),
    "home_occupancy_end": (A.PROPERTY_CHANGE,),
    "home_photo_add": (A.PROPERTY_ASSESS,),
    "home_photo": (A.PROPERTY_VIEW,),
    "home_photo_small": (A.PROPERTY_VIEW,),
    "home_photo_remove": (A.PROPERTY_CHANGE,),
    "home_shield": (A.PROPERTY_CHANGE,),
    "home_hand_over": (A.PROPERTY_CHANGE,),
    "home_end": (A.PROPERTY_END,),
    "home_reopen": (A.PROPERTY_END,),
    "home_history": (A.PROPERTY_VIEW,),
    "programmes": (A.PROGRAMME_VIEW,),
    "programme_new": (A.PROGRAMME_CHANGE,),
    "programme": (A.PROGRAMME_VIEW,),
    "programme_change": (A.PROGRAMME_CHANGE,),
    "budget_line_change": (A.BUDGET_CHANGE,),
    "commitment": (A.PROGRAMME_VIEW,),
    "commitment_change": (A.PROGRAMME_CHANGE, A.BUDGET_CHANGE),
    "commitment_paper": (A.PAYMENT_PAY,),
    "set_aside": (A.PROGRAMME_CHANGE, A.BUDGET_CHANGE),
    "selection_call_grid": (A.SELECTION_CALL,),
    "application_answers": (A.SELECTION_ENTER,),
    "cycle": (A.PROGRAMME_VIEW,),
    "cycle_grant": (A.ENTITLEMENT_GRANT,),
    "cycle_chosen": (A.ENTITLEMENT_GRANT,),
    "cycle_package": (A.ENTITLEMENT_GRANT,),
    "payment_list_new": (A.PAYMENT_BUILD,),
    "agreements": (A.PROGRAMME_VIEW,),
    "agreement_new": (A.BUDGET_CHANGE,),
    "rate_note": (A.BUDGET_CHANGE,),
    "agreement": (A.PROGRAMME_VIEW,),
    "agreement_report": (A.PROGRAMME_VIEW,),
    "entitlement": (A.ENTITLEMENT_VIEW,),
    "entitlement_do": (A.DELIVERY_RECORD, A.DELIVERY_VERIFY, A.ENTITLEMENT_GRANT),
    "packages": (A.PROGRAMME_VIEW,),
    "package_new": (A.PACKAGE_CHANGE,),
    "approvals": (A.PROGRAMME_VIEW,),
    "approval_sign": (A.APPROVAL_SIGN,),
    "payments": (A.PAYMENT_VIEW,),
    "doubles": (A.PAYMENT_PAY,),
    "bank_replies": (A.PAYMENT_PAY,),
    "bank_reply": (A.PAYMENT_PAY,),
    "booking_settle": (A.PAYMENT_PAY,),
    "payment_list": (A.PAYMENT_VIEW,),
    "payment_list_do": (A.PAYMENT_BUILD, A.APPROVAL_SIGN, A.PAYMENT_PAY),
    "payment_file": (A.PAYMENT_PAY,),
    "person_account": (A.ACCOUNT_CHANGE,),
    "works": (A.WORKS_VIEW,),
    "works_list": (A.WORKS_VIEW,),
    "works_progress": (A.WORKS_VIEW,),
    "works_map": (A.WORKS_VIEW,),
    "works_new": (A.WORKS_PLAN,),
    "works_export": (A.WORKS_PLAN,),
    "works_lots": (A.WORKS_VIEW,),
    "works_lot_new": (A.WORKS_PLAN,),
    "works_lot": (A.WORKS_PLAN,),
    "works_one": (A.WORKS_VIEW,),
    "works_do": (A.WORKS_PLAN, A.WORKS_INSPECT, A.WORKS_PAY),
    "sites": (A.SITE_VIEW,),
    "site_new": (A.SITE_CHANGE,),
    "site_standards": (A.SITE_VIEW,),
    "site_standards_change": (A.SITE_CHANGE,),
    "site_standards_verify": (A.SITE_CHANGE,),
    "site": (A.SITE_VIEW,),
    "site_change": (A.SITE_CHANGE,),
    "site_close": (A.SITE_CHANGE,),
    "site_check_in": (A.SITE_STAY,),
    "site_check_out": (A.SITE_STAY,),
    "site_count": (A.SITE_STAY,),
    "supplies": (A.STOCK_VIEW,),
    "supply_examples": (A.STOCK_RULES,),
    "items": (A.STOCK_VIEW,),
    "item_new": (A.STOCK_RULES,),
    "item_change": (A.STOCK_RULES,),
    "kits": (A.STOCK_VIEW,),
    "kit_new": (A.STOCK_RULES,),
    "kit_verify": (A.STOCK_RULES,),
    "warehouse_new": (A.STOCK_RULES, A.STOCK_MOVE),
    "warehouse": (A.STOCK_VIEW,),
    "warehouse_do": (A.STOCK_RULES, A.STOCK_MOVE),
    "stock_count": (A.STOCK_VIEW,),
    "movements": (A.STOCK_VIEW,),
    "purchase": (A.STOCK_VIEW,),
    "purchase_list": (A.STOCK_VIEW,),
    "distributions": (A.DISTRIBUTION_VIEW,),
    "distribution_new": (A.DISTRIBUTION_PLAN,),
    "distribution": (A.DISTRIBUTION_VIEW,),
    "batch_given": (A.DISTRIBUTION_VIEW,),
    "distribution_add": (A.DISTRIBUTION_PLAN,),
    "distribution_close": (A.DISTRIBUTION_PLAN,),
    "distribution_hand": (A.DISTRIBUTION_HAND,),
    "distribution_paper": (A.DISTRIBUTION_HAND,),
    "distribution_print": (A.DISTRIBUTION_PLAN, A.DISTRIBUTION_HAND),
    "slip_cancel": (A.DISTRIBUTION_PLAN,),
    "slip_back": (A.DISTRIBUTION_HAND,),
    "distribution_sheet": (A.DISTRIBUTION_VIEW,),
    "sheet_again": (A.DISTRIBUTION_HAND,),
    "grants": (A.GRANT_VIEW,),
    "grant_new": (A.GRANT_WORK,),
    "grant_one": (A.GRANT_VIEW,),
    "grant_do": (A.GRANT_WORK, A.GRANT_VISIT, A.GRANT_PAY),
    "courses": (A.COURSE_VIEW,),
    "course_new": (A.COURSE_WORK,),
    "course": (A.COURSE_VIEW,),
    "course_do": (A.COURSE_WORK,),
    "course_decide": (A.COURSE_WORK,),
    "course_outcome": (A.COURSE_WORK,),
    "course_certificate": (A.COURSE_VIEW,),
    "projects": (A.PROJECT_VIEW,),
    "projects_map": (A.PROJECT_VIEW,),
    "project_new": (A.PROJECT_WORK,),
    "five_w": (A.PROJECT_VIEW,),
    "five_w_export": (A.PROJECT_WORK,),
    "project": (A.PROJECT_VIEW,),
    "project_do": (A.PROJECT_WORK,),
    "project_photo": (A.PROJECT_VIEW,),
    "project_photo_small": (A.PROJECT_VIEW,),
    "institutions": (A.INSTITUTION_VIEW,),
    "institution_new": (A.INSTITUTION_WORK,),
    "institution": (A.INSTITUTION_VIEW,),
    "institution_change": (A.INSTITUTION_WORK,),
    "institution_end": (A.INSTITUTION_WORK,),
    "contact_new": (A.INSTITUTION_WORK,),
    "contact_end": (A.INSTITUTION_WORK,),
    "meetings": (A.INSTITUTION_VIEW,),
    "meeting_new": (A.INSTITUTION_WORK,),
    "body_new": (A.INSTITUTION_WORK,),
    "meeting": (A.INSTITUTION_VIEW,),
    "meeting_do": (A.INSTITUTION_WORK,),
    "task_end": (A.INSTITUTION_VIEW,),
    "trainings": (A.INSTITUTION_VIEW,),
    "training_new": (A.INSTITUTION_WORK,),
    "training_export": (A.INSTITUTION_WORK,),
    "training": (A.INSTITUTION_VIEW,),
    "training_change": (A.INSTITUTION_WORK,),
    "subject_file": (A.SUBJECT_FILE,),
    "person_erase": (A.SUBJECT_ERASE,),
    "imports": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "import_new": (A.IMPORT_BRING,),
    "import": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "import_columns": (A.IMPORT_BRING,),
    "import_sheet": (A.IMPORT_BRING,),
    "import_terms": (A.IMPORT_BRING,),
    "import_row": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "import_decide": (A.IMPORT_DECIDE,),
    "import_commit": (A.IMPORT_DECIDE,),
    "import_abandon": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "import_correct": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "import_correct_csv": (A.IMPORT_BRING, A.IMPORT_DECIDE),
    "selections": (A.SELECTION_VIEW,),
    "selection_call_new": (A.SELECTION_CALL,),
    "selection_call": (A.SELECTION_VIEW,),
    "selection_member": (A.SELECTION_CALL,),
    "selection_apply": (A.SELECTION_ENTER,),
    "selection_session_new": (A.SELECTION_CALL, A.SELECTION_DECIDE),
    "selection_session": (A.SELECTION_VIEW,),
    "selection_act": (A.SELECTION_DECIDE,),
    "selection_ranked": (A.SELECTION_VIEW,),
    "selection_replay": (A.SELECTION_FIGURES,),
    "selection_figures": (A.SELECTION_FIGURES,),
    "selection_public": (A.SELECTION_VIEW,),
    "selection_publish": (A.SELECTION_CALL,),
    "selection_grids": (A.SELECTION_VIEW,),
    "selection_grid": (A.SELECTION_VIEW,),
    "selection_grid_change": (A.SELECTION_GRID,),
    "selection_grid_verify": (A.SELECTION_GRID,),
    "application": (A.SELECTION_VIEW,),
    "application_paper": (A.SELECTION_ENTER,),
    "application_change": (A.SELECTION_ENTER,),
    "application_late": (A.SELECTION_DECIDE,),
    "application_conflict": (A.SELECTION_SCORE, A.SELECTION_DECIDE),
    "application_score": (A.SELECTION_SCORE,),
    "application_appeal": (A.SELECTION_ENTER,),
    "application_amount": (A.SELECTION_ENTER,),
    "application_file": (A.SELECTION_VIEW,),
    "application_letter": (A.SELECTION_ENTER, A.SELECTION_CALL),
    "applications_export": (A.SELECTION_EXPORT,),
    "selection_ranked_export": (A.SELECTION_EXPORT,),
    "selection_letters": (A.SELECTION_EXPORT,),
    "cases_export": (A.CASE_EXPORT,),
}
OPERATIONS: dict[str, Action] = {
    "list_people": A.PERSON_VIEW,
    "search_people": A.PERSON_VIEW,
    "get_person": A.PERSON_VIEW,
    "register_person": A.PERSON_REGISTER,
    "change_person": A.PERSON_CHANGE,
    "list_households": A.PERSON_VIEW,
    "get_household": A.PERSON_VIEW,
    "merge_households": A.PERSON_CHANGE,
    "split_household": A.PERSON_CHANGE,
    "move_members": A.PERSON_CHANGE,
    "take_back_move": A.PERSON_CHANGE,
    "list_pairs": A.DUPLICATES_DECIDE,
    "get_pair": A.DUPLICATES_DECIDE,
    "decide_pair": A.DUPLICATES_DECIDE,
    "undo_pair": A.DUPLICATES_DECIDE,
    "list_homes": A.PROPERTY_VIEW,
    "get_home": A.PROPERTY_VIEW,
    "register_home": A.PROPERTY_REGISTER,
    "change_home": A.PROPERTY_CHANGE,
    "add_home_owner": A.PROPERTY_CHANGE,
    "note_home_occupancy": A.PROPERTY_CHANGE,
    "end_home_occupancy": A.PROPERTY_CHANGE,
    "assess_home": A.PROPERTY_ASSESS,
    "add_home_photo": A.PROPERTY_ASSESS,
    "get_home_photo": A.PROPERTY_VIEW,
    "list_places": A.PLACE_VIEW,
    "find_places": A.PLACE_VIEW,
    "get_place": A.PLACE_VIEW,
    "list_observations": A.PLACE_VIEW,
    "list_imports": A.IMPORT_BRING,
    "get_import": A.IMPORT_BRING,
    "bring_import": A.IMPORT_BRING,
    "list_cases": A.CASE_VIEW,
    "get_case": A.CASE_VIEW,
    "open_case": A.CASE_WORK,
    "move_case": A.CASE_MOVE,
    "list_feedback": A.FEEDBACK_VIEW,
    "get_feedback": A.FEEDBACK_VIEW,
    "enter_feedback": A.FEEDBACK_ENTER,
    "acknowledge_feedback": A.FEEDBACK_WORK,
    "answer_feedback": A.FEEDBACK_WORK,
    "close_feedback": A.FEEDBACK_WORK,
    "list_institutions": A.INSTITUTION_VIEW,
    "list_meetings": A.INSTITUTION_VIEW,
    "list_trainings": A.INSTITUTION_VIEW,
    "note_training": A.INSTITUTION_WORK,
    "get_plan": A.CASE_VIEW,
    "plan_goal": A.CASE_WORK,
    "settle_goal": A.CASE_WORK,
    "plan_visit": A.CASE_WORK,
    "report_visit": A.CASE_WORK,
    "list_vacancies": A.CASE_VIEW,
    "register_vacancy": A.VACANCY_CHANGE,
    "match_vacancy": A.CASE_VIEW,
    "list_programmes": A.PROGRAMME_VIEW,
    "list_entitlements": A.ENTITLEMENT_VIEW,
    "note_delivery": A.DELIVERY_RECORD,
    "list_payment_lists": A.PAYMENT_VIEW,
    "list_agreements": A.PROGRAMME_VIEW,
    "note_spending": A.PAYMENT_PAY,
    "refer_case": A.CASE_WORK,
    "list_referrals": A.CASE_WORK,
    "answer_referral": A.CASE_WORK,
    "list_sites": A.SITE_VIEW,
    "get_site": A.SITE_VIEW,
    "count_night": A.SITE_STAY,
    "list_stock": A.STOCK_VIEW,
    "list_distributions": A.DISTRIBUTION_VIEW,
    "bring_paper": A.DISTRIBUTION_HAND,
    "get_paper": A.DISTRIBUTION_VIEW,
    "list_calls": A.SELECTION_VIEW,
    "get_call": A.SELECTION_VIEW,
    "list_applications": A.SELECTION_VIEW,
    "get_application": A.SELECTION_VIEW,
    "enter_application": A.SELECTION_ENTER,
    "withdraw_application": A.SELECTION_ENTER,
    "get_ranked_list": A.SELECTION_VIEW,
    "replay_ranked_list": A.SELECTION_FIGURES,
    "get_public_list": A.SELECTION_VIEW,
    "list_works": A.WORKS_VIEW,
    "get_works": A.WORKS_VIEW,
    "plan_works": A.WORKS_PLAN,
    "inspect_works": A.WORKS_INSPECT,
    "list_grants": A.GRANT_VIEW,
    "check_grant": A.GRANT_VISIT,
    "list_courses": A.COURSE_VIEW,
    "list_projects": A.PROJECT_VIEW,
    "get_five_w": A.PROJECT_VIEW,
}


def patterns() -> dict[str, URLPattern]:
    """Every address of the office by name, those of the API left out."""
    found: dict[str, URLPattern] = {}

    def walk(resolver: Any, prefix: str) -> None:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLPattern):
                route = prefix + str(entry.pattern)
                if not route.startswith("api/"):
                    found[entry.name or route] = entry
            else:
                walk(entry, prefix + str(entry.pattern))

    walk(get_resolver(), "")
    return found


def test_every_page_is_marked_and_the_marks_agree_with_the_table() -> None:
    found = patterns()
    assert PAGES.keys() == found.keys(), "a new page needs its line in the table"
    for name, entry in found.items():
        mark = door.requirement(entry.callback)
        assert mark is not None, f"{name}: mark the view with open_to, signed_in or public"
        assert mark == PAGES[name], name


@pytest.fixture
def register() -> dict[str, int]:
    """One person with a household, so that every address leads somewhere."""
    someone = factories.person("Zzyzx", "Qwertyaj", identifier="1234567890", phone="+38344123218")
    house = factories.household(someone)
    membership = house.memberships.get()
    return {
        "pk": someone.pk,
        "row": membership.pk,
        "household": house.pk,
        "area_id": someone.keeper_id,
        "user_id": factories.user().pk,
    }


def operations() -> dict[str, tuple[str, str, Any]]:
    """Every operation of the API: method, path, the operation itself."""
    found = {}
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                found[operation.operation_id] = (operation.methods[0], f"/api{prefix}{path}", operation)
    return found


def test_every_operation_names_its_action_as_the_table_says() -> None:
    found = operations()
    assert found.keys() == OPERATIONS.keys()
    for name, (_method, _path, operation) in found.items():
        assert operation.auth_callbacks, name
        assert {check.action for check in operation.auth_callbacks} == {OPERATIONS[name]}, name


@pytest.mark.parametrize("role", list(Role))
def test_operations_by_role(role: Role, register: dict[str, int]) -> None:
    user = factories.user(role)
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    _token, secret = account_actions.make_token(
        user.pk,
        name="t",
        role=role,
        scope=Scope(factories.EVERYWHERE.kind),
        expires=now + timedelta(days=1),
        by=OFFICE,
        at=now,
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    for name, (method, path, _operation) in operations().items():
        filled = re.sub(
            r"\{(\w+)\}",
            lambda m: str(
                register["household" if "household" in m.group(1) else "area_id" if "area" in m.group(1) else "pk"]
            ),
            path,
        )
        answer = client.generic(method, filled, "{}", content_type="application/json")
        if OPERATIONS[name] in POLICY[role].actions:
            assert answer.status_code in {200, 201, 404, 422}, f"{role} {name}: {answer.status_code} {answer.content!r}"
        else:
            assert answer.status_code == 403, f"{role} {name}: {answer.status_code}"
            assert b"Qwertyaj" not in answer.content


def test_operations_of_a_stranger(register: dict[str, int]) -> None:
    for client in (Client(), Client(headers={"Authorization": "Bearer streha_nonsense"})):
        for name, (method, path, _operation) in operations().items():
            filled = re.sub(r"\{\w+\}", str(register["pk"]), path)
            answer = client.generic(method, filled, "{}", content_type="application/json")
            assert answer.status_code == 401, f"{name}: {answer.status_code}"
            assert b"Qwertyaj" not in answer.content


def test_a_token_is_no_wider_than_its_user() -> None:
    here, there = factories.person(), factories.person("Agim", "Berisha", code="17")
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    _token, secret = account_actions.make_token(
        user.pk,
        name="t",
        role=Role.CASEWORKER,
        scope=factories.in_area("20"),
        expires=now + timedelta(days=1),
        by=OFFICE,
        at=now,
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(f"/api/people/{here.pk}").status_code == 200
    assert client.get(f"/api/people/{there.pk}").status_code == 404
    assert [p["id"] for p in client.get("/api/people").json()["items"]] == [here.pk]
    account_actions.withdraw_grant(user.grants.get().pk, by=OFFICE, at=now)
    assert client.get("/api/people").status_code == 403
