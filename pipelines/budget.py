"""What a paid API may cost in one run: units are spent as its price list counts them, and what they do not reach waits for the next run."""

from pipelines.http import SourceError
from pipelines.raw import Setting


class BudgetSpent(Exception):
    """Nothing more may be asked in this run; not a fault. What was read before it is kept."""


def budget_setting(unit: str, default: str) -> Setting:
    return Setting(
        "budget_per_run",
        f"Most {unit} that one run may use; 0 = no limit. What it does not reach is said, and taken up by the next run.",
        default=default,
    )


class Budget:
    """Units left of one run."""

    def __init__(self, setting: str) -> None:
        try:
            limit = int(setting)
        except ValueError:
            raise SourceError(f"budget_per_run is no whole number: {setting!r}; set it to one, or to 0") from None
        self.left: float = limit if limit > 0 else float("inf")

    def at_most(self, wanted: int, least: int = 1) -> int:
        """How many units the next request may cost, of those wanted; BudgetSpent where fewer than `least` are left."""
        if self.left < least:
            raise BudgetSpent
        return int(min(wanted, self.left))

    def spend(self, units: int) -> None:
        self.left -= units

    def close(self) -> None:
        """The vendor says that its own quota is used up."""
        self.left = 0
