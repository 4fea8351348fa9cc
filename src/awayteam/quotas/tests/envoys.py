"""A real Envoy for tests: certificates, an upstream that says what it got, a proxy, and clients that load it."""

import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from awayteam.kernel.errors import Unavailable
from awayteam.quotas.envoy import binary, files
from awayteam.quotas.envoy.bootstrap import bootstrap, from_files
from awayteam.quotas.envoy.plain import Plan
from awayteam.quotas.envoy.upstreams import Listener

ORDERS = "api:default/orders"


def missing() -> str:
    """Why there is no Envoy here, "" where there is one."""
    try:
        binary.find()
    except Unavailable as error:
        return str(error)
    return ""


def uri(name: str) -> str:
    return f"spiffe://example.org/ns/default/sa/{name}"


class Authority:
    """Makes certificates in a folder: `server.pem`, and one for each client, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        made = self._builder(self.name, self.key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._keep("ca", made.sign(self.key, hashes.SHA256()), self.key)
        self.leaf("server", x509.DNSName("localhost"))

    def client(self, name: str, *more: str) -> None:
        """A client whose certificate names it by URI, and by `more` URIs."""
        self.leaf(name, x509.UniformResourceIdentifier(uri(name)), *map(x509.UniformResourceIdentifier, more))

    def leaf(self, name: str, *names: x509.GeneralName) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(subject, key.public_key())
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        self._keep(name, made.sign(self.key, hashes.SHA256()), key)

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        start = datetime.now(UTC) - timedelta(days=1)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public)
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(start).not_valid_after(start + timedelta(days=30))

    def _keep(self, name: str, made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        plain = serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(private)


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers every request with the headers that it got."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


def upstream() -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection with a client's certificate; `load` asks again and again, and counts the statuses.

    Requests aren't pipelined: Envoy closes a connection on which its own replies queue up.
    """

    def __init__(self, folder: Path, port: int, name: str) -> None:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        if name:
            context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        plain = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def ask(self, path: str = "/orders", *, method: str = "GET", **headers: str) -> Answer:
        self._send(method, path, headers)
        return self._read()

    def load(self, many: int, path: str = "/orders", *, method: str = "GET") -> Counter[int]:
        found: Counter[int] = Counter()
        for _ in range(many):
            found[self.ask(path, method=method).status] += 1
        return found

    def _send(self, method: str, path: str, headers: dict[str, str]) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: orders.internal\r\n{lines}\r\n".encode())

    def _read(self) -> Answer:
        first = self.file.readline()
        if not first:
            raise ConnectionError("closed")
        status, headers = int(first.split()[1]), {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return Answer(status, headers, self.file.read(int(headers.get("content-length", "0"))))

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@dataclass
class Proxy:
    """A running Envoy over the files of `folder`."""

    folder: Path
    listener: Listener
    process: "subprocess.Popen[bytes]"
    clients: list[Client] = field(default_factory=list)

    @property
    def watched(self) -> Path:
        return self.folder / "watched"

    @property
    def log(self) -> Path:
        return self.folder / "access.log"

    def client(self, name: str) -> Client:
        made = Client(self.folder, self.listener.port, name)
        self.clients.append(made)
        return made

    def stat(self, pattern: str) -> str:
        """The text of the first stat whose name ends so."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.listener.admin_port}/stats", timeout=10) as answer:
            text = answer.read().decode()
        found = re.search(rf"{re.escape(pattern)}: \"?([^\"\n]*)", text)
        return found[1] if found else ""

    def apply(self, plan: Plan, within: float = 10) -> float:
        """Write a plan, and wait until Envoy has it; the seconds that took."""
        start = time.monotonic()
        before = self.stat("scoped_rds.awayteam.update_success")
        if files.write_scopes(plan, self.watched):
            wait(lambda: self.stat("scoped_rds.awayteam.update_success") != before, within)
        assert self.stat("scoped_rds.awayteam.update_rejected") == "0", self.output()
        return time.monotonic() - start

    def output(self) -> str:
        return (self.folder / "envoy.log").read_text()

    def stop(self) -> None:
        for one in self.clients:
            one.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait(true: Any, within: float) -> None:
    """Look until something is so; fails after `within` seconds."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, f"not so within {within} s"
        time.sleep(0.02)


def start(folder: Path, plan: Plan, *, source: Any = None, **more: Any) -> Proxy:
    """Start an Envoy over files (or `source`) with certificates of `folder`, and wait until it serves."""
    listener = Listener(
        "127.0.0.1", free_port(), folder / "server.pem", folder / "server.key", folder / "ca.pem", free_port()
    )
    watched = folder / "watched"
    watched.mkdir(exist_ok=True)
    tree = bootstrap(
        plan, listener, source or from_files(watched), node="test", log=folder / "access.log", **more
    )  # fmt: skip
    files.write_tree(folder / "envoy.json", tree)
    command = [
        str(binary.find()), "-c", str(folder / "envoy.json"), "--concurrency", "1", "-l", "warning",
        "--use-dynamic-base-id",
    ]  # fmt: skip
    with open(folder / "envoy.log", "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ})
    proxy = Proxy(folder, listener, process)

    def ready() -> bool:
        assert process.poll() is None, proxy.output()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{listener.admin_port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        wait(ready, 30)
    except BaseException:
        proxy.stop()
        raise
    return proxy
