"""Every setting of the office, read from the environment and nowhere else.

``docs/reference/settings.md`` documents each name read here; a test holds the two together. Outside the demo a
missing secret stops the start. What must not differ between offices (SQLite's journal and locking, the order of the
middleware, the languages) is fixed in this file and cannot be set.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env

env = Env()

DEMO = env.bool("STREHA_DEMO", False)
DEBUG = env.bool("STREHA_DEBUG", False)
DATA_DIR = Path(env.str("STREHA_DATA", "data")).resolve()
KEYRING = Path(env.str("STREHA_KEYRING", str(DATA_DIR / "keys" / "keyring.json"))).resolve()
ANCHOR_DIR = Path(env.str("STREHA_ANCHORS", str(DATA_DIR / "anchors"))).resolve()
MEDIA_ROOT = Path(env.str("STREHA_MEDIA", str(DATA_DIR / "media"))).resolve()
SQLITE_FILE = "streha-demo.sqlite3" if DEMO else "streha.sqlite3"


def secret_key() -> str:
    """The signing secret: required, except in the demo, where a fresh one is made and kept beside the database."""
    given = env.str("STREHA_SECRET_KEY", "")
    if given:
        return given
    if not DEMO:
        raise ImproperlyConfigured(
            "STREHA_SECRET_KEY is not set. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    kept = DATA_DIR / "keys" / "demo-secret"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.write_text(secrets.token_urlsafe(50), encoding="ascii")
        kept.chmod(0o600)
    return kept.read_text(encoding="ascii").strip()


def sqlite_database(file: str) -> dict[str, Any]:
    """SQLite as it must run: write-ahead log, write lock taken at BEGIN, twenty seconds of patience."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; "
                "PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON;"
            ),
        },
    }


def databases() -> dict[str, dict[str, Any]]:
    """The register, and apart from it the store of who looked, so that a read never waits for a write."""
    url = env.str("DATABASE_URL", "")
    if not url or url.startswith("sqlite"):
        file = url.partition("sqlite:///")[2] or str(DATA_DIR / SQLITE_FILE)
        reads = str(Path(file).with_name(Path(file).stem + "-reads.sqlite3"))
        register, store = sqlite_database(file), sqlite_database(reads)
    else:
        register = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
        register["OPTIONS"] = {**register.get("OPTIONS", {}), "application_name": "streha"}
        register["ENGINE"] = "streha.accounts.bridge.postgresql"  # announces who asks: the second wall
        reads_url = env.str("STREHA_READS_DATABASE_URL", "")
        store = dict(dj_database_url.parse(reads_url, conn_max_age=None)) if reads_url else dict(register)
        if not reads_url:
            # One PostgreSQL database, a second connection: it commits at once, whatever the first is doing.
            store["TEST"] = {"MIRROR": "default"}
    return {"default": register, "reads": store}


# On PostgreSQL (docs/decisions/second-wall.md); changing it asks for ``streha upgrade``.
SECOND_WALL = env.bool("STREHA_SECOND_WALL", False)
SECRET_KEY = secret_key()
DATABASES = databases()
DATABASE_ROUTERS = ["streha.audit.bridge.ReadsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ALLOWED_HOSTS: list[str] = env.list("STREHA_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("STREHA_ORIGINS", [])
TLS = env.bool("STREHA_TLS", False)
BEHIND_PROXY = env.bool("STREHA_BEHIND_PROXY", False)

INSTALLED_APPS = [
    "streha.web.apps.WebConfig",
    "streha.api.apps.ApiConfig",
    "streha.dataprotection.apps.DataProtectionConfig",
    "streha.assistance.apps.AssistanceConfig",
    "streha.cases.apps.CasesConfig",
    "streha.homes.apps.HomesConfig",
    "streha.institutions.apps.InstitutionsConfig",
    "streha.people.apps.PeopleConfig",
    "streha.places.apps.PlacesConfig",
    "streha.jobs.apps.JobsConfig",
    "streha.accounts.apps.AccountsConfig",
    "streha.audit.apps.AuditConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "streha.web.door.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "streha.urls"
WSGI_APPLICATION = "streha.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "streha.web.door.page_context",
            ],
            "builtins": ["streha.web.templatetags.streha", "streha.web.templatetags.register"],
        },
    }
]

# --- who comes in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "streha.web.door.AccountAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # users have a name, not an address
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False  # axes counts failed logins in the database, for all processes
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS  # browsers themselves allow it on localhost alone
MFA_TOTP_ISSUER = "Streha"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "door/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True  # logins are in our own log, hash-linked
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 60 * 60 * 10
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- what a page may load: ourselves alone
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- what comes in
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_LIMIT_MB = env.int("STREHA_UPLOAD_LIMIT_MB", 100)
# How long the numbers beside the sections are kept for a viewer who does nothing; 0 counts them for every page.
COUNTS_SECONDS = env.int("STREHA_COUNTS_SECONDS", 15)

# --- words, times, places
LANGUAGES = [("sq", "Shqip"), ("sr", "Српски"), ("sr-latn", "Srpski"), ("en", "English")]
LANGUAGE_CODE = env.str("STREHA_LANGUAGE", "en")
LOCALE_PATHS = [Path(__file__).parent / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("STREHA_TIME_ZONE", "Europe/Belgrade")
FORMAT_MODULE_PATH = ["streha.web.formats"]
COUNTRY = env.str("STREHA_COUNTRY", "XK")
AREA_SCHEME = env.str("STREHA_AREA_SCHEME", "xk-kas")
PHONE_REGION = env.str("STREHA_PHONE_REGION", "XK")
FOOTNOTE_1244 = env.bool("STREHA_FOOTNOTE_1244", True)
OFFICE_NAME = env.str("STREHA_OFFICE_NAME", "")
PAYER_NAME = env.str("STREHA_PAYER_NAME", "Streha (demo)" if DEMO else "")
PAYER_IBAN = env.str("STREHA_PAYER_IBAN", "XK051212012345678906" if DEMO else "")
PAYER_BIC = env.str("STREHA_PAYER_BIC", "")

# Duplicates: below this probability two people say "same"; whether, and from which probability on, an undecided pair
# holds back what somebody is entitled to.
SECOND_OPINION_BELOW = env.float("STREHA_SECOND_OPINION_BELOW", 0.9)
HOLD_UNDECIDED = env.bool("STREHA_HOLD_UNDECIDED", False)
HOLD_FROM = env.float("STREHA_HOLD_FROM", 0.9)

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # assets are committed with a hash in their name; nothing is collected
WHITENOISE_MAX_AGE = 60 * 60 * 24 * 30

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # Streha sends no mail: nothing personal leaves by it

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("STREHA_LOG_LEVEL", "WARNING")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
