"""Cells of a table and the sums between them -> which cells may not be shown, so that no small group follows from those that are.

Cells of fewer than k people are hidden. A cell that others lead to is hidden with them, until three things hold:
- in a family (a parent and the children it is the sum of) two children are hidden or none, one of the hidden ones of at least k people where
  there is one; and a hidden parent has a hidden child;
- of cells that count people, one within another, the larger holds nobody more, or k people more, since the difference counts those;
- whoever takes all shown cells as equations and solves them finds no small cell, and no sum or difference of small cells of one family.

The last is linear algebra: hidden cells are unknowns, each family an equation between them. What cannot be found differs between two solutions, so
solutions of the equations without their known parts are drawn at random: where all of them are 0, the unknown is found.

In models this is the function `hidden_cells` of the warehouse, see `macros/suppression.sql`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Solutions are of the order of 1, and exact but for rounding: what is below this is 0.
NOUGHT = 1e-6
# Equations may say the same twice. So much is added to their products that they can be solved, and taken out by solving again what was left, until
# nothing is; a hundred times is more than any table takes.
RIDGE, SETTLED, TIMES = 1e-7, 1e-10, 100


class Family(NamedTuple):
    parent: int
    children: NDArray[np.int64]  # those with the least loss first


class Table:
    """Cells by number, in the order given, which decides between equals; parents that are no cells of the table can neither be small nor be hidden."""

    def __init__(self, cells: Sequence[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]], k: int) -> None:
        self.k, self.names = k, [cell["cell"] for cell in cells]
        numbers = {name: number for number, name in enumerate(self.names)}
        children: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        for edge in edges:
            parent = numbers.setdefault(edge["parent"], len(numbers))
            children[edge["family"], parent].append((edge["loss"], numbers[edge["child"]]))
        self.families = [
            Family(parent, np.array([child for _, child in sorted(children[family, parent])])) for family, parent in sorted(children)
        ]
        beyond = len(numbers) - len(cells)
        self.people = np.array([k if cell["people"] is None else cell["people"] for cell in cells] + [k] * beyond)
        self.is_small = (self.people > 0) & (self.people < k)
        self.is_of_people = np.array([cell["is_of_people"] for cell in cells] + [False] * beyond, dtype=bool)
        self.hidden = self.is_small | np.array([cell["is_hidden"] for cell in cells] + [False] * beyond, dtype=bool)

    @cached_property
    def families_of(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.people]
        for number, (parent, children) in enumerate(self.families):
            for cell in (parent, *children):
                found[cell].append(number)
        return found

    @cached_property
    def parents_of(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.people]
        for parent, children in self.families:
            for child in children:
                found[child].append(parent)
        return found

    def close(self) -> None:
        """Hide what is told by what is shown, one family at a time, and then by all of them together."""
        self._close_differences()
        self._close_families(range(len(self.families)))
        while more := System(self).to_hide():
            self.hidden[more] = True
            self._close_families(family for cell in more for family in self.families_of[cell])

    def _close_families(self, families: Iterable[int]) -> None:
        waiting = dict.fromkeys(families)
        while waiting:
            family = next(iter(waiting))
            if (cell := self._told_by(self.families[family])) is None:
                del waiting[family]
            else:
                self.hidden[cell] = True
                waiting.update(dict.fromkeys(self.families_of[cell]))

    def _told_by(self, family: Family) -> int | None:
        """The next cell to hide, lest the family tell a small group."""
        is_hidden = self.hidden[family.children]
        shown, gone = family.children[~is_hidden], family.children[is_hidden]
        if self.hidden[family.parent]:
            return None if len(gone) else int(shown[0])
        if not len(gone) or (len(gone) > 1 and self.people[gone].max() >= self.k):
            return None
        if len(shown):
            return int(shown[0])
        return family.parent if len(gone) == 1 and family.parent < len(self.names) else None

    def _close_differences(self) -> None:
        """Hide the inner one of two cells that count people, where the outer one counts a few more."""
        for cell in np.argsort(-self.people, kind="stable"):
            if self.is_of_people[cell] and not self.hidden[cell]:
                more = [self.people[outer] - self.people[cell] for outer in self._around(cell) if not self.hidden[outer]]
                self.hidden[cell] = any(0 < few < self.k for few in more)

    def _around(self, cell: int) -> set[int]:
        found: set[int] = set()
        waiting = list(self.parents_of[cell])
        while waiting:
            outer = waiting.pop()
            if outer not in found:
                found.add(outer)
                waiting.extend(self.parents_of[outer])
        return found


class System:
    """What is hidden as unknowns, and each family in which something is hidden as an equation."""

    def __init__(self, table: Table) -> None:
        from scipy import sparse
        from scipy.sparse.linalg import splu

        self.table = table
        self.families = [family for family in table.families if table.hidden[family.parent] or table.hidden[family.children].any()]
        self.unknowns = np.flatnonzero(table.hidden)
        size = [1 + len(children) for _, children in self.families]
        cells = np.concatenate([np.array([], dtype=np.int64), *(np.array([parent, *children]) for parent, children in self.families)])
        signs = np.concatenate([np.array([]), *(np.array([-1.0] + [1.0] * len(children)) for _, children in self.families)])
        equations = np.repeat(np.arange(len(self.families)), size)
        self.matrix = sparse.csc_matrix((signs, (equations, cells)), shape=(len(self.families), len(table.people)))
        self.of_unknowns = self.matrix[:, self.unknowns]
        self.products = (self.of_unknowns @ self.of_unknowns.T).tocsc()
        if self.families:
            self._solve = splu(self.products + RIDGE * sparse.eye(len(self.families), format="csc")).solve

    def to_hide(self) -> list[int]:
        """Shown cells, one for each part of the table in which a small group is found by solving."""
        if not self.families:
            return []
        from scipy.sparse.csgraph import connected_components

        _, part_of = connected_components(self.products, directed=False)
        chosen: dict[int, int] = {}
        for family, found in self._found():
            part = part_of[family]
            if part not in chosen and (cell := self._to_hide_for(found)) is not None:
                chosen[part] = cell
        return sorted(set(chosen.values()))

    def _found(self) -> Iterator[tuple[int, Numbers]]:
        """(number of a family, weights of unknowns) of sums of its small cells that follow from what is shown."""
        table, place = self.table, {cell: number for number, cell in enumerate(self.unknowns)}
        groups: dict[tuple[int, bool], list[tuple[int, list[int]]]] = defaultdict(list)
        for number, (parent, children) in enumerate(self.families):
            gone = children[table.hidden[children]]
            small = [place[cell] for cell in gone if table.is_small[cell]]
            # a shown parent of small children alone tells their sum, which is a group large enough to be shown
            told = not table.hidden[parent] and len(small) == len(gone) > 1
            if small:
                groups[len(small), told].append((number, small))
        drawn = self._solutions(4 + max((size for size, _ in groups), default=0))
        for (_, told), members in groups.items():
            weights, sizes, _ = np.linalg.svd(drawn[np.array([small for _, small in members])], full_matrices=False)
            for member in np.flatnonzero(sizes[:, -1 - told] < NOUGHT):
                number, small = members[member]
                found = np.zeros(len(self.unknowns))
                found[small] = weights[member, :, -1 - told]
                yield number, found

    def _solutions(self, number: int) -> Numbers:
        """Unknowns x solutions of the equations without their known parts."""
        drawn = np.random.default_rng(0).standard_normal((len(self.unknowns), number))
        return self._less_what_follows(drawn)[0] / np.sqrt(number)

    def _less_what_follows(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Weights of unknowns -> what is left of them when all is taken off that the equations tell, and the weights of equations that were taken off."""
        equations = np.zeros((len(self.families), *weights.shape[1:]))
        for _ in range(TIMES):
            told = self.of_unknowns @ weights
            if np.abs(told).max() < SETTLED:
                return weights, equations
            more = self._solve(told)
            equations, weights = equations + more, weights - self.of_unknowns.T @ more
        raise ArithmeticError("the sums between cells could not be solved: what is hidden cannot be told to suffice")

    def _to_hide_for(self, found: Numbers) -> int | None:
        """Of the shown cells that a sum of unknowns follows from: first one whose own value would not follow in turn, then the one of the fewest people."""
        table = self.table
        weights = self.matrix.T @ self._less_what_follows(found)[1]
        used = np.flatnonzero(np.abs(weights) > NOUGHT)
        used = used[(used < len(table.names)) & ~table.hidden[used]]
        if not len(used):
            return None
        # hidden as well, a cell is unknown where its equations are sums of those of other unknowns; else what is left of them tells it
        apart = self.matrix[:, used].toarray()
        for _ in range(TIMES):
            taken = self.products @ self._solve(apart)
            apart = apart - taken
            if np.abs(taken).max() < NOUGHT / 100:
                break
        follows = np.abs(apart).max(axis=0) > NOUGHT
        return int(used[np.lexsort((used, table.people[used], follows))[0]])


def _tables(cells: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]], k: int) -> Iterator[Table]:
    """One table for all cells that have to do with one another."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    numbers = {cell["cell"]: number for number, cell in enumerate(cells)}
    pairs = [[numbers.setdefault(edge[end], len(numbers)) for edge in edges] for end in ("parent", "child")]
    _, part_of = connected_components(coo_matrix((np.ones(len(edges)), pairs), shape=(len(numbers), len(numbers))), directed=False)
    parts: dict[int, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for cell in cells:
        parts[part_of[numbers[cell["cell"]]]][0].append(cell)
    for edge in edges:
        parts[part_of[numbers[edge["child"]]]][1].append(edge)
    for own_cells, own_edges in parts.values():
        yield Table(own_cells, own_edges, k)


def hidden_cells(cells: Sequence[Mapping[str, Any]] | None, edges: Sequence[Mapping[str, Any]] | None, k: int) -> list[str]:
    """Names of the cells that may not be shown.

    cells: `cell`, a name; `people` in it, None where they are not known and many; `is_hidden` for another reason; `is_of_people`, whether it
    counts each of them once. edges: `child` is one of the cells that `parent` is the sum of in this `family`, and `loss` what readers lose with it.
    """
    found = []
    for table in _tables(cells or (), edges or (), k):
        table.close()
        found += [name for name, is_hidden in zip(table.names, table.hidden, strict=False) if is_hidden]
    return found
