"""All settings, one module. `PORTAL_ENV` decides the safe defaults; every knob is listed in `.env.example`.

`embedded` (the default) needs nothing: SQLite, Celery's filesystem broker and its secrets live under `var/`.
`production` refuses to start without its secrets. `test` is for the test runs.
"""

import logging
import re
import tomllib
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor  # type: ignore[import-untyped]

from core import logs
from mlops_portal.front import cookies_and_tls, front, hosts_to_answer
from mlops_portal.knobs import Knobs, is_encryption_key, is_host_or_network, refuse, with_password
from mlops_portal.policies import content_security_policy, permissions_policy
from mlops_portal.secrets import embedded_encryption_key, embedded_secret_key
from mlops_portal.servers import broker_at, database_at

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
env = Knobs()

PORTAL_ENV = env.str("PORTAL_ENV", default="embedded")
if PORTAL_ENV not in {"embedded", "production", "test"}:
    refuse(f"PORTAL_ENV is “{PORTAL_ENV}”; it must be embedded, production or test.")
PRODUCTION = PORTAL_ENV == "production"
DEBUG = env.bool("DEBUG", default=False)

VAR = Path(env.str("PORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()

# -- Secrets -----------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
if PRODUCTION:
    if DEBUG:
        refuse("DEBUG is on in production: its pages show source code and settings to whoever meets an error.")
    if not SECRET_KEY:
        refuse("SECRET_KEY is not set: give the portal a long random text of its own.")
    if not ENCRYPTION_KEYS:
        refuse("ENCRYPTION_KEYS is not set: give at least one Fernet key; connection tokens are encrypted with it.")
for key in ENCRYPTION_KEYS:
    if not is_encryption_key(key):
        refuse("ENCRYPTION_KEYS holds something that is not a Fernet key (32 bytes in URL-safe Base64, 44 characters).")
if not PRODUCTION:
    SECRET_KEY = SECRET_KEY or embedded_secret_key(VAR)
    ENCRYPTION_KEYS = ENCRYPTION_KEYS or [embedded_encryption_key(VAR)]

# -- In front -----------------------------------------------------------------------------------------------------

# Where people reach the portal decides the host it answers to, the links it gives away, its cookies and HSTS.
FRONT = front(env.str("PORTAL_URL", default=""), required=PRODUCTION)
PORTAL_URL = FRONT.origin
ALLOWED_HOSTS = hosts_to_answer(FRONT, production=PRODUCTION, listens_on=env.str("HOST", default=""))
CSRF_TRUSTED_ORIGINS = [PORTAL_URL] if PORTAL_URL else []
# How many proxies stand in front and add to X-Forwarded-For; core/proxies.py believes so many and no more.
TRUSTED_PROXIES = env.count("TRUSTED_PROXIES")

# -- Applications, in the order of the floors, lowest last --------------------------------------------------------

INSTALLED_APPS = [
    "insights",
    "sample",
    "backups",
    "assessments",
    "roadmaps",
    "okrs",
    "delivery",
    "connections",
    "comments",
    "calendars",
    "notices",
    "imports",
    "teams",
    "core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "rules",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "core.middleware.LogMiddleware",
    # What every answer carries, also one that a middleware further down gives.
    "core.proxies.ProxyMiddleware",
    "core.middleware.KeepingMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",  # below those, because it answers by itself: with a redirect to https
    "core.middleware.HealthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.SizeMiddleware",
    "core.middleware.GateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "teams.middleware.PreferencesMiddleware",
    "core.middleware.KeysMiddleware",
    "core.middleware.AddressMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "teams.middleware.SetupMiddleware",
    "teams.middleware.SignInMiddleware",
    "teams.middleware.SecondFactorMiddleware",
    "teams.middleware.SessionMiddleware",
]

ROOT_URLCONF = "mlops_portal.urls"
WSGI_APPLICATION = "mlops_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "teams.context.portal",
                "notices.context.inbox",
                "okrs.context.check_ins",
                "core.context.undo",
            ],
            "builtins": ["core.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "core.forms.PortalRenderer"

# -- Data ---------------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR / 'portal.sqlite3'}"
DATABASES = {"default": database_at(DATABASE_URL, env)}
# By itself, so that a file can hold it while the address stands in the compose file for all to read.
if DATABASE_PASSWORD := env.str("DATABASE_PASSWORD", default=""):
    DATABASES["default"]["PASSWORD"] = DATABASE_PASSWORD
# Archives that people made or brought; web and worker share the folder.
ARCHIVES = VAR / "archives"
# In the image, whose /tmp is memory, what is uploaded comes in here; elsewhere in the system's own folder for such files.
_UPLOADS = ARCHIVES / "uploading"
FILE_UPLOAD_TEMP_DIR = str(_UPLOADS) if _UPLOADS.is_dir() else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cache holds counts of attempts and signs of life. In the database also where there is a Redis: with the broker away no
# page fails, and no limit on guesses is open; without the database nobody could sign in anyway. Large enough that an
# attacker with many addresses pushes nothing out.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Pieces of pages, in the memory of each web process: a new release draws them anew. About 6 kB each.
    "drawn": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "drawn",
        "TIMEOUT": 24 * 60 * 60,
        "OPTIONS": {"MAX_ENTRIES": 4000},
    },
}

# -- Background work ----------------------------------------------------------------------------------------------

REDIS_URL = with_password(env.str("REDIS_URL", default=""), env.str("REDIS_PASSWORD", default=""))
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker_at(REDIS_URL, VAR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker that is away for a night is no reason to give up
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "pulse": {"task": "core.pulse", "schedule": 15.0, "options": {"expires": 600}},
    "fold-live": {"task": "core.fold_live", "schedule": 50.0, "options": {"expires": 50}},
    "ring-the-bell": {"task": "connections.ring_the_bell", "schedule": 5.0, "options": {"expires": 5}},
    "ring-for-the-sample": {"task": "sample.ring", "schedule": 5.0, "options": {"expires": 5}},
    "ring-for-archives": {"task": "backups.ring", "schedule": 5.0, "options": {"expires": 5}},
    "ring-for-notices": {"task": "notices.ring", "schedule": 5.0, "options": {"expires": 5}},
    "prepare-delivery": {"task": "delivery.prepare", "schedule": 60.0, "options": {"expires": 60}},
    "ring-for-imports": {"task": "imports.ring", "schedule": 5.0, "options": {"expires": 5}},
    "feed-key-results": {"task": "okrs.feed", "schedule": 900.0, "options": {"expires": 900}},
    # Looks for teams whose day has ended since; each team's midnight is its own.
    "write-snapshots": {"task": "assessments.write_snapshots", "schedule": 900.0, "options": {"expires": 600}},
    # Looks whose morning has come since: each team's is its own.
    "remind": {"task": "notices.remind", "schedule": 900.0, "options": {"expires": 600}},
    # Once a day, whatever the hour: core/retention.py.
    "prune": {"task": "core.prune", "schedule": 3600.0, "options": {"expires": 3000}},
}

# Days after which the history of syncs, ended invitations and old log files go (core/retention.py).
KEEP_DAYS = env.days("KEEP_DAYS", default=30)

# -- People -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "teams.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "teams.passwords.GuessableValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "teams.adapter.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "teams.sign_in_links.ResetLinks"  # noqa: S105  a class
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
ACCOUNT_FORMS = {
    "login": "teams.adapter.SignInForm",
    "reset_password": "teams.adapter.AskForResetForm",
    "reset_password_from_key": "teams.adapter.NewPasswordForm",
}
# How often one may try (docs/operations.md, "Second factors and sign-in"): per address ("ip"), or per what is guessed ("key").
SIGN_IN_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,5/5m/key,20/h/key",  # the key is an account, from one address; wrong tries only
    "login_account": "100/h/key",  # an account, from all addresses: more than one address can reach in an hour
    "second_factor": "20/m/ip,5/5m/key",
    "reauthenticate": "10/m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_email": "5/h/key",
    "set_up": "10/10m/ip",
    "calendar": "600/m/ip,300/h/key",  # reading .ics feeds; the key is a secret: several devices with a dozen feeds each
    "test_message": "5/m/key",
    "hook": "600/m/ip",  # webhooks of hosts, rightly signed or not
}
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = SIGN_IN_LIMITS
MFA_ADAPTER = "teams.second_factors.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a code of the half minute before and after counts too: clocks differ, and people type
MFA_FORMS = {
    "authenticate": "teams.forms_sign_in.CodeForm",
    "authenticate_webauthn": "teams.forms_sign_in.PasskeyForm",
}

# -- Mail ---------------------------------------------------------------------------------------------------------

# Without EMAIL_URL there is no mail server: the portal says so and offers copyable links instead.
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_WORKS = bool(EMAIL_URL)
EMAIL_TIMEOUT = 20  # seconds without a word from the mail server
vars().update(env.mail(EMAIL_URL))
if MAIL_WORKS and not PORTAL_URL:
    # A request's Host header is what its sender wrote; a mail to somebody else must not lead there.
    refuse(
        "EMAIL_URL is set and PORTAL_URL is not: say where the links in mails shall lead, https://portal.example.com."
    )
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")

# -- Languages and time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "templates" / "locale"]
FORMAT_MODULE_PATH = ["core.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# -- Static files -------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Source maps take half of the time, and nobody loads them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

# -- Security -----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = content_security_policy(encrypted=FRONT.encrypted)
X_FRAME_OPTIONS = "DENY"
# Forms prove with their Origin or Referer where they come from, so the portal itself must go on seeing it.
SECURE_REFERRER_POLICY = "same-origin"
PERMISSIONS_POLICY = permissions_policy()
# Addresses whose answers no browser and no proxy may keep: secrets, people, what administrators see, and the API.
NEVER_KEPT = re.compile(
    r"/(account|accounts|api|ics|inbox|invitation|organisation|people|setup|unsubscribe)/"
    r"|/teams/\d+/(channels|members|tokens|connections)/"
)
MESSAGE_STORAGE = "core.messages.Storage"
# What one request may send; core/middleware.py holds it for everything but files, core/bounded_json.py how deep JSON goes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14  # since sign-in, however often the portal is used
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
vars().update(cookies_and_tls(FRONT, TRUSTED_PROXIES))
# Preloading binds a whole domain in every browser for years: not for a portal to ask for.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if PORTAL_URL and not FRONT.encrypted:
    # Chosen by writing http://; core/checks.py says in one sentence what that means.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

# Hosts, host:port pairs and networks that outgoing requests may reach although they are private or not encrypted.
OUTGOING_ALLOW = env.list("OUTGOING_ALLOW", default=[])
for entry in OUTGOING_ALLOW:
    if not is_host_or_network(entry.strip()):
        refuse(f"OUTGOING_ALLOW holds “{entry}”; name hosts (ghe.example.com:8443) and networks (10.0.0.0/8).")

# -- API ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "teams.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["teams.api_auth.MayCall"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.bounded_json.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api_schema.RoomSchema",
    "DEFAULT_PAGINATION_CLASS": "core.api.Pages",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "core.api.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MLOps Portal API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["teams.api_auth.MayCall"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,  # a change needs what it was seen from
    "ENUM_NAME_OVERRIDES": {
        "RoadmapItemState": "roadmaps.states.State",
        "AssessmentState": "assessments.states.RoundState",
        "AnswerKind": "assessments.states.Kind",
        "KeyResultKind": "okrs.kinds.Kind",
        "KeyResultStatus": "okrs.kinds.Status",
        "SaidStatus": "okrs.api.SAID",
        "Band": "insights.api.BANDS",
        "PolicyScope": "delivery.api_shapes.SCOPES",
        "ImportState": "imports.models.State",
        "ImportRowState": "core.imports.RowState",
    },
}

# -- Logs ---------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    refuse(f"LOG_LEVEL is “{LOG_LEVEL}”; it must be DEBUG, INFO, WARNING or ERROR.")
LOGGING = logs.configure(level=LOG_LEVEL, as_json=PRODUCTION)
DJANGO_STRUCTLOG_CELERY_ENABLED = True  # a request's number goes along with what it asks of the worker
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG

if PORTAL_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ACCOUNT_RATE_LIMITS = False
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True
