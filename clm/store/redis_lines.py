"""Lines to a server: the client library's connections without the layers between a command and its reply.

The library still logs in, selects the database and speaks TLS; what is left out costs two thirds of a call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha1
from typing import Any

from clm.errors import ClmError, RefusedByServer, UnreachableServer
from clm.store.refusals import translated

IDLE_S = 0.05
"""After so long a line is looked at before it is used again: in less no server is back from its end."""


class Line:
    """One connection, for one request at a time. After an error it is of no more use.

    Every method that sends or receives raises UnreachableServer and RefusedByServer like the keyspace.
    """

    def __init__(self, connection: Any, server: str) -> None:
        from redis import exceptions

        self._connection, self._server = connection, server
        self._gone = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)
        self._posted: tuple[str, Sequence[Any]] | None = None  # script and its call
        self._refused, self._unknown = exceptions.ResponseError, exceptions.NoScriptError

    def ask(self, *words: Any) -> Any:
        """The raw reply to a command: bytes, numbers, None and lists of them."""
        self.send(*words)
        return self.reply()

    def ask_at_once(self, *commands: Sequence[Any]) -> list[Any]:
        """The raw replies to commands between which nobody else's comes."""
        for words in ((b"MULTI",), *commands, (b"EXEC",)):
            self.send(*words)
        for _ in range(len(commands) + 1):
            self.reply()
        replies: list[Any] = self.reply()
        for each in replies:
            if isinstance(each, self._refused):
                raise translated(each, self._server)
        return replies

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What a script returns. A server that does not know it yet is told, and then asked again."""
        words = _call(script, keys, arguments)
        self.send(*words)
        return self._result(script, words)

    def post(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Run a script whose result nobody waits for: it is taken before the next command is sent."""
        words = _call(script, keys, arguments)
        self.send(*words)
        self._posted = script, words

    def send(self, *words: Any) -> None:
        """Send a command whose reply is taken later."""
        self.settle()
        packed = self._connection.pack_command(*words)
        self._try(self._connection.send_packed_command, packed, check_health=False)

    def reply(self) -> Any:
        """The next reply, as it comes from the wire."""
        return self._try(self._connection.read_response, disable_decoding=True)

    def settle(self) -> None:
        """Take the result of what was posted."""
        if self._posted is not None:
            (script, words), self._posted = self._posted, None
            self._result(script, words)

    def alive(self) -> bool:
        """Whether the server keeps this line open and nothing unasked has come."""
        try:
            self.settle()
            return not self._connection.can_read(0)
        except (*self._gone, ClmError):
            return False

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()

    def _result(self, script: str, words: Sequence[Any]) -> Any:
        try:
            return self.reply()
        except RefusedByServer as error:
            if not isinstance(error.__cause__, self._unknown):
                raise
            self.ask(b"SCRIPT", b"LOAD", script)
            return self.ask(*words)

    def _try(self, call: Any, *positional: Any, **named: Any) -> Any:
        try:
            return call(*positional, **named)
        except self._gone as error:
            raise UnreachableServer(
                f"server {self._server} does not answer ({error}): start it, or set CLM_REDIS_URL"
            ) from error
        except self._refused as error:
            raise translated(error, self._server) from error


class Lines:
    """The lines of this process to one server, made when they are needed.

    Parameters:
        make: a connection of the client library that is not open yet and never tries anything twice.
        server: its name without a password, for messages.
    """

    def __init__(self, make: Callable[[], Any], server: str) -> None:
        self._make, self._server = make, server
        self._idle: list[tuple[Line, float]] = []  # with the time at which it was given back
        self._process = os.getpid()

    def ask(self, *words: Any) -> Any:
        """The raw reply to a command."""
        with self.held() as line:
            return line.ask(*words)

    def ask_at_once(self, *commands: Sequence[Any]) -> list[Any]:
        """The raw replies to commands between which nobody else's comes."""
        with self.held() as line:
            return line.ask_at_once(*commands)

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What a script returns."""
        with self.held() as line:
            return line.run(script, keys, arguments)

    def post(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Run a script whose result nobody waits for."""
        with self.held() as line:
            line.post(script, keys, arguments)

    @contextmanager
    def held(self) -> Iterator[Line]:
        """A line for as long as nothing goes wrong."""
        line = self.lend()
        try:
            yield line
        except BaseException:
            line.close()
            raise
        self.back(line)

    def lend(self) -> Line:
        """A line that nobody else uses until it is given back."""
        if self._process != os.getpid():  # a fork: the parent goes on with its own
            self._process, self._idle = os.getpid(), []
        while self._idle:
            try:
                line, since = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if time.monotonic() - since < IDLE_S or line.alive():
                return line
            line.close()
        return Line(self._make(), self._server)

    def back(self, line: Line) -> None:
        """Give back a line that owes no reply but a posted script's."""
        self._idle.append((line, time.monotonic()))


def _call(script: str, keys: Sequence[str], arguments: Sequence[Any]) -> tuple[Any, ...]:
    return (b"EVALSHA", _sha1(script), len(keys), *keys, *arguments)


@cache
def _sha1(script: str) -> str:
    """The name under which a server knows a script."""
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
