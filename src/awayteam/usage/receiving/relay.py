"""One receiver for all web processes of an installation: halves of a call find each other whichever took them.

Whoever holds the lock on `usage/receiver.lock` in the data folder receives. It listens on this machine's loopback and
writes where into `usage/receiver.address`, with a secret that only this installation's processes can read. The others
let senders in and pass their requests on. The kernel frees the lock of a process that is gone, and another takes over.
"""

import contextlib
import fcntl
import io
import os
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from typing import IO, Any

import orjson
from django.conf import settings

from awayteam.kernel.lightpaths import Answered, Asked
from awayteam.kernel.log import Log
from awayteam.usage.receiving.protocol import Refused
from awayteam.usage.receiving.receiver import From
from awayteam.usage.receiving.senders import Known

log = Log(__name__)
Take = Callable[[Asked, Known], Answered]
PASSED = ("CONTENT_TYPE", "HTTP_CONTENT_ENCODING")
TRIES = 3


class Relay:
    """The role of this process. `take` answers a request whose sender was let in. Safe to share between threads."""

    def __init__(self, take: Take, folder: Path | None = None) -> None:
        self._take, self._folder = take, folder
        self._lock = threading.Lock()
        self._held: IO[bytes] | None = None
        self._mine = threading.local()

    def answer(self, asked: Asked, known: Known, most: int) -> Answered:
        """Answer here where this process receives, else pass on. Raises `Refused` where nobody takes it."""
        if self.receives():
            return self._take(asked, known)
        body = asked.body(most)
        head = orjson.dumps(
            {
                "path": asked.path, "environ": {name: asked.environ.get(name, "") for name in PASSED},
                "sender": [known.sender.name, known.sender.sampling, known.sender.id],
            }
        )  # fmt: skip
        for _ in range(TRIES):
            try:
                return self._passed_on(head, body)
            except (OSError, EOFError, ValueError, AuthenticationError):
                self._hang_up()
                if self.receives():
                    environ = {**asked.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
                    return self._take(Asked(asked.method, asked.path, environ), known)
        raise Refused(503, "The process that receives doesn't answer. Try again.", 1)

    def receives(self) -> bool:
        """Whether this process is the one; it becomes it where there is none."""
        if self._held is not None:
            return True
        with self._lock:
            if self._held is None and (held := self._locked()) is not None:
                self._listen()
                self._held = held
        return self._held is not None

    def leave(self) -> None:
        """Receive no longer."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            held.close()

    def _place(self) -> Path:
        place = self._folder or Path(settings.DATA) / "usage"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place

    def _locked(self) -> IO[bytes] | None:
        """The file of the lock, which stays open as long as this process receives; None where another one does."""
        file = open(self._place() / "receiver.lock", "ab")  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return file

    def _listen(self) -> None:
        secret = os.urandom(32)
        listener = Listener(("127.0.0.1", 0), backlog=64)
        aside = self._place() / f".receiver.address.{os.getpid()}"
        aside.touch(0o600)
        aside.write_bytes(orjson.dumps({"address": listener.address, "secret": secret.hex()}))
        aside.rename(self._place() / "receiver.address")
        threading.Thread(target=self._accept, args=(listener, secret), name="usage-relay", daemon=True).start()

    def _accept(self, listener: Listener, secret: bytes) -> None:
        while True:
            try:
                connection = listener.accept()
            except OSError as error:
                log.warning("usage.relay-refused", reason=str(error))
                continue
            threading.Thread(target=self._serve, args=(connection, secret), daemon=True).start()

    def _serve(self, connection: "Connection[Any, Any]", secret: bytes) -> None:
        """Both sides show that they know the secret, in a thread of the connection: whoever says nothing keeps nobody
        else waiting."""
        with contextlib.suppress(OSError, EOFError), connection:
            try:
                deliver_challenge(connection, secret)
                answer_challenge(connection, secret)
            except Exception as error:  # a stranger's greeting: libraries raise of many kinds here
                log.warning("usage.relay-refused", reason=str(error))
                return
            while True:
                head, body = orjson.loads(connection.recv_bytes()), connection.recv_bytes()
                environ = {**head["environ"], "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
                name, sampling, number = head["sender"]
                known = Known(From(name, sampling, number), frozenset())
                made = self._take(Asked("POST", head["path"], environ), known)
                connection.send_bytes(orjson.dumps([made.status, list(made.headers)]))
                connection.send_bytes(made.body if isinstance(made.body, bytes) else b"".join(made.body))

    def _passed_on(self, head: bytes, body: bytes) -> Answered:
        connection = self._connection()
        connection.send_bytes(head)
        connection.send_bytes(body)
        status, headers = orjson.loads(connection.recv_bytes())
        return Answered(status, connection.recv_bytes(), tuple((name, value) for name, value in headers))

    def _connection(self) -> "Connection[Any, Any]":
        """This thread's connection to the process that receives."""
        found: Connection[Any, Any] | None = getattr(self._mine, "connection", None)
        if found is None:
            known = orjson.loads((self._place() / "receiver.address").read_bytes())
            host, port = known["address"]
            found = self._mine.connection = Client((host, port), authkey=bytes.fromhex(known["secret"]))
        return found

    def _hang_up(self) -> None:
        connection, self._mine.connection = getattr(self._mine, "connection", None), None
        if connection is not None:
            connection.close()
