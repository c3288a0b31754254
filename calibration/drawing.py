"""Companies of many estimators drawn side by side -> rows; the seeds do not depend on which process draws what."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from calibration.estimators import estimators
from calibration.study import Draws, Row, World, chunks, draw, summarised

PROCESSES = 2


def _world(estimator: str, world: str) -> World:
    return next(known for known in estimators()[estimator].worlds if known.name == world)


def _drawn(estimator: str, world: str, planted: bool, number: int, size: int) -> Draws:
    return draw(estimators()[estimator], _world(estimator, world), planted, number, size)


def calibrate(chosen: list[str], console: Console) -> Iterator[list[Row]]:
    """Rows of each chosen estimator, as soon as all its parts are drawn."""
    tasks = [
        (name, world.name, planted, number, size)
        for name in chosen
        for world in estimators()[name].worlds
        for planted in (True, False)
        for number, size in enumerate(chunks(estimators()[name], world, planted))
    ]
    drawn: dict[tuple[str, str, bool, int], Draws] = {}
    waiting = Counter(task[0] for task in tasks)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool,
    ):
        bar = progress.add_task("companies", total=sum(task[4] for task in tasks))
        futures = {pool.submit(_drawn, *task): task for task in tasks}
        for future in as_completed(futures):
            name, world_name, planted, number, size = futures[future]
            drawn[name, world_name, planted, number] = future.result()
            waiting[name] -= 1
            progress.update(bar, advance=size, description=name)
            if not waiting[name]:
                yield [_summarised(name, world, drawn) for world in estimators()[name].worlds]


def _summarised(name: str, world: World, drawn: Mapping[tuple[str, str, bool, int], Draws]) -> Row:
    planted, null = (
        [drawn[name, world.name, kind, number] for number in range(len(chunks(estimators()[name], world, kind)))] for kind in (True, False)
    )
    return summarised(estimators()[name], world, planted, null)
