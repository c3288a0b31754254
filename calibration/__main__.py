"""`make calibrate`: every estimator in every world, or those that are named: `python -m calibration response_rate nps`.

Results stand in dbt_project/seeds/calibration.csv, a row each; docs/calibration.md and its plots are made from that file, so that parts
may be drawn at different times. The same seeds give the same files.
"""

import os
import sys

from rich.console import Console

from calibration import plots, report
from calibration.drawing import calibrate
from calibration.estimators import estimators


def main(names: list[str]) -> int:
    console = Console()
    unknown = sorted(set(names) - set(estimators()))
    if unknown:
        console.print(f"no estimator is called {', '.join(unknown)}; there are {', '.join(estimators())}", soft_wrap=True)
        return 2
    # matrices here are small: one thread each, and the two processes do not get into each other's way
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    for drawn in calibrate(names or list(estimators()), console):
        report.store(drawn)
        plots.draw_all(drawn)
        report.PAGE.write_text(report.page(report.stored()), encoding="utf-8")
        console.print(f"{drawn[0].estimator}: {sum(row.replicates for row in drawn):,} companies", soft_wrap=True)
    for line in report.failures(report.stored()):
        console.print(line, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
