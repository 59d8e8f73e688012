"""All settings, one module. `PORTAL_ENV` decides the safe defaults; every knob is listed in `.env.example`.

`embedded` (the default) needs nothing: SQLite, Celery's filesystem broker and its secrets live under `var/`.
`production` refuses to start without its secrets. `test` is for the test runs.
"""

import logging
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor  # type: ignore[import-untyped]

from mlops_portal.knobs import Knobs, is_encryption_key, is_host_or_network, is_web_address, refuse
from mlops_portal.secrets import embedded_encryption_key, embedded_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
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
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if PRODUCTION:
    if not SECRET_KEY:
        refuse("SECRET_KEY is not set: give the portal a long random text of its own.")
    if not ALLOWED_HOSTS:
        refuse("ALLOWED_HOSTS is not set: name the host names under which people reach the portal.")
    if not ENCRYPTION_KEYS:
        refuse("ENCRYPTION_KEYS is not set: give at least one Fernet key; connection tokens are encrypted with it.")
for key in ENCRYPTION_KEYS:
    if not is_encryption_key(key):
        refuse("ENCRYPTION_KEYS holds something that is not a Fernet key (32 bytes in URL-safe Base64, 44 characters).")
if not PRODUCTION:
    SECRET_KEY = SECRET_KEY or embedded_secret_key(VAR)
    ENCRYPTION_KEYS = ENCRYPTION_KEYS or [embedded_encryption_key(VAR)]
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", *filter(None, [env.str("HOST", default="")])]
    if "0.0.0.0" in ALLOWED_HOSTS:  # noqa: S104  the launcher was told to serve the whole network
        ALLOWED_HOSTS = ["*"]

# -- Applications, in the order of the floors, lowest last --------------------------------------------------------

INSTALLED_APPS = [
    "insights",
    "sample",
    "assessments",
    "roadmaps",
    "okrs",
    "delivery",
    "connections",
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
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "teams.middleware.PreferencesMiddleware",
    "core.middleware.AddressMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
                "okrs.context.check_ins",
            ],
            "builtins": ["core.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "core.forms.PortalRenderer"

# -- Data ---------------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR / 'portal.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"].get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
    refuse("DATABASE_URL names no PostgreSQL or SQLite database; postgres://name:password@host:5432/name does.")
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers queue instead of failing: WAL lets readers go on, IMMEDIATE takes the write lock at BEGIN.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "portal_cache",
            # Limits on guesses are counted here: a flood of addresses must not push out what it is counted by.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

# -- Background work ----------------------------------------------------------------------------------------------

if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 600}
else:
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR / "broker"),
        "data_folder_out": str(VAR / "broker"),
        "control_folder": str(VAR / "broker" / "control"),
        "polling_interval": 0.2,
    }
    for folder in ("broker", "broker/control"):
        (VAR / folder).mkdir(parents=True, exist_ok=True)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "ring-the-bell": {"task": "connections.ring_the_bell", "schedule": 5.0, "options": {"expires": 5}},
    "ring-for-the-sample": {"task": "sample.ring", "schedule": 5.0, "options": {"expires": 5}},
    "feed-key-results": {"task": "okrs.feed", "schedule": 900.0, "options": {"expires": 900}},
    # Looks for teams whose day has ended since; each team's midnight is its own.
    "write-snapshots": {"task": "assessments.write_snapshots", "schedule": 900.0, "options": {"expires": 600}},
}

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
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",  # the key is an account, from one address
    "login_account": "50/h/key",  # an account, from all addresses
    "second_factor": "20/m/ip,5/5m/key",
    "reauthenticate": "10/m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_email": "5/h/key",
    "set_up": "10/10m/ip",
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
vars().update(env.mail(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")

# -- Languages and time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
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
# Source maps take half of the time, and nobody loads them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

# -- Security -----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where people reach the portal, for links in mails and copied invitations.
PORTAL_URL = env.str("PORTAL_URL", default="").rstrip("/")
if PORTAL_URL and not is_web_address(PORTAL_URL):
    refuse(f"PORTAL_URL is “{PORTAL_URL}”; it must be an address such as https://portal.example.com.")
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = urlsplit(PORTAL_URL).scheme != "http"

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
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api.RoomSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "core.api.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MLOps Portal API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["teams.api_auth.MayCall"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "RoadmapItemState": "roadmaps.states.State",
        "AssessmentState": "assessments.states.RoundState",
        "AnswerKind": "assessments.states.Kind",
        "KeyResultKind": "okrs.kinds.Kind",
        "KeyResultStatus": "okrs.kinds.Status",
        "SaidStatus": "okrs.api.SAID",
        "Band": "insights.api.BANDS",
    },
}

# -- Logs ---------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    refuse(f"LOG_LEVEL is “{LOG_LEVEL}”; it must be DEBUG, INFO, WARNING or ERROR.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals": {"()": "core.logs.RefusalsInOneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}

if PORTAL_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ACCOUNT_RATE_LIMITS = False
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True
