"""The published file -> Apache Superset on http://127.0.0.1:8088 with both dashboards, set up by its own command line.

Everything it keeps lies in one folder (data/superset): secret key and password, made here, and its metadata in SQLite.
"""

import argparse
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml
from dotenv import dotenv_values

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
USER = "admin"


def published_path() -> Path:
    """The company's own file; before there is one, the demo company's."""
    said = os.environ.get("PUBLISHED_PATH") or dotenv_values(PROJECT / ".env").get("PUBLISHED_PATH")
    places = [PROJECT / said] if said else [PROJECT / "data" / "goodwill.duckdb", PROJECT / "data" / "demo" / "goodwill.duckdb"]
    for place in places:
        if place.exists():
            return place
    sys.exit(f"there is nothing to show: {places[0]} does not exist yet; `goodwill run` makes it, or `make run` that of the demo company")


def secret(path: Path) -> str:
    """Made once, and readable for its owner only."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8")


def describe(assets: Path, published: Path) -> None:
    """Columns of the data sets get the descriptions that the file carries, so that they are written in one place."""
    with duckdb.connect(str(published), read_only=True) as connection:
        for path in sorted((assets / "datasets").glob("*.yaml")):
            dataset = yaml.safe_load(path.read_text(encoding="utf-8"))
            mart = dataset["extra"]["mart"]
            comments = dict(
                connection.execute(
                    "select column_name, comment from duckdb_columns() where schema_name || '.' || table_name = ?", [mart]
                ).fetchall()
            )
            for column in dataset["columns"]:
                column["description"] = comments.get(column["column_name"])
            path.write_text(yaml.safe_dump(dataset, sort_keys=False, allow_unicode=True), encoding="utf-8")


def is_stamped(stamp: Path, sum_: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == sum_


def prepare(home: Path, published: Path, superset: list[str], environment: dict[str, str]) -> None:
    """Steps that are done already, with these packages and these dashboards, are not done again."""

    def run(*arguments: str, **more: str) -> None:
        done = subprocess.run([*superset, *arguments], env=environment | more, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode or "rror occurred" in done.stdout + done.stderr:
            sys.exit(f"superset {arguments[0]} failed:\n{(done.stdout + done.stderr)[-4000:]}")

    lock, sources = HERE / "requirements.lock", sorted((HERE / "assets").rglob("*.yaml"))
    installed, imported = (
        hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest() for paths in ([lock], [lock, *sources])
    )
    if not is_stamped(home / "installed", installed):
        print("setting up Superset (a minute, once)", flush=True)
        run("db", "upgrade")
        # By the environment, since a command line can be read by every process of the machine
        password = secret(home / "admin_password")
        run("fab", "create-admin", "--username", USER, "--firstname", "Goodwill", "--lastname", "admin", "--email", "admin@localhost",
            FLASK_FAB_CREATE_ADMIN_PASSWORD=password)  # fmt: skip
        run("init")
        (home / "installed").write_text(installed, encoding="utf-8")
    if not is_stamped(home / "imported", imported):
        print("importing the dashboards", flush=True)
        assets = home / "assets"
        shutil.rmtree(assets, ignore_errors=True)
        for path in sources:
            target = assets / path.relative_to(HERE / "assets")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        describe(assets, published)
        run("import-directory", "--overwrite", str(assets))
        (home / "imported").write_text(imported, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=PROJECT / "data" / "superset")
    parser.add_argument("--published", type=Path)
    parser.add_argument("--port", type=int, default=8088)
    given = parser.parse_args()
    published, home = (given.published or published_path()).resolve(), given.home.resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret(home / "secret_key")
    superset = [str(Path(sys.executable).parent / "superset")]
    environment = os.environ | {
        "GOODWILL_SUPERSET_HOME": str(home),
        "GOODWILL_PUBLISHED_PATH": str(published),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(home),
        "FLASK_APP": "superset",
    }
    prepare(home, published, superset, environment)
    print(f"http://127.0.0.1:{given.port}  user {USER}, password in {home / 'admin_password'}; it reads {published}", flush=True)
    os.execve(superset[0], [*superset, "run", "--host", "127.0.0.1", "--port", str(given.port), "--with-threads"], environment)


if __name__ == "__main__":
    main()
