"""Where reference material lies that is not part of the project; a test that needs it skips where it is absent."""

import os
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / "shared"
CONTRACTS = Path(os.environ.get("GOODWILL_CONTRACTS", BESIDE / "contracts"))
DATA = Path(os.environ.get("GOODWILL_SHARED_DATA", BESIDE / "data"))
