"""The services of compose.yaml as processes in the same wiring: its settings, files, order and names.

Only addresses are others: what has an address of its own in an engine's network has one on the loopback interface here,
and what asks the engine for names asks a server of this test.
"""
import contextlib
import json
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import yaml

from support import LECTURE, NABLA, ROOT, Load, Postgres, Program, free_port, get, report, send, until

MODEL = {"network": {"layers": [{"type": "linear", "weight": [[2]]}]}, "inputs": {"input": {"shape": [1]}}}


def compose(environment):
    """The file, with the environment put in as `docker compose` does; a variable that must be set is asked for."""

    def value(match):
        name, kind, rest = match.groups()
        if environment.get(name):
            return environment[name]
        if kind == "?":
            raise ValueError(f"{name}: {rest}")
        return rest or ""

    text = (ROOT / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", value, text))


def image():
    """What the Dockerfile's last stage says: command, environment and health check."""
    stage = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    lists = {name: json.loads(value) for name, value in re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", stage, re.MULTILINE)}
    health = json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", stage, re.MULTILINE)[1])
    variables = dict(pair.split("=", 1) for pair in re.search(r"^ENV (.*)$", stage, re.MULTILINE)[1].split())
    return lists["ENTRYPOINT"], lists["CMD"], variables, health


class Names(threading.Thread):
    """A server of names like an engine's: a service has as many addresses as it has containers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.addresses = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                question, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, place = [], 12
            while length := question[place]:
                labels.append(question[place + 1:place + 1 + length].decode())
                place += 1 + length
            kind, = struct.unpack("!H", question[place + 1:place + 3])
            # Only addresses of version 4; a name that nobody has is NXDOMAIN (RFC 1035, section 4.1).
            known = self.addresses.get(".".join(labels))
            found = known if known and kind == 1 else []
            answer = question[:2] + struct.pack("!HHHHH", 0x8180 if known else 0x8183, 1, len(found), 0, 0)
            answer += question[12:place + 5]
            for address in found:
                answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(address)
            self.socket.sendto(answer, sender)

    def end(self):
        """Ends it."""
        self.socket.close()


class Container:
    """A replica of the image at an address of its own."""

    def __init__(self, service, address, port, addresses):
        entrypoint, command, variables, self.health = image()
        assert entrypoint == self.health[:1], "the health check is the program itself"
        commit = service["build"]["args"]["COMMIT"]
        variables = {name: value.replace("$COMMIT", commit) for name, value in variables.items()}
        assert (variables["NABLA_HOST"], variables["NABLA_PORT"]) == ("0.0.0.0", "8080")
        variables |= service["environment"] | {"NABLA_HOST": address, "NABLA_PORT": str(port)}
        for name, value in addresses.items():
            variables["NABLA_MODELS"] = variables["NABLA_MODELS"].replace(f"@{name}/", f"@{value}/")
        self.address, self.port, self.environment = address, port, variables
        self.program = Program("env", "-i", *(f"{k}={v}" for k, v in variables.items()), NABLA, *command)
        until(lambda: get(port, "/readyz", host=address)[0] == 200, 60, f"ready\n{self.program.output()}")

    def is_healthy(self):
        """What the engine asks now and then."""
        probe = [NABLA, *self.health[1:], f"http://{self.address}:{self.port}/healthz"]
        return subprocess.run(probe, check=False, timeout=10).returncode == 0

    def answered(self):
        """How many requests for gradients it has answered, by its own account."""
        text = get(self.port, "/metrics", host=self.address)[1]
        pattern = r'^http_server_request_duration_seconds_count\{.*http_route="/v1/gradients".*\} (\d+)$'
        return sum(int(number) for number in re.findall(pattern, text, re.MULTILINE))


class Project(contextlib.ExitStack):
    """The running services."""

    def __init__(self):
        super().__init__()
        self.file = compose({"POSTGRES_PASSWORD": "9f3c0a"} | {"COMMIT": "abc1234"})
        self.services = self.file["services"]
        # A part of the loopback network that no other run has.
        self.network = f"127.{random.randrange(16, 250)}.{random.randrange(250)}"
        self.port = free_port(f"{self.network}.1")
        self.containers, self.names = [], Names()
        self.callback(self.names.end)
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))

    def mount(self, service, target):
        """What a service finds at a path."""
        for volume in self.services[service]["volumes"]:
            source, place = volume.split(":")[:2]
            if place == target:
                return ROOT / source
        raise AssertionError(f"{service} has nothing at {target}")

    def published(self, service):
        """A free port for each that a service publishes, by its own."""
        return {int(entry.split(":")[2]): free_port() for entry in self.services[service]["ports"]}

    def up(self):
        """Starts the services in the order that they ask for."""
        started, asked = set(), [name for name, service in self.services.items() if "profiles" not in service]
        while len(started) < len(asked):
            name = next(n for n in asked if n not in started and started.issuperset(self.services[n].get("depends_on", [])))
            getattr(self, "start_" + name)()
            started.add(name)

    def start_postgresql(self):
        settings = self.services["postgresql"]["environment"]
        self.postgres = Postgres(
            f"{self.network}.200", settings["POSTGRES_USER"], settings["POSTGRES_DB"], settings["POSTGRES_PASSWORD"]
        )
        self.callback(self.postgres.end)
        test = self.services["postgresql"]["healthcheck"]["test"]
        assert test == ["CMD", "pg_isready", "-U", self.postgres.user, "-d", self.postgres.database], test

    def start_nabla(self):
        for _ in range(self.services["nabla"]["deploy"]["replicas"]):
            self.add()

    def add(self):
        """One replica more, as `--scale` does."""
        address = f"{self.network}.{len(self.containers) + 1}"
        others = {"postgresql": f"{self.postgres.host}:{self.postgres.port}"}
        one = Container(self.services["nabla"], address, self.port, others)
        self.callback(one.program.kill)
        self.containers.append(one)
        self.names.addresses["nabla"] = [container.address for container in self.containers]
        return one

    def start_haproxy(self):
        text = self.mount("haproxy", "/usr/local/etc/haproxy/haproxy.cfg").read_text()
        self.haproxy = self.published("haproxy")
        for old, new in (
            ("127.0.0.11:53", f"127.0.0.1:{self.names.port}"), ("nabla:8080", f"nabla:{self.port}"),
            *((f"bind :{port}\n", f"bind 127.0.0.1:{ours}\n") for port, ours in self.haproxy.items()),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.folder / "haproxy.cfg").write_text(text)
        self.balancer = Program("haproxy", "-f", str(self.folder / "haproxy.cfg"))
        self.callback(self.balancer.kill)

    def start_prometheus(self):
        folder = self.mount("prometheus", "/etc/prometheus")
        settings = yaml.safe_load((folder / "prometheus.yml").read_text())
        names, = (job.pop("dns_sd_configs")[0] for job in settings["scrape_configs"] if "dns_sd_configs" in job)
        assert (names["names"], names["type"], names["port"]) == (["nabla"], "A", 8080)
        for job in settings["scrape_configs"]:
            targets = {"nabla": [f"{one.address}:{one.port}" for one in self.containers]}
            targets["haproxy"] = [f"127.0.0.1:{self.haproxy[8404]}"]
            job["static_configs"] = [{"targets": targets[job["job_name"]]}]
        settings["rule_files"] = [str(folder / name) for name in settings["rule_files"]]
        # So that the test need not wait for a minute.
        settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        (self.folder / "prometheus.yml").write_text(json.dumps(settings))
        self.prometheus = self.published("prometheus")[9090]
        program = Program(
            "prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.prometheus}"
        )
        self.callback(program.kill)

    def serving(self):
        """To how many replicas HAProxy sends requests."""
        lines = get(self.haproxy[8404], "/;csv")[1].splitlines()
        return sum(1 for line in lines if line.startswith("replicas,nabla") and line.split(",")[17].startswith("UP"))

    def query(self, text):
        """What Prometheus answers."""
        status, body = get(self.prometheus, "/api/v1/query?" + urllib.parse.urlencode({"query": text}))
        return json.loads(body)["data"]["result"] if status == 200 else []


class Compose(unittest.TestCase):
    """The wiring holds, and goes on holding when something in it goes."""

    def test_a_password_must_be_set(self):
        with self.assertRaisesRegex(ValueError, "POSTGRES_PASSWORD: set a password"):
            compose({})

    def test_services_work_together(self):
        with Project() as project:
            project.up()
            until(lambda: project.serving() == 3, 30, f"three replicas\n{project.balancer.output()}")
            front = project.haproxy[8080]

            with self.subTest("every replica answers, and knows what was stored at another"):
                status, said = send("POST", front, "/v1/gradients", json.loads(LECTURE))
                self.assertEqual((status, json.loads(said)["output"]), (200, [-13]))
                self.assertEqual(send("PUT", front, "/v1/models/stored", MODEL)[0], 201)
                for one in project.containers:
                    request = {"model": "stored", "input": [3]}
                    status, said = send("POST", one.port, "/v1/forward", request, host=one.address)
                    self.assertEqual((status, json.loads(said)["output"]), (200, [6]))
                    self.assertTrue(one.is_healthy())
                    self.assertIn('commit="abc1234"', get(one.port, "/metrics", host=one.address)[1])

            load = Load(front, LECTURE, clients=4, pause=0.005)
            with self.subTest("a replica more is found by its name, one less is left out"):
                added = project.add()
                until(lambda: project.serving() == 4 and added.answered() > 50, 30, "requests for the new one")
                project.containers.remove(added)
                project.names.addresses["nabla"].remove(added.address)
                grace = int(project.services["nabla"]["stop_grace_period"].removesuffix("s"))
                self.assertEqual(added.program.stop(grace), 0)
                until(lambda: project.serving() == 3, 30, "three replicas again")

            with self.subTest("without the database what needs no model goes on"):
                project.postgres.stop()
                until(lambda: send("POST", front, "/v1/forward", {"model": "stored", "input": [3]})[0] == 503, 30, "503")
                before = load.answered
                time.sleep(5)
                self.assertEqual(project.serving(), 3)
                self.assertGreater(load.answered, before + 100)
                project.postgres.start()
                until(lambda: send("POST", front, "/v1/forward", {"model": "stored", "input": [3]})[0] == 200, 30, "200")

            with self.subTest("Prometheus finds everything, and its rules hold"):
                project.start_prometheus()
                count = 'sum(http_server_request_duration_seconds_count{job="nabla", http_route="/v1/gradients"})'
                quantile = """histogram_quantile(0.9, sum by (le) (
                    rate(http_server_request_duration_seconds_bucket{job="nabla", http_route="/v1/gradients"}[10s])))"""
                until(lambda: project.query(quantile) and project.query(quantile)[0]["value"][1] != "NaN", 60, "a query")
                self.assertEqual({row["metric"]["job"]: row["value"][1] for row in project.query("sum by (job) (up)")},
                                 {"nabla": "3", "haproxy": "1"})
                self.assertTrue(project.query("haproxy_backend_active_servers{proxy='replicas'} == 3"))
                self.assertEqual(project.query("sum by (commit) (nabla_build_info)")[0]["value"][1], "3")
                load.stop()
                asked = sum(one.answered() for one in project.containers)
                until(lambda: float(project.query(count)[0]["value"][1]) == asked, 30, "every request counted")
                rules = json.loads(get(project.prometheus, "/api/v1/rules")[1])["data"]["groups"][0]["rules"]
                self.assertTrue(all(rule["health"] == "ok" for rule in rules), rules)

            report("compose", sent=load.answered + len(load.lost), answered=load.answered, lost=len(load.lost),
                   p90_ms=round(1000 * float(project.query(quantile)[0]["value"][1]), 2))
            self.assertEqual(load.lost, [])
            for one in project.containers:
                one.program.send(signal.SIGTERM)
            for one in project.containers:
                self.assertEqual(one.program.process.wait(grace), 0)


if __name__ == "__main__":
    unittest.main()
