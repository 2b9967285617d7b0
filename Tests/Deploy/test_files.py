"""The files of deploy/ and compose.yaml, checked by the tools that read them."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

from support import NABLA, ROOT

DEPLOY = ROOT / "deploy"


def run(*arguments, cwd=ROOT):
    """Runs a tool and gives what it says; fails where it fails."""
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def metrics():
    """The metrics that the operations guide lists, a test of which holds it to the code."""
    text = (ROOT / "Documentation/operations.md").read_text()
    return set(re.findall(r"^\| `([a-z_]+)`", text, re.MULTILINE))


class Files(unittest.TestCase):
    """Each is valid, and names what exists."""

    def test_kubernetes(self):
        validate = pathlib.Path(sys.executable).with_name("kubernetes-validate")
        files = sorted(DEPLOY.glob("kubernetes/*.yaml"))
        kinds = [part["kind"] for file in files for part in yaml.safe_load_all(file.read_text())]
        for version in ("1.29", "1.31", "1.34", "1.37"):
            said = run(validate, "--strict", "-k", version, *files)
            self.assertEqual(said.count("passed for resource"), len(kinds), said)
        wanted = {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"}
        self.assertEqual(set(kinds), wanted)

    def test_kubernetes_parts_fit(self):
        parts = {
            part["kind"]: part
            for file in DEPLOY.glob("kubernetes/*.yaml") for part in yaml.safe_load_all(file.read_text())
        }
        pod = parts["Deployment"]["spec"]["template"]
        labels = pod["metadata"]["labels"].items()
        for selector in (
            parts["Deployment"]["spec"]["selector"]["matchLabels"], parts["Service"]["spec"]["selector"],
            parts["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
            parts["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        ):
            self.assertLessEqual(selector.items(), labels)
        self.assertEqual(
            parts["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"], parts["Deployment"]["metadata"]["name"]
        )
        container = pod["spec"]["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        self.assertIn(parts["Service"]["spec"]["ports"][0]["targetPort"], ports)
        self.assertEqual(container["securityContext"]["readOnlyRootFilesystem"], True)
        settings = {entry["name"]: entry.get("value") for entry in container["env"]}
        grace = pod["spec"]["terminationGracePeriodSeconds"]
        # --drain-timeout is 25 s unless it is set.
        self.assertGreater(grace, float(settings["NABLA_DRAIN_DELAY"]) + 25)

    def test_settings_exist(self):
        help_text = run(NABLA, "serve", "--help")
        text = (ROOT / "compose.yaml").read_text() + (DEPLOY / "kubernetes/deployment.yaml").read_text()
        for name in set(re.findall(r"NABLA_[A-Z_]+", text)):
            option = "--" + name.removeprefix("NABLA_").lower().replace("_", "-")
            self.assertIn(option, help_text, name)

    def test_haproxy(self):
        run("haproxy", "-c", "-f", DEPLOY / "haproxy/haproxy.cfg")

    def test_compose(self):
        compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
        services = compose["services"]
        # Nobody gets a Prometheus unasked.
        unasked = {name for name, service in services.items() if "profiles" not in service}
        self.assertEqual(unasked, {"nabla", "postgresql", "haproxy"})
        self.assertTrue(services["nabla"]["read_only"])
        for service in services.values():
            self.assertLessEqual(set(service.get("depends_on", [])), set(services))
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(source in compose["volumes"] or (ROOT / source).exists(), source)
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), "nothing is published to the world unasked")
        # HAProxy and Prometheus find the replicas by the service's name.
        self.assertIn("nabla:8080", (DEPLOY / "haproxy/haproxy.cfg").read_text())

    def test_prometheus(self):
        run("promtool", "check", "config", "prometheus.yml", cwd=DEPLOY / "prometheus")
        self.assertIn("SUCCESS", run("promtool", "test", "rules", "alerts.test.yml", cwd=DEPLOY / "prometheus"))

    def test_dashboard(self):
        dashboard = json.loads((DEPLOY / "grafana/nabla.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertGreater(len(expressions), 10)
        # As recording rules promtool reads them; Grafana puts its variables in before Prometheus does.
        rules = [
            {"record": f"panel:{i}", "expr": expr.replace("$__rate_interval", "1m").replace("$job", "nabla")}
            for i, expr in enumerate(expressions)
        ]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "rules.yml"
            file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            run("promtool", "check", "rules", file)
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
        self.assertEqual(len(set(places)), len(places), "no panel lies on another")

    def test_metrics_exist(self):
        texts = [(DEPLOY / "grafana/nabla.json").read_text(), (DEPLOY / "prometheus/alerts.yml").read_text()]
        named = set(re.findall(r"\b(?:http_server|nabla|process)_[a-z_]+\b", " ".join(texts)))
        for name in named:
            self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), metrics(), name)


if __name__ == "__main__":
    unittest.main()
