"""Django settings. Everything that an installation may change comes from the environment; see docs/configuration.md.

The data folder holds the embedded database, the secret key and what sources cache. `DATABASE_URL` moves the state to
PostgreSQL.
"""

import os
from pathlib import Path
from typing import Any

from awayteam.accounts import mail, providers
from awayteam.kernel.installation import data_folder, database, environment_flag, environment_list, secret_key

DATA = data_folder()
SECRET_KEY = secret_key(DATA)
SECRET_KEY_FALLBACKS = environment_list("AWAYTEAM_SECRET_KEY_FALLBACKS", [])
DEBUG = environment_flag("AWAYTEAM_DEBUG")
URL = os.environ.get("AWAYTEAM_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = environment_list("AWAYTEAM_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = environment_list("AWAYTEAM_TRUSTED_ORIGINS", [URL] if URL.startswith("https://") else [])
DEMO = environment_flag("AWAYTEAM_DEMO")
RULEBOOK = Path(os.environ["AWAYTEAM_RULEBOOK"]) if "AWAYTEAM_RULEBOOK" in os.environ else DATA / "rulebook.toml"

INSTALLED_APPS = [
    "awayteam.kernel",
    "awayteam.sources",
    "awayteam.organisation",
    "awayteam.lists",
    "awayteam.accounts",
    "awayteam.catalog",
    "awayteam.imports",
    "awayteam.contributions",
    "awayteam.usage",
    "awayteam.flags",
    "awayteam.notifications",
    "awayteam.discussions",
    "awayteam.duplicates",
    "awayteam.roadmaps",
    "awayteam.requests",
    "awayteam.reviews",
    "awayteam.engagements",
    "awayteam.rounds",
    "awayteam.handovers",
    "awayteam.credit",
    "awayteam.allocations",
    "awayteam.quotas",
    "awayteam.succession",
    "awayteam.experiments",
    "awayteam.gate",
    "awayteam.forges",
    "awayteam.insights",
    "awayteam.web",
    "awayteam.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "awayteam.accounts.social.SocialConfig",
    *providers.APPS,
    "allauth.mfa",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "awayteam.accounts.actors.ActorMiddleware",
    "awayteam.kernel.rest.middleware.ApiMiddleware",
    "awayteam.kernel.rest.idempotency.IdempotencyMiddleware",
    "awayteam.web.middleware.PagesMiddleware",
]

ROOT_URLCONF = "awayteam.urls"
WSGI_APPLICATION = "awayteam.wsgi.application"
DATABASES: dict[str, dict[str, Any]] = {"default": database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Signing in; docs/accounts.md explains what an installation may choose.
MAIL_URL = os.environ.get("AWAYTEAM_MAIL_URL", "")
globals().update(mail.settings_of(MAIL_URL, os.environ.get("AWAYTEAM_MAIL_FROM", "Awayteam <awayteam@localhost>")))
ACCOUNT_ADAPTER = "awayteam.accounts.adapters.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if URL.startswith("https://") else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Awayteam] "
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAIL_URL else "none"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
SOCIALACCOUNT_ADAPTER = "awayteam.accounts.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = providers.configured()
MFA_ADAPTER = "awayteam.accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Awayteam"
DEMO_PERSON = os.environ.get("AWAYTEAM_DEMO_PERSON", "")
"""Reference of the person whom a visitor of the demonstration is at first, e.g. `user:default/ada`."""

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
"""Files are served by WhiteNoise straight from the package, so that nothing needs to be collected. Pages ask for them
by an address that holds the hash of the content, so browsers may keep them for a year."""
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 3600

TEMPLATES: list[dict[str, Any]] = [
    {"BACKEND": "awayteam.web.jinja.Pages", "NAME": "pages", "APP_DIRS": True, "OPTIONS": {}},
    # Only for what libraries bring along (the texts of allauth's mails and messages).
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "libraries",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "awayteam.web.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = URL.startswith("https://")
CSRF_COOKIE_HTTPONLY = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'", *providers.origins(), *environment_list("AWAYTEAM_SIGN_IN_ORIGINS", [])],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
"""No inline script or style anywhere. Browsers hold redirects after a form to `form-action` too, so the origins of
other sign-in providers stand in AWAYTEAM_SIGN_IN_ORIGINS (those of GitHub and GitLab are added with their keys)."""
