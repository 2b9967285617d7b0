"""Real processes on free ports of the loopback interface, each ended by its own handle."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NABLA = os.environ.get("NABLA_BIN", str(ROOT / ".build/release/nabla"))
LECTURE = (ROOT / "Sources/GradientService/Resources/Examples/lecture.json").read_bytes()
DIGITS = (ROOT / "Sources/GradientService/Resources/Examples/digits.json").read_bytes()


def free_port(host="127.0.0.1"):
    """A port that nobody has at the moment."""
    with socket.socket() as one:
        one.bind((host, 0))
        return one.getsockname()[1]


def get(port, path, timeout=5, host="127.0.0.1"):
    """The status and text at a path; status 0 where nobody answers."""
    return send("GET", port, path, None, timeout, host)


def send(method, port, path, value, timeout=30, host="127.0.0.1"):
    """Sends a value as JSON, if there is one; gives the status and text, and status 0 where nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        body = None if value is None else json.dumps(value)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def until(condition, seconds, what):
    """Waits until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Program:
    """A process that ends with the test."""

    def __init__(self, *arguments, env=None, cwd=None):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=cwd, env={**os.environ, **(env or {})}
        )

    def output(self):
        """What it has said so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def send(self, number):
        """Sends it a signal."""
        self.process.send_signal(number)

    def stop(self, seconds=40):
        """Ends it as an engine would, and gives its status."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end:\n{self.output()}") from None

    def kill(self):
        """Ends it as a lost machine would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


class Postgres:
    """A PostgreSQL server with a database of its own, as its image's entrypoint makes it."""

    def __init__(self, host="127.0.0.1", user="nabla", database="nabla", password="secret"):
        self.host, self.port, self.user, self.database, self.password = host, free_port(host), user, database, password
        self.folder, self.program = tempfile.TemporaryDirectory(), None
        self.tools = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        # PostgreSQL does not run as root.
        self.as_user = []
        if os.getuid() == 0:
            shutil.chown(self.folder.name, "postgres", "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        secret = pathlib.Path(self.folder.name) / "password"
        secret.write_text(password)
        secret.chmod(0o644)
        self.run("initdb", "-U", user, f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync", "-E", "UTF8")
        self.start()
        if database != "postgres":
            self.run("psql", self.url("postgres"), "-q", "-c", f'CREATE DATABASE "{database}"')

    @property
    def data(self):
        """Where the databases are."""
        return f"{self.folder.name}/data"

    def url(self, database=None):
        """Where a database is, for libpq."""
        return f"postgres://{self.user}:{self.password}@{self.host}:{self.port}/{database or self.database}"

    def run(self, tool, *arguments):
        """Runs one of PostgreSQL's tools to its end."""
        environment = {**os.environ, "PGDATA": self.data}
        subprocess.run(
            [*self.as_user, self.tools / tool, *arguments], check=True, timeout=60, cwd="/", env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def is_ready(self):
        """What the health check of compose.yaml asks."""
        probe = [self.tools / "pg_isready", "-q", "-h", self.host, "-p", str(self.port)]
        return subprocess.run([*probe, "-U", self.user, "-d", self.database], check=False, timeout=30).returncode == 0

    def start(self):
        """Starts it, again after stop()."""
        settings = [f"listen_addresses={self.host}", f"port={self.port}", "unix_socket_directories="]
        self.program = Program(
            *self.as_user, str(self.tools / "postgres"), "-D", self.data, *(x for s in settings for x in ("-c", s)), cwd="/"
        )
        until(self.is_ready, 60, f"PostgreSQL\n{self.program.output()}")

    def stop(self):
        """Stops it as if it had crashed, its processes with it."""
        self.program.send(signal.SIGQUIT)
        self.program.process.wait(30)
        self.program.kill()

    def end(self):
        """Ends it and removes what it has stored."""
        self.stop()
        self.folder.cleanup()


class Replica:
    """One `nabla serve`, at the same port however often it is started."""

    def __init__(self, *options):
        self.port, self.options, self.program, self.brake = free_port(), options, None, None

    def start(self):
        """Starts it and waits until it is ready."""
        if self.program:
            self.program.kill()
        self.program = Program(
            NABLA, "serve", "--port", str(self.port), "--workers", "1", "--drain-delay", "3", *self.options
        )
        until(lambda: get(self.port, "/readyz")[0] == 200, 60, "ready")

    def hold(self, percent):
        """Holds it to a part of one processor."""
        self.brake = Program("cpulimit", "-l", str(percent), "-p", str(self.program.process.pid), "-z")

    def end(self):
        """Ends what is left."""
        if self.brake:
            self.brake.kill()
        if self.program:
            self.program.kill()


class Balancer:
    """HAProxy with the project's configuration, other addresses put in."""

    def __init__(self, replicas, maxconn=None):
        text = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
        servers = "\n".join(f"    server replica{i} 127.0.0.1:{r.port}" for i, r in enumerate(replicas))
        text, count = re.subn(r" *server-template .*", servers, text)
        assert count == 1, "one line names the replicas"
        text = text.replace(" resolvers containers init-addr none", "")
        text = re.sub(r"resolvers containers\n(?:[ \t]+.*\n)+", "", text)
        self.port, self.figures = free_port(), free_port()
        text = text.replace("bind :8080", f"bind 127.0.0.1:{self.port}").replace("bind :8404", f"bind 127.0.0.1:{self.figures}")
        if maxconn:
            text = text.replace("maxconn 8", f"maxconn {maxconn}")
        self.folder = tempfile.TemporaryDirectory()
        file = pathlib.Path(self.folder.name) / "haproxy.cfg"
        file.write_text(text)
        self.replicas = replicas
        self.program = Program("haproxy", "-f", str(file))

    def up(self):
        """How many replicas it sends requests to."""
        lines = get(self.figures, "/;csv")[1].splitlines()
        return sum(1 for line in lines if line.startswith("replicas,replica") and line.split(",")[17].startswith("UP"))

    def ready(self):
        """Waits until it sends requests to every replica."""
        until(lambda: self.up() == len(self.replicas), 60, f"every replica up\n{self.program.output()}")

    def end(self):
        """Ends it."""
        self.program.kill()
        self.folder.cleanup()


class Load:
    """Clients that post one request after another, each on a connection that it keeps, and keep account."""

    def __init__(self, port, body, clients=6, path="/v1/gradients", pause=0.0):
        self.answered, self.lost, self.times = 0, [], []
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._port, self._body, self._path, self._pause = port, body, path, pause
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                connection.request("POST", self._path, self._body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                fault = None if answer.status == 200 and text.endswith(b"\n") else f"{answer.status} {text[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                fault = repr(error)
                connection.close()
            ended = time.monotonic()
            with self._lock:
                if fault:
                    self.lost.append((began, ended, fault))
                else:
                    self.answered += 1
                    self.times.append(ended - began)
            if self._pause:
                time.sleep(self._pause)
        connection.close()

    def stop(self):
        """Ends it, each client once its request is answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


@contextlib.contextmanager
def replicas(count, *options):
    """So many replicas with one PostgreSQL for their models behind a load balancer."""
    with contextlib.ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.end)
        started = [Replica("--models", postgres.url(), *options) for _ in range(count)]
        for one in started:
            stack.callback(one.end)
            one.start()
        balancer = Balancer(started)
        stack.callback(balancer.end)
        balancer.ready()
        yield started, balancer


def report(name, **figures):
    """Prints figures, for the log of a run."""
    print(f"\n{name}: {json.dumps(figures)}", flush=True)
