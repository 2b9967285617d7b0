"""The operations guide's way from nothing to a running service, command by command, at other ports."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.parse

from support import NABLA, ROOT, free_port, get, until


class Guide(unittest.TestCase):
    """What an operator who types what is written gets."""

    def test_without_containers(self):
        guide = (ROOT / "Documentation/operations.md").read_text()
        script = re.search(r"<!-- tried -->\n```sh\n(.*?)```\n<!-- end -->", guide, re.DOTALL)[1]
        query = re.search(r"'query=(.*)'", guide)[1]
        # What they install and build is there.
        for line in ("sudo apt-get install -y haproxy prometheus\n", "make build\n"):
            self.assertIn(line, script)
            script = script.replace(line, "")
        ports = {port: free_port() for port in (8080, 8081, 8082, 8083, 8404, 9090)}
        script = "set -e\n" + script.replace(".build/release/nabla", NABLA)
        # The configuration names two of the ports that the commands put other lines around.
        script = script.replace("deploy/haproxy/haproxy.cfg >", "other.cfg >").replace(" deploy/prometheus/prometheus.yml", " other.yml")
        texts = {
            "script.sh": script, "other.cfg": (ROOT / "deploy/haproxy/haproxy.cfg").read_text(),
            "other.yml": (ROOT / "deploy/prometheus/prometheus.yml").read_text().replace("15s", "1s"),
        }
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = pathlib.Path(name)
            for file, text in texts.items():
                text = re.sub(r"\b(80[0-9]{2}|8404|9090)\b", lambda match: str(ports[int(match[1])]), text)
                (folder / file).write_text(re.sub(r"bind :", "bind 127.0.0.1:", text))
            for part in ("deploy", "Sources"):
                (folder / part).symlink_to(ROOT / part)
            output = (folder / "output").open("w+b")
            shell = subprocess.Popen(
                ["bash", "script.sh"], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, env={k: v for k, v in os.environ.items() if not k.startswith("NABLA_")}
            )
            try:
                status = shell.wait(120)
                said = (folder / "output").read_text()
                self.assertEqual(status, 0, said)
                self.assertRegex(said, r'"output": \[-13\.0\]')

                def ask(text):
                    status, body = get(ports[9090], "/api/v1/query?" + urllib.parse.urlencode({"query": text}))
                    return json.loads(body)["data"]["result"] if status == 200 else []

                until(lambda: len(ask("up == 1")) == 4, 60, f"all of them scraped\n{said}")

                def quantile():
                    get(ports[8080], "/v1/examples")
                    found = ask(query)
                    return found and found[0]["value"][1] != "NaN"

                until(quantile, 60, "the query of the guide")
                rules = json.loads(get(ports[9090], "/api/v1/rules")[1])["data"]["groups"][0]["rules"]
                self.assertGreater(len(rules), 5)
            finally:
                # The jobs that the commands left in the background, all of this test's own session.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGTERM)
                pid = folder / "haproxy.pid"
                if pid.exists():
                    os.kill(int(pid.read_text()), signal.SIGTERM)
                output.close()


if __name__ == "__main__":
    unittest.main()
