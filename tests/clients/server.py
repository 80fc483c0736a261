"""Where the server is that the clients talk to: LIENZO_URL (http://127.0.0.1:7860 without) and
LIENZO_KEY (empty: the server has no keys)."""

import os
from urllib.parse import urlsplit

URL = os.environ.get("LIENZO_URL", "http://127.0.0.1:7860").rstrip("/")
KEY = os.environ.get("LIENZO_KEY", "")
HOST = urlsplit(URL).hostname
PORT = urlsplit(URL).port or (443 if URL.startswith("https") else 80)
HTTPS = URL.startswith("https")
# The model that is drawn with, and what fits it: the embedded one unless told otherwise.
MODEL = os.environ.get("LIENZO_TEST_MODEL", "mini")
SIDE = int(os.environ.get("LIENZO_TEST_SIDE", "256"))
PROMPT = "un cubo rojo encima de un cubo azul"


def has_task(task):
    """Whether MODEL can do a task, as the native API says."""
    import json
    import urllib.request

    request = urllib.request.Request(URL + "/api/v1/models")
    if KEY:
        request.add_header("Authorization", "Bearer " + KEY)
    with urllib.request.urlopen(request) as reply:
        models = json.load(reply)["models"]
    return any(model["id"] == MODEL and task in model["tasks"] for model in models)
