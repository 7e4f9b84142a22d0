"""The WSGI application that ``streha serve`` runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")

application = get_wsgi_application()
_ = get_resolver().url_patterns  # every page is imported before the first request
# What was imported stays for ever; a full collection that walks it holds a request up for a fifth of a second.
gc.collect()
gc.freeze()
