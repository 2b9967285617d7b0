"""A server as a process of its own, and what it takes."""
import collections
import re
import resource
import selectors
import signal
import socket
import statistics
import subprocess
import time

HEAD = "POST /v1/gradients HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def framed(body):
    """A body with its head."""
    return (HEAD % len(body)).encode() + body


class Server:
    """`nabla serve` on a free port of the loopback interface."""

    def __init__(self, binary):
        # As many descriptors as there may be: each connection takes one at both ends.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.process = subprocess.Popen(
            [binary, "serve", "--host", "127.0.0.1", "--port", "0", "--log-level", "error"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            self.close()
            raise SystemExit("the server did not start: " + line)
        self.port = int(found.group(1))
        # Linux: the clock of another process's CPU time, of all its threads, in nanoseconds.
        self.clock = ~self.process.pid << 3 | 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stderr.close()

    def cpu(self):
        """Seconds that the process has computed."""
        return time.clock_gettime(self.clock)

    def memory(self, field):
        """VmRSS or VmHWM in bytes."""
        with open("/proc/%d/status" % self.process.pid) as file:
            return 1024 * int(re.search(field + r":\s+(\d+)", file.read()).group(1))

    def rest(self):
        """What the server has in memory at rest; the peak is counted from now on."""
        with open("/proc/%d/clear_refs" % self.process.pid, "w") as file:
            file.write("5")
        return self.memory("VmRSS")

    def parts(self):
        """Seconds spent in reading, computing and printing so far, and how many requests were timed."""
        with Connection(self.port) as connection:
            text = connection.exchange(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").decode()

        def value(series):
            found = re.search("^" + re.escape(series) + r" (\S+)", text, re.M)
            return float(found.group(1)) if found else 0.0

        return (
            value('nabla_text_duration_seconds_sum{direction="read"}'),
            value('nabla_compute_duration_seconds_sum{operation="gradients"}'),
            value('nabla_text_duration_seconds_sum{direction="write"}'),
            value('nabla_compute_duration_seconds_count{operation="gradients"}'),
        )


class Connection:
    """A kept connection that sends one request at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def exchange(self, request, keep=True):
        """Sends a request and reads the answer; its body, or where that is not kept, its length."""
        self.socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise ConnectionError("the server closed the connection")
            got += piece
        head, body = got.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(got[:1000].decode())
        wanted = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if wanted:
            return self._rest(body, int(wanted.group(1)), keep)
        return self._chunks(body, keep)

    def _rest(self, body, length, keep):
        count, pieces = len(body), [body]
        while count < length:
            size = self.socket.recv_into(self.buffer)
            if not size:
                raise ConnectionError("the server closed the connection")
            count += size
            if keep:
                pieces.append(bytes(self.buffer[:size]))
        return b"".join(pieces) if keep else count

    def _chunks(self, body, keep):
        # JSON has no line break of its own that could look like the last chunk.
        pieces, tail, count = [body], body, len(body)
        while not tail.endswith(b"0\r\n\r\n"):
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise ConnectionError("the server closed the connection")
            count += len(piece)
            tail = tail[-8:] + piece
            if keep:
                pieces.append(piece)
        return re.sub(rb"(?:^|\r\n)[0-9a-fA-F]+\r\n", b"", b"".join(pieces)) if keep else count


def one_after_another(binary, body, warm, seconds, most=500):
    """Medians over requests on one connection, and the peak of memory over a server at rest."""
    with Server(binary) as server, Connection(server.port) as connection:
        connection.exchange(framed(warm))
        rest, request = server.rest(), framed(body)
        walls, cpus, end = [], [], time.monotonic() + seconds
        before = server.parts()
        while len(walls) < 5 or (time.monotonic() < end and len(walls) < most):
            cpu, wall = server.cpu(), time.monotonic()
            reply = connection.exchange(request, keep=False)
            walls.append(time.monotonic() - wall)
            cpus.append(server.cpu() - cpu)
            if len(walls) == 1:
                first = max(server.memory("VmHWM") - rest, 1)
        after = server.parts()
        timed = max(after[3] - before[3], 1)
        read, compute, write = ((b - a) / timed for a, b in zip(before[:3], after[:3]))
        return {
            "wall": statistics.median(walls), "cpu": statistics.median(cpus), "reply": reply,
            "read": read, "compute": compute, "write": write, "requests": len(walls),
            "first": first, "memory": max(server.memory("VmHWM") - rest, 1), "rest": rest,
        }


def side_by_side(binary, body, warm, count, seconds):
    """What requests take on so many connections, each of which sends its next request after an answer."""
    request = framed(body)
    with Server(binary) as server:
        with Connection(server.port) as connection:
            connection.exchange(framed(warm))
        rest = server.rest()
        clients = [Client(server.port, request) for _ in range(count)]
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client.socket, client.events, client)
            waiting = collections.deque()
            run(selector, waiting, seconds / 4)
            for client in clients:
                client.latencies, client.refused = [], 0
            cpu, start = server.cpu(), time.monotonic()
            run(selector, waiting, seconds)
            cpu, wall = server.cpu() - cpu, time.monotonic() - start
        peak = server.memory("VmHWM")
        for client in clients:
            client.socket.close()
        latencies = sorted(latency for client in clients for latency in client.latencies)
        refused = sum(client.refused for client in clients)
        if not latencies:
            raise ConnectionError("no request was answered on %d connections" % count)
        return {
            "cpu": cpu / (len(latencies) + refused), "wall": statistics.median(latencies),
            "tail": latencies[int(0.99 * (len(latencies) - 1))],
            "rate": len(latencies) / wall, "refused": refused / (len(latencies) + refused),
            "memory": max(peak - rest, 0), "rest": rest,
        }


def run(selector, waiting, seconds):
    """Drives the clients; those that were turned away wait for as long as the answer said, and then begin anew."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        while waiting and waiting[0].start <= time.monotonic():
            client = waiting.popleft()
            selector.register(client.socket, client.events, client)
        for key, _ in selector.select(0.01):
            client = key.data
            wanted = client.step()
            if client.is_last:
                # The server ends a connection after some thousand requests.
                selector.unregister(client.socket)
                client.connect()
                selector.register(client.socket, client.events, client)
            elif client.start > time.monotonic():
                selector.unregister(client.socket)
                waiting.append(client)
            elif wanted != key.events:
                selector.modify(client.socket, wanted, client)


class Client:
    """A connection among many, driven by whether its socket is ready."""

    def __init__(self, port, request):
        self.port, self.request, self.socket = port, memoryview(request), None
        self.latencies, self.refused = [], 0
        self.connect()

    def connect(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.is_last = False
        self.begin()

    def begin(self, pause=0):
        self.events, self.sent, self.head, self.left = selectors.EVENT_WRITE, 0, b"", None
        self.start = time.monotonic() + pause

    def step(self):
        """Receives and sends what can be; what is to be waited for next."""
        try:
            if self.events == selectors.EVENT_READ:
                self.receive(self.socket.recv(1 << 18))
            if self.events == selectors.EVENT_WRITE and self.start <= time.monotonic():
                self.sent += self.socket.send(self.request[self.sent:])
                if self.sent == len(self.request):
                    self.events = selectors.EVENT_READ
        except BlockingIOError:
            pass
        return self.events

    def receive(self, piece):
        if not piece:
            raise ConnectionError("the server closed a connection")
        if self.left is None:
            self.head += piece
            head, found, body = self.head.partition(b"\r\n\r\n")
            if not found:
                return
            self.left = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head).group(1)) - len(body)
        else:
            self.left -= len(piece)
        if self.left == 0:
            self.is_last = re.search(rb"(?i)\r\nconnection: close\r\n", self.head) is not None
            if self.head.startswith(b"HTTP/1.1 200"):
                self.latencies.append(time.monotonic() - self.start)
                self.begin()
            else:
                self.refused += 1
                self.begin(pause=float(re.search(rb"(?i)\r\nretry-after: (\d+)", self.head).group(1)))
