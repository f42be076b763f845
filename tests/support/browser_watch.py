"""What a browser page asks for and complains of."""

import re

# Streamlit's page, opened at /PAGE, first looks for its server under /PAGE/ and then at the root.
# The two answers 404 are how it finds out; nothing in an app can spare it the question.
PROBE = re.compile(r"/[a-z-]+/_stcore/(health|host-config)$")


class Watch:
    """Collects console errors, uncaught errors and requests to anyone but the server."""

    def __init__(self, page, address=""):
        self.errors, self.elsewhere = [], []
        self.address = address
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message):
        asked = message.location.get("url", "")
        probe = "404" in message.text and PROBE.search(asked)
        if message.type == "error" and not probe:
            self.errors.append(f"{message.text} ({asked})")

    def _request(self, request):
        own = self.address and self.address.removeprefix("http://") in request.url
        if not own and not request.url.startswith(("data:", "blob:", "file:")):
            self.elsewhere.append(request.url)
