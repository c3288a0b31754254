"""An iterator -> the same, made in a thread of its own: while one page is written, the next one is on its way."""

import threading
from collections import deque
from collections.abc import Generator, Iterable
from itertools import islice
from typing import TypeVar

WAITING = 2  # pages that may lie ready: what comes faster than it is written waits at its source

Item = TypeVar("Item")


def ahead(items: Iterable[Item], size: int) -> Generator[list[Item], None, None]:
    """Lists of at most `size` items in their order; a fault of the iterator is raised where its items end.

    Asks for nothing that would not have been asked for, only sooner: the iterator itself knows where to end.
    """
    ready = deque[list[Item]]()
    came, room = threading.Semaphore(0), threading.Semaphore(WAITING)
    faults: list[BaseException] = []
    is_over = threading.Event()

    def make() -> None:
        coming = iter(items)
        try:
            while (page := list(islice(coming, size))) and room.acquire() and not is_over.is_set():
                ready.append(page)
                came.release()
        except BaseException as fault:
            faults.append(fault)
        came.release()

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while came.acquire() and ready:
            yield ready.popleft()
            room.release()
    finally:
        is_over.set()
        room.release()
        thread.join()
    if faults:
        raise faults[0]
