"""Lines to a server: the client library's connections without the layers between a command and its reply.

The library still logs in, selects the database and speaks TLS; what is left out costs two thirds of a call.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from hashlib import sha1
from typing import Any

from clm.errors import ClmError, RefusedByServer, UnreachableServer
from clm.store.redis_socket import Wire, wire_of
from clm.store.refusals import translated

IDLE_S = 0.05
"""After so long a line is looked at before it is used again: in less no server is back from its end."""

HARDEN_MS = 2000
"""The longest wait for the disk; a server that syncs once a second needs one."""


class Line:
    """One connection, for one request at a time. An error closes it, and the line is of no more use.

    Every method that sends or receives raises UnreachableServer and RefusedByServer like the keyspace.
    """

    def __init__(self, connection: Any, server: str, wire: Callable[[Any], Wire]) -> None:
        from redis import exceptions

        self._connection, self._server = connection, server
        self._open = partial(wire, connection)
        self._gone = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)
        self._refused, self._unknown = exceptions.ResponseError, exceptions.NoScriptError
        self._posted: tuple[str, Sequence[bytes]] | None = None  # script and its call
        self._poll: select.poll | None = None  # of the connection, once it was asked whether a reply begins

    @cached_property
    def _wire(self) -> Wire:
        """Opened by the first command."""
        return self._open()

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
                raise self._fault(each)
        return replies

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What a script returns. A server that does not know it yet is told, and then asked again."""
        return self.run_written(script, self._connection.pack_command(*_call(script, keys, arguments)))

    def run_written(self, script: str, command: Sequence[bytes]) -> Any:
        """The same for the bytes of the whole command, in pieces."""
        self.settle()
        self._write(command)
        return self._result(script, command)

    def post(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Run a script whose result nobody waits for: it is taken before the next command is sent."""
        self.settle()
        command = self._connection.pack_command(*_call(script, keys, arguments))
        self._write(command)
        self._posted = script, command

    def send(self, *words: Any) -> None:
        """Send a command whose reply is taken later."""
        self.settle()
        self._write(self._connection.pack_command(*words))

    def _write(self, command: Sequence[bytes]) -> None:
        try:
            self._wire.write(command)
        except (*self._gone, self._refused) as error:  # it connects first, and may be refused
            raise self._fault(error) from error

    def reply(self) -> Any:
        """The next reply, as it comes from the wire."""
        try:
            return self._wire.read()
        except (*self._gone, self._refused) as error:
            raise self._fault(error) from error

    def begins(self, seconds: float) -> bool:
        """Whether the reply to the one command that is under way begins within some seconds."""
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._connection._sock, select.POLLIN)
        return bool(self._poll.poll(seconds * 1000))

    def settle(self) -> None:
        """Take the result of what was posted."""
        if self._posted is not None:
            (script, command), self._posted = self._posted, None
            self._result(script, command)

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

    def _result(self, script: str, command: Sequence[bytes]) -> Any:
        try:
            return self._wire.read()
        except self._unknown:
            self.ask(b"SCRIPT", b"LOAD", script)
            self._write(command)
            return self.reply()
        except (*self._gone, self._refused) as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> ClmError:
        self.close()
        if isinstance(error, self._refused):
            return translated(error, self._server)
        return UnreachableServer(
            f"server {self._server} does not answer ({error}): start it, or set CLM_REDIS_URL"
        )


class Lines:
    """The lines of this process to one server, made when they are needed; after an error none is given back.

    Parameters:
        make: a connection of the client library that is not open yet and never tries anything twice.
        server: its name without a password, for messages.
        wire: opens a connection.
    """

    def __init__(self, make: Callable[[], Any], server: str, wire: Callable[[Any], Wire] = wire_of) -> None:
        self._make, self._server, self._wire = make, server, wire
        self._idle: list[tuple[Line, float]] = []  # with the time at which it was given back
        self._poster: list[tuple[Line, float]] = []  # one: posts come in their order
        self._posting = threading.Lock()
        self._hardens = True  # until the server says that it cannot
        self._process = os.getpid()

    def ask(self, *words: Any) -> Any:
        """The raw reply to a command."""
        line = self.lend()
        reply = line.ask(*words)
        self.back(line)
        return reply

    def ask_at_once(self, *commands: Sequence[Any]) -> list[Any]:
        """The raw replies to commands between which nobody else's comes."""
        line = self.lend()
        replies = line.ask_at_once(*commands)
        self.back(line)
        return replies

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What a script returns."""
        line = self.lend()
        result = line.run(script, keys, arguments)
        self.back(line)
        return result

    def run_written(self, script: str, command: bytes) -> Any:
        """What a script returns that is called by a command in bytes."""
        line = self.lend()
        result = line.run_written(script, (command,))
        self.back(line)
        return result

    def run_durably(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What a script returns, once what it wrote is on the server's disk.

        A server without an append-only file, or older than the command, does as it always did.
        """
        line = self.lend()
        result = line.run(script, keys, arguments)
        if result and self._hardens:
            try:
                line.ask(b"WAITAOF", 1, 0, HARDEN_MS)
            except RefusedByServer:
                self._hardens = False
                return result
        self.back(line)
        return result

    def post(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Run a script whose result nobody waits for; after all that were posted before."""
        with self._posting:
            line = self._picked(self._poster)
            line.post(script, keys, arguments)
            self._poster.append((line, time.monotonic()))

    def lend(self) -> Line:
        """A line that nobody else uses until it is given back."""
        return self._picked(self._idle)

    def back(self, line: Line) -> None:
        """Give back a line that owes no reply."""
        self._idle.append((line, time.monotonic()))

    def _picked(self, free: list[tuple[Line, float]]) -> Line:
        """The line that was used last, as long as its server keeps it, else a new one."""
        if self._process != os.getpid():  # a fork: the parent goes on with its own
            self._process = os.getpid()
            self._idle.clear()
            self._poster.clear()
        while free:
            try:
                line, since = free.pop()
            except IndexError:  # another thread was faster
                break
            if time.monotonic() - since < IDLE_S or line.alive():
                return line
            line.close()
        return Line(self._make(), self._server, self._wire)


def prepared(script: str, keys: Sequence[str], arguments: Sequence[Any], hole: bytes) -> bytes:
    """The bytes that call a script, to be formatted with the length and the bytes of each hole's value."""
    words = [
        str(each).encode() if isinstance(each, str | int) else each for each in _call(script, keys, arguments)
    ]
    forms = [b"$%d\r\n%b\r\n" % (len(each), each.replace(b"%", b"%%")) for each in words]
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%b\r\n" if each == hole else form for each, form in zip(words, forms, strict=True)
    )


def _call(script: str, keys: Sequence[str], arguments: Sequence[Any]) -> tuple[Any, ...]:
    return (b"EVALSHA", _sha1(script), len(keys), *keys, *arguments)


@cache
def _sha1(script: str) -> str:
    """The name under which a server knows a script."""
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
