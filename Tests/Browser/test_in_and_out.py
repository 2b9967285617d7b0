"""What goes in and comes out: links, examples, files, snippets, exports, keys."""

import json
import subprocess
import sys
import xml.dom.minidom

from playwright.sync_api import expect

from conftest import PATIENCE, until


def copied(page, name):
    page.locator("summary", has_text="Copy as").click()
    page.get_by_role("button", name=name, exact=name == "curl").click()
    expect(page.locator("#toast")).to_be_visible()
    return page.evaluate("navigator.clipboard.readText()")


def saved(page, name):
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    with open(download.value.path(), encoding="utf-8") as file:
        return file.read()


def change_input(page):
    page.fill("#request", page.input_value("#request").replace("[1, -2, 3]", "[2, -2, 3]"))
    expect(page.locator("#graph")).to_contain_text("[2, −2, 3]")


def test_the_address_holds_the_state(visit, lecture):
    page = lecture.page
    change_input(page)
    page.locator("#aspect input[value=gradient]").check()
    page.get_by_role("button", name="2 Flatten").click()
    until(page, "location.hash.startsWith('#z=')")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    numbers = page.locator("#graph").inner_text()
    other = visit()
    again = other.open(link[len(other.server.base):])
    assert again.locator("#graph").inner_text() == numbers
    expect(again.locator("#step-title")).to_have_text("Step 2 of 4: flatten")
    assert again.locator("#aspect input[value=gradient]").is_checked()
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#graph")).to_contain_text("[1, −2, 3]")


def test_the_seed_makes_the_same_weights_again(lecture):
    page = lecture.page
    page.locator(".structure summary").click()
    def weights(seed):
        page.fill("#seed", str(seed))
        page.locator("#seed").dispatch_event("change")
        before = page.input_value("#request")
        page.locator("#reseed").click()
        until(page, "before => document.querySelector('#request').value !== before", before)
        return page.input_value("#request")
    first = weights(7)
    assert weights(3) != first
    assert weights(7) == first


def test_examples_are_in_a_menu(lecture):
    page = lecture.page
    assert page.locator("#example option").count() >= 2
    page.locator("#example").select_option("digits")
    expect(page.locator("#graph")).to_contain_text("(8, ")


def test_a_request_is_opened_dropped_and_pasted(lecture):
    page = lecture.page
    def request(value):
        return json.dumps({"network": {"layers": [{"type": "square"}, {"type": "sum"}]}, "input": [value, 2]})
    page.set_input_files("#file", {"name": "r.json", "mimeType": "application/json", "buffer": request(5).encode()})
    expect(page.locator("#graph")).to_contain_text("[5, 2]")
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.items.add(new File([text], 'r.json', { type: 'application/json' }));
          window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        request(6),
    )
    expect(page.locator("#graph")).to_contain_text("[6, 2]")
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData('text', text);
          document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        request(7),
    )
    expect(page.locator("#graph")).to_contain_text("[7, 2]")


def test_a_matrix_is_pasted_into_a_tensor(lecture):
    page = lecture.page
    page.get_by_role("button", name="Paste numbers").click()
    page.fill("#paste-text", "9, 8, 7, 6\n1, 2, 3, 4")
    page.get_by_role("button", name="Use them").click()
    until(page, "document.querySelector('#request').value.replace(/\\s/g, '').includes('[[9,8,7,6],[1,2,3,4]]')")


def test_the_curl_command_runs_and_comes_back(lecture):
    page = lecture.page
    change_input(page)
    command = copied(page, "curl")
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert json.loads(answer)["layers"][0]["output"] == [8.0, -5.0, 2.0, 5.0]
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#graph")).to_contain_text("[1, −2, 3]")
    page.locator("#request").focus()
    page.evaluate("text => navigator.clipboard.writeText(text)", command)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+v")
    expect(page.locator("#graph")).to_contain_text("[2, −2, 3]")


def test_the_python_program_runs(lecture):
    program = copied(lecture.page, "Python")
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "input [-11.0, 7.0, 4.0]" in answer


def test_the_pytorch_program_has_the_network_and_compiles(lecture):
    page = lecture.page
    program = copied(page, "PyTorch")
    compile(program, "snippet", "exec")
    for part in ("y = F.linear(input, weight=y_weight)", "C.sum().backward()", "requires_grad=True"):
        assert part in program


def test_every_layer_and_loss_has_a_pytorch_program(visit):
    one = visit()
    page = one.open("/docs")
    hashes = page.evaluate("[...document.querySelectorAll('[id^=layer-] a[href^=\"/#j\"], [id^=loss-] a[href^=\"/#j\"]')].map(link => link.hash)")
    assert len(hashes) >= 70
    page = one.open("/")
    programs = page.evaluate(
        """async hashes => {
          const { pytorch } = await import('/assets/js/pytorch.js');
          const { read } = await import('/assets/js/share.js');
          const { state } = await import('/assets/js/store.js');
          return Promise.all(hashes.map(async hash => pytorch(JSON.parse((await read(hash)).text), state.catalogue)));
        }""",
        hashes,
    )
    for program in programs:
        compile(program, "snippet", "exec")
        assert "backward(" in program and "undefined" not in program


def test_the_drawing_is_saved_as_svg(lecture):
    text = saved(lecture.page, "Drawing, SVG")
    document = xml.dom.minidom.parseString(text)
    assert document.documentElement.tagName == "svg" and "[−11, 7, 4]" in text
    assert 'fill="rgb' in text and "class=" not in text


def test_the_derivation_is_saved_as_latex(lecture):
    text = saved(lecture.page, "Derivation, LaTeX")
    assert text.startswith("\\documentclass") and text.rstrip().endswith("\\end{document}")
    assert text.count("\\[") == text.count("\\]") > 20
    assert "14 & -8 & 0 & 10" in text


def test_request_and_answer_are_saved_as_json(lecture):
    page = lecture.page
    assert json.loads(saved(page, "Request, JSON"))["input"] == [1, -2, 3]
    assert json.loads(saved(page, "Answer, JSON"))["input_gradients"]["input"] == [-11, 7, 4]


def test_a_service_that_asks_for_a_key_gets_it(visit):
    one = visit()
    one.expected = ("401",)
    page = one.page
    asked = []

    def guard(route):
        asked.append(route.request.headers.get("authorization"))
        if asked[-1] == "Bearer s3cret":
            return route.continue_()
        return route.fulfill(status=401, content_type="application/problem+json", body='{"status": 401, "detail": "a key is needed"}')

    page.route("**/v1/**", guard)
    page.goto(one.server.base + "/")
    expect(page.locator("#key-dialog")).to_be_visible()
    # The browser logs each refusal.
    page.fill("#key-field", "s3cret")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    expect(page.locator("#graph")).to_contain_text("[−11, 7, 4]")
    assert page.evaluate("sessionStorage.getItem('nabla-key')") == "s3cret"
    assert page.evaluate("localStorage.length") == 0
