"""A server and a browser for all tests, and a page for each that must stay free of errors and of foreign requests."""

import base64
import json
import os
import re
import subprocess
import time
import urllib.parse

import pytest
from playwright.sync_api import expect, sync_playwright

# A machine that builds beside the tests is slow, which is no fault of the page.
PATIENCE = int(os.environ.get("NABLA_TEST_PATIENCE", "60000"))
expect.set_options(timeout=PATIENCE / 2)


class Server:
    """`nabla serve` on a free port."""

    def __init__(self, *options):
        program = os.environ["NABLA_PROGRAM"]
        self.process = subprocess.Popen([program, "serve", "--port", "0", *options], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise RuntimeError(f"the server does not start: {line}{self.process.stderr.read()}")
        self.base = found[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="session")
def server():
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


def until(page, expression, argument=None):
    """Waits until an expression or function is true in a page.

    A page's own waiting would evaluate it from within the page, which its Content-Security-Policy forbids.
    """
    limit = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression, argument):
        assert time.monotonic() < limit, expression
        page.wait_for_timeout(30)


class Visit:
    """A page of the server, watched for what must not happen."""

    def __init__(self, browser, server, **settings):
        self.server = server
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **settings})
        self.context.set_default_timeout(PATIENCE)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.base)
        self.page = self.context.new_page()
        self.wrong = []
        # Answers that are no success are logged as errors by the browser; tests that provoke one say so.
        self.expected = ()
        self.page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.check(request.url))

    def check(self, url):
        if not url.startswith((self.server.base, "data:", "blob:")):
            self.wrong.append(f"a request to another host: {url}")

    def open(self, path="/"):
        self.page.goto(self.server.base + path)
        if urllib.parse.urlsplit(path).path == "/":
            self.page.wait_for_selector("body[data-ready]")
            self.settle()
        return self.page

    def open_request(self, request):
        text = base64.urlsafe_b64encode(json.dumps(request).encode()).decode().rstrip("=")
        return self.open(f"/#j={text}")

    def settle(self):
        """Waits until what is shown belongs to what is written."""
        until(self.page, "document.querySelector('#graph svg') && !document.querySelector('#graph.stale')")

    def finish(self):
        self.context.close()
        assert [text for text in self.wrong if not any(part in text for part in self.expected)] == []


@pytest.fixture
def visit(browser, server):
    """Opens pages with settings of a test's own: visit(color_scheme="dark")."""
    visits = []

    def begin(**settings):
        visits.append(Visit(browser, server, **settings))
        return visits[-1]

    yield begin
    for one in visits:
        one.finish()


@pytest.fixture
def lecture(visit):
    """The playground as it opens."""
    one = visit()
    one.open()
    return one
