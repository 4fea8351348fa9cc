"""The WSGI application that Granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from awayteam.kernel import lightpaths, logging, registries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
application = lightpaths.LightPaths(get_wsgi_application())
logging.configure()
registries.settle()
gc.collect()
gc.freeze()  # what is loaded now stays: looking through it again and again stops a page for a tenth of a second
