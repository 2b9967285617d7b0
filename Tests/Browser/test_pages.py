"""All pages: access, looks, policy, weight; the reference, with and without scripts."""

import gzip
import json
import re
import subprocess
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import until


def fetch(server, path, **headers):
    request = urllib.request.Request(server.base + path, headers=headers)
    try:
        return urllib.request.urlopen(request)
    except urllib.error.HTTPError as answer:
        return answer


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/licences"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, path, scheme):
    page = visit(color_scheme=scheme).open(path)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found] == []
    assert page.locator("h1").count() == 1 and page.locator("main").count() == 1


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/licences"])
def test_a_narrow_page_does_not_scroll_sideways(visit, path):
    # 320 px is also what 1,280 px are at four times the size.
    page = visit(viewport={"width": 320, "height": 640}).open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_at_twice_the_size_nothing_is_lost(visit):
    page = visit(viewport={"width": 640, "height": 450}, device_scale_factor=2).open("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    expect(page.locator("#step-play")).to_be_visible()


def test_dark_and_light_differ_and_print_hides_the_controls(visit):
    colours = {}
    for scheme in ("light", "dark"):
        one = visit(color_scheme=scheme)
        page = one.open("/")
        colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours["light"] != colours["dark"]
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".tools").is_hidden() and page.locator("#graph").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_all_is_reached_by_keyboard_with_visible_focus(lecture):
    page = lecture.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(
            """() => { const node = document.activeElement;
            // Behind the last control the focus is the browser's own.
            if (node === document.body) return 'end true';
            const ring = getComputedStyle(node).outlineStyle !== 'none' || node.matches('.wire, input[type=radio], input[type=file]');
            return `${node.id || node.dataset.edge || node.getAttribute('role') || node.tagName} ${ring}`; }"""
        ))
    assert not [name for name in seen if name.endswith("false")]
    for name in ("example", "request", "step-play", "entry-number", "copy-link"):
        assert f"{name} true" in seen
    page.locator("#graph .wire[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#graph .wire.selected")).to_have_count(1)
    page.locator("summary", has_text="Copy as").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#copy-curl")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#copy-curl")).to_be_hidden()


def test_pages_allow_nothing_from_elsewhere(server):
    for path in ("/", "/docs", "/docs/licences"):
        policy = fetch(server, path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
    policy = fetch(server, "/docs/swagger").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "script-src" not in policy


def test_files_are_kept_by_their_version_or_their_tag(server):
    page = fetch(server, "/")
    assert page.headers["Cache-Control"] == "no-cache"
    again = fetch(server, "/", **{"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and again.read() == b""
    assert fetch(server, "/", **{"If-None-Match": '"other"'}).status == 200
    font = fetch(server, "/assets/vendor/katex-0.16.40/fonts/KaTeX_Main-Regular.woff2")
    assert "immutable" in font.headers["Cache-Control"] and font.headers["Content-Type"] == "font/woff2"
    assert fetch(server, "/assets/js/main.js").headers["Content-Type"].startswith("text/javascript")
    assert fetch(server, "/assets/js/../playground.html").status == 404
    assert fetch(server, "/assets/js/nothing.js").status == 404


def test_scripts_and_styles_are_light(visit, server):
    one = visit()
    loaded = []
    one.page.on("request", lambda request: loaded.append(request.url))
    one.open("/")
    texts = [url for url in loaded if re.search(r"\.(js|css)$", url)]
    assert len(texts) > 20
    weight = sum(len(gzip.compress(urllib.request.urlopen(url).read())) for url in texts)
    assert weight <= 350 * 1024, weight


def test_what_is_shipped_is_listed_with_version_hash_and_licence(visit):
    page = visit().open("/docs/licences")
    words = page.locator("main").inner_text()
    for part in ("KaTeX 0.16.40", "Swagger UI 5.33.1", "MIT", "Apache-2.0", "katex.min.js", "swagger-ui-bundle.js"):
        assert part in words
    assert len(re.findall(r"\b[0-9a-f]{64}\b", words)) > 20


def test_the_reference_has_every_operation_layer_and_loss(visit, server):
    page = visit().open("/docs")
    contract = json.load(urllib.request.urlopen(server.base + "/openapi.json"))
    for methods in contract["paths"].values():
        for operation in methods.values():
            entry = page.locator(f"#{operation['operationId']}")
            assert entry.locator("summary", has_text="curl").count() == 1
            assert entry.locator("summary", has_text="HTTPie").count() == 1
            assert entry.locator("summary", has_text="Python").count() == 1
            for status in operation["responses"]:
                assert entry.locator("b", has_text=status).count() + entry.locator(f"a[href='#status-{status}']").count() == 1
    for kind in ("layer", "loss"):
        listing = json.load(urllib.request.urlopen(f"{server.base}/v1/{kind}s".replace("losss", "losses")))
        for entry in listing.get("layers") or listing["losses"]:
            section = page.locator(f"#{kind}-{entry['type']}")
            assert section.locator("[data-tex]").count() >= 2
            assert section.locator("a[href^='/#j=']").count() == 1


def test_bodies_of_problems_are_real(visit):
    page = visit().open("/docs")
    for status in (400, 405, 406, 408, 413, 414, 417, 431, 501, 503, 505):
        body = json.loads(page.locator(f"#status-{status} code").text_content())
        assert body["status"] == status and len(body["detail"]) > 8
    fault = json.loads(page.locator("#computeGradients .answers details", has_text="422").locator("code").text_content())
    assert fault["errors"][0]["pointer"] == "#/network/layers/0/type"


def test_calls_in_the_reference_run(visit, server):
    page = visit().open("/docs")
    codes = page.locator("#computeGradients .calls code").all_text_contents()
    curl = codes[0].replace("http://127.0.0.1:8080", server.base)
    answer = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True).stdout
    assert json.loads(answer)["input_gradients"]["input"] == [-11, 7, 4]
    python = codes[2].replace("http://127.0.0.1:8080", server.base)
    answer = subprocess.run(["python3", "-c", python], capture_output=True, text=True, check=True).stdout
    assert json.loads(answer)["input_gradients"]["input"] == [-11, 7, 4]


def test_the_reference_reads_without_scripts(visit):
    page = visit(java_script_enabled=False).open("/docs")
    words = page.locator("#layer-linear").inner_text()
    assert "weight" in words and "\\sum" in words and "W^\\top g" in words


def test_the_reference_is_searched(visit):
    page = visit().open("/docs")
    page.keyboard.press("Control+k")
    expect(page.locator("#search-field")).to_be_focused()
    page.keyboard.type("log_soft")
    expect(page.locator(".found a").first).to_have_text("log_softmax")
    page.keyboard.press("Enter")
    until(page, "location.hash === '#layer-log_softmax'")


def test_every_catalogue_link_runs_in_the_playground(visit, server):
    page = visit().open("/docs")
    links = page.evaluate("[...document.querySelectorAll('a[href^=\"/#j=\"]')].map(link => link.hash)")
    one = visit()
    wrong = one.open("/").evaluate(
        """async links => {
          const { read } = await import('/assets/js/share.js');
          const wrong = [];
          for (const link of links) {
            const { text } = await read(link);
            const answer = await fetch('/v1/gradients', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: text });
            if (!answer.ok) wrong.push(await answer.text());
          }
          return wrong;
        }""",
        links,
    )
    assert wrong == [] and len(links) > 80
    page.locator("#layer-layer_norm a[href^='/#j=']").click()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#graph")).to_contain_text("layer_norm")


def test_a_long_answer_in_the_reference_is_saved_and_not_shown(visit):
    page = visit().open("/docs")
    entry = page.locator("#computeGradients")
    entry.locator(".trial summary").click()
    rows = [[0.123456789 + row / 7 + column / 11 for column in range(100)] for row in range(160)]
    request = {"network": {"layers": [{"type": "tanh"}, {"type": "sin"}, {"type": "sum"}]}, "input": rows}
    entry.locator("textarea").evaluate("(node, text) => { node.value = text; }", json.dumps(request))
    entry.get_by_role("button", name="Send").click()
    expect(entry.locator(".answer")).to_contain_text("Save all")
    assert len(entry.locator(".answer pre").inner_text()) < 5000


def test_swagger_ui_loads_from_here(visit):
    page = visit().open("/docs/swagger")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 10
