"""Django settings. Everything that an installation may change comes from the environment; see docs/configuration.md.

The data folder holds the embedded database, the secret key and what sources cache. `DATABASE_URL` moves the state to
PostgreSQL.
"""

import os
from pathlib import Path
from typing import Any

from awayteam.kernel.installation import data_folder, database, environment_flag, environment_list, secret_key

DATA = data_folder()
SECRET_KEY = secret_key(DATA)
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
    "awayteam.accounts",
    "awayteam.catalog",
    "awayteam.imports",
    "awayteam.web",
    "awayteam.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
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

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
"""Files are served by WhiteNoise straight from the package, so that nothing needs to be collected."""
