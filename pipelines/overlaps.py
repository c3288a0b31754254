"""Teams that share people, or lie in one another -> which of them may be shown, so that nothing follows of fewer than k people.

In models this is the function `teams_in_turn` of the warehouse, see `macros/network.sql`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Row = Mapping[str, Any]
COMPANY = "all"


class _Side(NamedTuple):
    """Of a place in one part: how many people are in the team that is tried, and how many are not."""

    inside: int
    outside: int
    is_company: bool  # nothing has been told of it but the company


class _Place:
    """People between whom no team that is shown makes a difference: any sum that follows takes all of them alike, in each part of the period."""

    def __init__(self) -> None:
        self.cells: dict[Any, list[Row]] = defaultdict(list)

    def sides(self, team: str) -> list[_Side]:
        """For each part, and what is known of it alone."""
        found = []
        for (_, place), cells in self.cells.items():
            inside = sum(cell["people"] for cell in cells if team in cell["teams"])
            found.append(_Side(inside, sum(cell["people"] for cell in cells) - inside, place == (COMPANY,)))
        return found

    def is_touched(self, team: str) -> bool:
        return any(team in cell["teams"] for cells in self.cells.values() for cell in cells)

    def is_whole(self, team: str) -> bool:
        return all(team in cell["teams"] for cells in self.cells.values() for cell in cells)


def _places(cells: Sequence[Row], kept: Sequence[str]) -> list[_Place]:
    """Of these the shown figures of the period are sums; where a part's own figures are known, it divides them further."""
    found: dict[tuple[str, ...], _Place] = defaultdict(_Place)
    for cell in cells:
        place = tuple(team for team in cell["teams"] if team in kept)
        in_part = tuple(team for team in cell["teams"] if team in kept or team in cell["known"])
        found[place].cells[cell["part"], in_part].append(cell)
    return list(found.values())


def teams_in_turn(cells: Sequence[Row], turns: Sequence[Row], k: int) -> list[dict[str, Any]]:
    """Try teams one by one -> `team`, `is_shown`, and `is_rest` where it is the company but for fewer than k people.

    cells: people by all their teams (`teams`, sorted, the company among them) in a part of the period (`part`), and the teams whose figures of that part
    are shown (`known`). turns: `team`, and `is_sum` where its figure follows from those of the parts anyway. One more team is safe
    - where it divides a place into two sides that may both be told: then whatever follows with its help says something of one of the two;
    - where it is known already: the sum of its parts, or a whole place that remains of a larger team, or of the company, beside the teams shown within it, as
      long as all of these lie one inside the other or apart.
    It is on the safe side: in a company with people in two teams a last one may be hidden that could be shown.
    """
    kept, is_nested, found = [COMPANY], True, []
    for team, is_sum in ((turn["team"], turn["is_sum"]) for turn in turns):
        touched = [place for place in _places(cells, kept) if place.is_touched(team)]
        sides = [side for place in touched for side in place.sides(team)]
        is_shown = (
            is_sum
            or any(side.inside >= k and side.outside >= k for side in sides)
            or (is_nested and len(touched) == 1 and touched[0].is_whole(team))
        )
        is_rest = any(side.is_company and side.inside > 0 and 0 < side.outside < k for side in sides)
        found.append({"team": team, "is_shown": is_shown, "is_rest": is_rest})
        if is_shown:
            kept.append(team)
            is_nested = is_nested and len(touched) == 1
    return found
