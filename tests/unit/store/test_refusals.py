"""What a server's error answer means: try again, or change something first."""

import pytest
from redis import exceptions

from clm.errors import RefusedByServer, UnreachableServer
from clm.store.refusals import PASSING, translated


@pytest.mark.parametrize("code", sorted(PASSING))
def test_what_passes_is_worth_trying_again(code: str) -> None:
    told = translated(exceptions.ResponseError(f"{code} not now"), "redis://host")
    assert isinstance(told, UnreachableServer)
    assert str(told) == (
        f"the server refuses to write for now ({code} not now; redis://host): {PASSING[code]}"
    )


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (exceptions.OutOfMemoryError("used memory > 'maxmemory'"), "maxmemory"),
        (exceptions.ReadOnlyError("can't write against a read only replica"), "primary"),
    ],
)
def test_a_code_that_the_client_has_taken_out_is_known_by_the_kind(error: Exception, remedy: str) -> None:
    with pytest.raises(UnreachableServer, match=remedy):
        raise translated(error, "redis://host")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (exceptions.ResponseError("WRONGTYPE Operation against a key"), "rename the scope"),
        (exceptions.NoPermissionError("this user has no permissions"), "rights"),
        (exceptions.ResponseError("ERR unknown command 'EVALSHA'"), "scripts allowed"),
    ],
)
def test_what_lasts_is_refused_with_its_remedy(error: Exception, remedy: str) -> None:
    with pytest.raises(RefusedByServer, match=remedy):
        raise translated(error, "redis://host")
