"""What the libraries say on our pages, so that the catalogues translate it too; ours are looked up before theirs."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

ALLAUTH = (
    _("Authenticator code"),
    _("Be patient, you are sending too many requests."),
    _("Code"),
    _("Current Password"),
    _(
        "Enabling passwordless operation allows you to sign in using just this key, but imposes additional "
        "requirements such as biometrics or PIN protection."
    ),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Invalid login."),
    _("Name"),
    _("New Password"),
    _("New Password (again)"),
    _("Password"),
    _("Passwordless"),
    _("Please type your current password."),
    _("The new value must be different from the current one."),
    _("The username and/or password you specified are not correct."),
    _("This account is currently inactive."),
    _("Too many failed login attempts. Try again later."),
    _("Use a security key"),
    _("Use authenticator app or code"),
    _("Use your password"),
    _("Username"),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You must type the same password each time."),
)
