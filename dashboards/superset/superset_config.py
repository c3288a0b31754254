"""Superset's settings: this machine alone, the published file and nothing else, without a write."""

import os
from pathlib import Path

HOME = Path(os.environ["GOODWILL_SUPERSET_HOME"])
PUBLISHED = Path(os.environ["GOODWILL_PUBLISHED_PATH"])

SECRET_KEY = (HOME / "secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
APP_NAME = "Goodwill"
TALISMAN_ENABLED = True


def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    """Whatever a connection says, it reads the published file: opened anew for every query, so that a new publication is seen."""
    if uri.drivername == "duckdb":
        uri = uri.set(database=str(PUBLISHED))
        # No other file of this machine may be read by way of SQL Lab
        settings = {"enable_external_access": "false", "lock_configuration": "true"}
        params = {**params, "connect_args": {"read_only": True, "config": settings}}
    return uri, params
