"""Logging in and looking after one's own account: allauth's views behind our door, and none of its sign-up or mail."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from streha.web import door

urlpatterns = [
    path("login/", door.public(account.login), name="account_login"),
    path("logout/", door.public(account.logout), name="account_logout"),
    path("inactive/", door.public(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", door.signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("password/", door.signed_in(account.password_change), name="account_change_password"),
    path("factors/", door.signed_in(factors.index), name="mfa_index"),
    path("factors/code/", door.public(factors.authenticate), name="mfa_authenticate"),
    path("factors/again/", door.signed_in(factors.reauthenticate), name="mfa_reauthenticate"),
    path("app/on/", door.signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("app/off/", door.signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("codes/", door.signed_in(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("codes/new/", door.signed_in(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("codes/text/", door.signed_in(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("passkeys/", door.signed_in(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("passkeys/add/", door.signed_in(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/login/", door.public(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("passkeys/again/", door.signed_in(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/name/", door.signed_in(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", door.signed_in(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
]
