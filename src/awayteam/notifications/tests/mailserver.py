"""A real SMTP server on loopback, for tests: enough of RFC 5321, keeps what it was given, answers as it is told."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True)
class Letter:
    """A mail as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, kind: str) -> str:
        body = self.message.get_body(preferencelist=(kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """`answer(recipient)` is the reply to RCPT TO; the default takes everybody."""

    host: str = ""
    port: int = 0
    got: list[Letter] = field(default_factory=list)
    answer: Callable[[str], str] = lambda _recipient: "250 ok"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        kept: MailServer = self.server.kept  # type: ignore[attr-defined]
        self.say("220 test ESMTP")
        sender, recipients = "", list[str]()
        while line := self.rfile.readline():
            verb = line.decode("ascii", "replace").strip()
            word = verb.upper()
            if word.startswith(("EHLO", "HELO")):
                self.say("250-test\r\n250 8BITMIME")
            elif word.startswith("MAIL FROM:"):
                sender, recipients = verb[10:].split(">")[0].strip(" <"), []
                self.say("250 ok")
            elif word.startswith("RCPT TO:"):
                recipient = verb[8:].strip(" <>")
                answer = kept.answer(recipient)
                if answer.startswith("2"):
                    recipients.append(recipient)
                self.say(answer)
            elif word == "DATA":
                self.say("354 go on")
                kept.got.append(Letter(sender, tuple(recipients), self.data()))
                self.say("250 taken")
            elif word in {"RSET", "NOOP"}:
                self.say("250 ok")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("502 what?")

    def data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving_mail() -> Iterator[MailServer]:
    """A mail server for the time of the block."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        kept = MailServer("127.0.0.1", server.server_address[1])
        server.kept = kept  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
