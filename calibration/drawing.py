"""Companies of many estimators drawn side by side -> rows; the seeds do not depend on which process draws what."""

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


def calibrate(chosen: list[str], console: Console) -> list[Row]:
    """Rows of the chosen estimators, parts drawn side by side."""
    tasks = [
        (name, world.name, planted, number, size)
        for name in chosen
        for world in estimators()[name].worlds
        for planted in (True, False)
        for number, size in enumerate(chunks(estimators()[name], world, planted))
    ]
    drawn: dict[tuple[str, str, bool, int], Draws] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool,
    ):
        bar = progress.add_task("companies", total=sum(task[4] for task in tasks))
        futures = {pool.submit(_drawn, *task): task for task in tasks}
        waiting = {name: sum(task[0] == name for task in tasks) for name in chosen}
        for future in as_completed(futures):
            name, world, planted, number, size = futures[future]
            drawn[name, world, planted, number] = future.result()
            waiting[name] -= 1
            progress.update(bar, advance=size, description=name)
            if not waiting[name] and not console.is_terminal:
                console.print(f"{name}: drawn", soft_wrap=True)

    def parts(name: str, world: World, planted: bool) -> list[Draws]:
        return [drawn[name, world.name, planted, number] for number in range(len(chunks(estimators()[name], world, planted)))]

    return [
        summarised(estimators()[name], world, parts(name, world, True), parts(name, world, False))
        for name in chosen
        for world in estimators()[name].worlds
    ]
