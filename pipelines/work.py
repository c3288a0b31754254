"""One run of the house: what it is asked to do, the steps it takes, and what came of each."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipelines.settings import Settings

if TYPE_CHECKING:  # their imports take seconds that a listener need not spend
    from pipelines.check import CheckResult
    from pipelines.load import Loading, LoadResult
    from pipelines.publish import PublishResult


@dataclass
class Step:
    """One named step. `detail` is a sentence for a person; a secret or a person's data never stands in it."""

    name: str
    state: Literal["started", "running", "waiting", "finished", "failed"] = "started"
    detail: str = ""
    seconds: float = 0.0


Listener = Callable[[Step], None]


@dataclass
class Work:
    """Handed to every asset as the resource `work`; each writes down what it did."""

    settings: Settings
    full_refresh: bool = False
    on_step: Listener = lambda step: None
    steps: list[Step] = field(default_factory=list)
    extracting: "dict[str, Loading] | None" = None  # by source: those that are asked already; None: nobody is yet
    loads: "list[LoadResult]" = field(default_factory=list)
    checks: "list[CheckResult]" = field(default_factory=list)
    published: "PublishResult | None" = None
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Tell the listener that a step begins and how it ended; what is raised inside goes on."""
        step = Step(name)
        self.steps.append(step)
        self.on_step(step)
        began = time.monotonic()
        try:
            yield step
        except BaseException:
            step.state = "failed"
            raise
        else:
            if step.state != "failed":
                step.state = "finished"
        finally:
            step.seconds = time.monotonic() - began
            self.on_step(step)

    def progress(self, step: Step, detail: str) -> None:
        """What the step does right now."""
        step.state, step.detail = "running", detail
        self.on_step(step)

    def wait(self, step: Step, why: str) -> None:
        """The step cannot go on yet, for somebody else's sake: unlike progress, a person is told even where nothing moves."""
        step.state, step.detail = "waiting", why
        self.on_step(step)
