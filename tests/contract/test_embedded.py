"""The embedded server: one per directory, gone with its owner, its data kept. Real processes throughout."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from clm.errors import ConfigurationError, UnreachableServer
from clm.store.embedded import MAX_SOCKET, Embedded, socket_path

pytestmark = pytest.mark.server

OWNER = """
import sys, time
from pathlib import Path
from clm.store.embedded import Embedded
print(Embedded(Path(sys.argv[1])).start(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts processes that own, or adopt, the server of one directory."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("unix://")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def client(directory: Path) -> "redis.Redis":
    return redis.Redis.from_url(f"unix://{socket_path(directory)}", retry=None, protocol=2)


def gone_within(seconds: float, pid: int) -> bool:
    """Whether a process has ended; one that nobody reaped has ended too."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def server_pid(directory: Path) -> int:
    with client(directory) as wire:
        return int(wire.info("server")["process_id"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next owner ends an orphan")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_is_gone_within_two_seconds_of_its_owner(
    tmp_path: Path, own: Callable[[], "subprocess.Popen[str]"], how: signal.Signals
) -> None:
    owner = own()
    pid = server_pid(tmp_path)
    os.kill(owner.pid, how)
    owner.wait(5)
    assert gone_within(2.0, pid)


def test_what_was_written_survives_the_kill_of_its_owner(
    tmp_path: Path, own: Callable[[], "subprocess.Popen[str]"]
) -> None:
    owner = own()
    with client(tmp_path) as wire:
        wire.xadd("events", {"d": b"kept"})
    owner.kill()
    owner.wait(5)
    with Embedded(tmp_path), client(tmp_path) as wire:
        assert wire.xlen("events") == 1


def test_a_second_process_adopts_the_server_and_leaves_it_running(
    tmp_path: Path, own: Callable[[], "subprocess.Popen[str]"]
) -> None:
    own()
    pid = server_pid(tmp_path)
    adopter = Embedded(tmp_path)
    adopter.start()
    assert not adopter.owned
    adopter.stop()
    assert server_pid(tmp_path) == pid


def test_processes_that_start_together_share_one_server(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        urls = {racer.stdout.readline() for racer in racers if racer.stdout}
        assert len(urls) == 1
        with client(tmp_path) as wire:
            assert wire.ping()
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()


def test_a_stopped_server_is_gone_and_starts_again_with_its_data(tmp_path: Path) -> None:
    with Embedded(tmp_path), client(tmp_path) as wire:
        wire.set("kept", 1)
        pid = server_pid(tmp_path)
    assert gone_within(0.5, pid)
    with Embedded(tmp_path), client(tmp_path) as wire:
        assert wire.get("kept") == b"1"


def test_only_the_user_may_talk_to_the_server(tmp_path: Path) -> None:
    with Embedded(tmp_path), client(tmp_path) as wire:
        assert socket_path(tmp_path).stat().st_mode & 0o077 == 0
        assert int(wire.info("server")["tcp_port"]) == 0


def test_a_directory_with_odd_characters_is_found_by_its_url(tmp_path: Path) -> None:
    with Embedded(tmp_path / "my data #1%20") as url, redis.Redis.from_url(url) as wire:
        assert wire.ping()


def test_a_long_directory_still_has_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    path = socket_path(deep)
    assert len(os.fsencode(path)) <= MAX_SOCKET
    assert path != socket_path(tmp_path / "other" / ("d" * 90))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with Embedded(deep) as url, redis.Redis.from_url(url) as wire:
        assert wire.ping()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("in the way")
    with pytest.raises(UnreachableServer, match=r"ended with code 1(?s:.*)appendonly"):
        Embedded(tmp_path).start()


def test_another_thread_cannot_start_it_since_it_would_end_with_that_thread(tmp_path: Path) -> None:
    faults: list[ConfigurationError] = []

    def start() -> None:
        with pytest.raises(ConfigurationError, match="main thread") as caught:
            Embedded(tmp_path).start()
        faults.append(caught.value)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(5)
    assert len(faults) == 1
