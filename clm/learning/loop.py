"""The training loop of the networks: windows are gathered by index, so a step costs the same for any data.

neuralforecast's own loop lays out all windows of all series anew at every step. The network, its loss,
its optimiser and its schedule are the library's here too; only how batches come about is not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import TrainingFailed
from clm.learning.dropout import quick_dropout
from clm.learning.session import load_torch
from clm.steps.gauge import at_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWER = "lower learning_rate"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to train, and in which numbers."""

    steps: int  # at most
    windows: int  # of a batch
    seed: int  # of dropout and of the order of the windows
    seconds: float = math.inf  # wall clock, at most; what is made then depends on the machine
    check_steps: int = 25  # steps from one check to the next
    patience: int = 4  # checks without a better one before the fit stops; 0: nothing is checked
    rate: float = 1.0  # factor of the network's own learning rate
    device: str = "cpu"  # where it is trained, as torch names it; it ends on the processor
    bfloat16: bool = False  # products in bfloat16; weights and sums stay float32


def run(
    network: Any,
    series: Sequence[NDArray[np.float32]],
    plan: Plan,
    loss: Callable[[], float] | None = None,
) -> int:
    """Train a network of the library in place; the steps behind the weights that it has then.

    Parameters:
        series: standardised values of each symbol, oldest first, each of at least input_size + h.
        loss: on rows that are not trained on. With it, and patience, the network ends with its best weights,
            else with its last ones.

    Raises:
        TrainingFailed: the loss is not a number any more.
    """
    torch = load_torch()
    torch.manual_seed(plan.seed)
    network.to(plan.device)
    if plan.device == "cpu":
        quick_dropout(network, plan.seed)
    step_of, best, made = _stepper(network, plan, torch), _Best(network, loss, plan), 0
    ends = time.monotonic() + plan.seconds
    for made, batch in enumerate(_batches(network, series, plan, torch), 1):
        step_of(batch, made)
        if made % plan.check_steps == 0 and best.stops(made):
            break
        if time.monotonic() >= ends:
            break
    return best.restored(made)


class _Best:
    """The weights that forecast the checked rows best."""

    def __init__(self, network: Any, loss: Callable[[], float] | None, plan: Plan) -> None:
        self._network, self._loss, self._plan = network, loss if plan.patience else None, plan
        self._lowest, self._step = math.inf, 0
        self._weights: dict[str, Any] = {}

    def stops(self, step: int) -> bool:
        """Check the weights after a step; whether patience has ended."""
        if self._loss is None:
            return False
        self._network.eval()
        found = self._loss()
        self._network.train()
        if not math.isfinite(found):
            raise TrainingFailed(f"the loss of the checked rows is {found} at step {step}: {LOWER}")
        if found < self._lowest:
            self._lowest, self._step = found, step
            self._weights = {name: each.clone() for name, each in self._network.state_dict().items()}
        waited = (step - self._step) // self._plan.check_steps
        return self._plan.patience <= waited

    def restored(self, made: int) -> int:
        """Give the network its best weights; the step that they are of."""
        self._network.eval()
        if self._loss is None:
            self._network.to("cpu")
            return made
        if made % self._plan.check_steps or not self._step:
            self.stops(made)
        self._network.load_state_dict(self._weights)
        self._network.to("cpu").eval()
        return self._step


def _stepper(network: Any, plan: Plan, torch: Any) -> Callable[[Any, int], None]:
    """One step of the optimiser on a batch (windows, input_size + h)."""
    optimizer, schedule = _optimizer(network, plan, torch)
    size = int(network.input_size)
    network.train()

    def step(batch: Any, number: int) -> None:
        seen, outcome = batch[:, :size, None], batch[:, size:, None]
        with torch.autocast(torch.device(plan.device).type, torch.bfloat16, enabled=plan.bfloat16):
            output = network(as_batch(seen, torch))
        said = network.loss.domain_map(output.float())
        loss = network.loss(y=outcome, y_hat=said, y_insample=seen, mask=torch.ones_like(outcome))
        found = loss.item()
        if not math.isfinite(found):
            raise TrainingFailed(f"the loss is {found} at step {number}: {LOWER}")
        at_step(number, plan.steps, found)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

    return step


def _optimizer(network: Any, plan: Plan, torch: Any) -> tuple[Any, Any]:
    """The library's own optimiser and schedule; its Adam in one pass over the weights instead of many."""
    given = network.optimizer, network.optimizer_kwargs, network.learning_rate
    if network.optimizer is None:
        network.optimizer, network.optimizer_kwargs = torch.optim.Adam, {"fused": True}
    network.learning_rate *= plan.rate
    parts = network.configure_optimizers()
    network.optimizer, network.optimizer_kwargs, network.learning_rate = given
    return parts["optimizer"], parts["lr_scheduler"]["scheduler"]


def as_batch(seen: Any, torch: Any) -> dict[str, Any]:
    """What a network of the library is asked: windows (n, input_size, 1), all known, and nothing else."""
    nothing = {"futr_exog": None, "hist_exog": None, "stat_exog": None}
    return {"insample_y": seen, "insample_mask": torch.ones_like(seen), **nothing}


def _batches(network: Any, series: Sequence[NDArray[np.float32]], plan: Plan, torch: Any) -> Iterator[Any]:
    """As many batches as the plan has steps; every window comes once before one comes again."""
    length = int(network.input_size) + int(network.h)
    values = torch.from_numpy(np.concatenate(series)).to(plan.device)
    offsets = torch.arange(length, device=plan.device)
    starts = torch.from_numpy(_starts([len(each) for each in series], length))
    order = torch.Generator().manual_seed(plan.seed)
    waiting = starts[:0]
    for _ in range(plan.steps):
        while len(waiting) < plan.windows:
            waiting = torch.cat([waiting, starts[torch.randperm(len(starts), generator=order)]])
        chosen, waiting = waiting[: plan.windows], waiting[plan.windows :]
        yield values[chosen.to(plan.device)[:, None] + offsets]


def _starts(lengths: Sequence[int], window: int) -> NDArray[np.int64]:
    """Where windows begin in series that stand one after the other; none reaches into the next.

    >>> _starts([4, 3], 3).tolist()
    [0, 1, 4]
    """
    begins = np.cumsum([0, *lengths[:-1]])
    each = [np.arange(begin, begin + n - window + 1) for begin, n in zip(begins, lengths, strict=True)]
    starts: NDArray[np.int64] = np.concatenate(each).astype(np.int64)
    return starts


def has_gpu() -> bool:
    """Whether torch can use a GPU here. Raises MissingLibrary without torch."""
    return bool(load_torch().cuda.is_available())


def has_bfloat16(device: str = "cpu") -> bool:
    """Whether a device multiplies bfloat16 itself; elsewhere it would be slower than float32.

    Raises:
        MissingLibrary: torch is not installed.
    """
    torch = load_torch()
    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
