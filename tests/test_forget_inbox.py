"""`goodwill forget` and what lies in the inbox: whatever its kind, its encoding and its name, it holds nobody or is named."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from file_drop import drop, refused

from pipelines.erase import forget
from pipelines.erase.inbox import holding
from pipelines.erase.looking import Closed, texts
from pipelines.erase.persons import named
from pipelines.erase.spellings import Words, forms, of_address
from pipelines.keys import Keys, name_without_addresses
from pipelines.load import load_source, prepare
from pipelines.settings import Settings
from pipelines.sources import files
from pipelines.warehouse import connect

ANN, BOB, IRISH, SHOP = "ann@example.org", "bob@example.org", "o'brien@example.org", "ann+shop@example.org"
LETTERS, PUNYCODE = "ann@müller.de", "ann@xn--mller-kva.de"
DECOMPOSED = "ann@mu\u0308ller.de"
ROW = f"id,who\n1,{ANN}\n"


@pytest.fixture
def prepared(settings: Settings, only_raw: None) -> Settings:
    prepare(settings)
    return settings


def _zip(content: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", content)
    return sink.getvalue()


def _nested(person: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": [[{"who": [f"to {person}"]}]]}), sink)
    return sink.getvalue()


def _holding(settings: Settings, person: str) -> dict[str, str]:
    return holding(settings, named(settings, [person]))


HELD: list[tuple[str, str, str | bytes]] = [
    (ANN, "interactions/a.bz2", bz2.compress(ROW.encode())),
    (ANN, "a.csv.xz", lzma.compress(ROW.encode())),
    (ANN, "a.bin", gzip.compress(gzip.compress(ROW.encode()))),
    (ANN, "a.csv.zst", pa.compress(ROW.encode(), "zstd", asbytes=True)),
    (ANN, "touches/x.txt", ROW.encode("utf-16")),
    (ANN, "x.txt", ROW.encode("utf-16-be")),
    (ANN, "interactions/x.csv", ROW.encode("utf-16-le")),
    (ANN, "x.txt", ROW.encode("utf-32")),
    (ANN, "x.txt", f"Grüße, {ANN}".encode("latin-1")),
    (ANN, "logo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x01\xfe" + ANN.encode() + b"\x00\xff"),
    (ANN, "touches/.DS_Store", b"\x00\x00\x00\x01Bud1\x00" + ANN.encode("utf-16-be")),
    (IRISH, "notes.json", '{"a": ["o\\u0027brien@example.org"]}'),
    (IRISH, "notes.json", json.dumps({"a": json.dumps({"b": "o\\u0027brien@example.org"})})),
    (IRISH, "page.html", "<p>o&#39;brien@example.org</p>"),
    (LETTERS, "interactions/nested.parquet", _nested(LETTERS)),
    (PUNYCODE, "interactions/nested.parquet", _nested("Ann@MÜLLER.de")),
    (LETTERS, "x.txt", PUNYCODE),
    (PUNYCODE, "x.txt", DECOMPOSED),
    (PUNYCODE, "x.txt", "ann@m%C3%BCller.de or ann%2540mu%25CC%2588ller.de"),
    (ANN, "x.txt", "?to=ann%2540example.org"),
    (ANN, "x.txt", "ann\uff20example\uff0eorg"),
    (SHOP, "x.txt", "https://shop.example/?email=ann+shop%40example.org"),
    (SHOP, "x.txt", "https://shop.example/?email=ann%2Bshop%40example.org"),
]


@pytest.mark.parametrize(("person", "name", "content"), HELD)
def test_a_file_that_holds_the_person_is_named(settings: Settings, person: str, name: str, content: str | bytes) -> None:
    drop(settings, name, content)
    assert list(_holding(settings, person)) == [name]
    assert _holding(settings, BOB) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("interactions.zip", _zip(ROW)),
        ("interactions/book.xlsx", _zip("nothing of anybody")),
        ("interactions/a.csv.gz", gzip.compress(ROW.encode())[:-9]),
        ("letter.pdf", b"%PDF-1.7 nothing"),
        ("touches/a.parquet", b"PAR1 and no more"),
        ("what.bin", bytes(range(256))),
    ],
)
def test_what_cannot_be_looked_into_is_named_until_it_is_gone(settings: Settings, name: str, content: bytes) -> None:
    drop(settings, name, content)
    assert list(_holding(settings, BOB)) == [name]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.md", b"Write to joann@example.org, jo.ann@example.org, ann@example.org.uk or to bob@example.org"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x01\xfe\x00\xff"),
        ("interactions/.DS_Store", b"\x00\x00\x00\x01Bud1\x00\x00\x10\x00"),
        ("interactions/notes.txt", "Grüße".encode("latin-1")),
        ("interactions/notes.txt", b""),
        ("interactions/odd.csv", b"platform\x00,text\x01\n"),
        ("interactions/x.csv.bz2", bz2.compress(b"nobody")),
    ],
)
def test_what_can_be_looked_into_and_holds_others_is_in_nobodys_way(settings: Settings, name: str, content: bytes) -> None:
    drop(settings, name, content)
    assert _holding(settings, ANN) == {}


def test_a_proof_is_clean_when_everything_can_be_looked_into(prepared: Settings) -> None:
    drop(prepared, "touches/x.txt", ROW.encode("utf-16"))
    file = drop(prepared, "interactions.zip", _zip(ROW))
    assert set(forget(prepared, [ANN]).left) == {"touches/x.txt", "interactions.zip"}
    file.unlink()
    (prepared.inbox_path / ANN).mkdir()
    drop(prepared, "touches/x.txt", "nobody")
    assert forget(prepared, [ANN]).left == {"<forgotten>": "is named after the person: remove the folder"}
    (prepared.inbox_path / ANN).rmdir()
    assert forget(prepared, [ANN]).is_clean


def test_a_text_file_whose_reading_needs_no_guess_is_rewritten_in_every_spelling(prepared: Settings) -> None:
    spellings = ["mu\u0308ller.de", "M\u00dcLLER.de", "xn--mller-kva.de", "m%C3%BCller.de", "m\\u00fcller.de", "m&#252;ller.de"]
    said = [f"to ann@{spelling}, joann@{spelling} and bob" for spelling in spellings]
    header = "platform,interaction_id,occurred_at,kind,actor_key,parent_id,text"
    rows = "".join(f'x,{number},2026-01-01,reply,k,p{number},"{text}"\n' for number, text in enumerate(said))
    file = drop(prepared, "interactions/i.csv", f"{header}\n{rows}")
    assert forget(prepared, [LETTERS]).rewritten == ["interactions/i.csv"]
    assert file.read_text() == f"{header}\n" + "".join(
        f'x,{number},2026-01-01,reply,k,p{number},"to <forgotten>, joann@{spelling} and bob"\n' for number, spelling in enumerate(spellings)
    )


def test_ids_that_hold_a_person_still_tell_things_apart(prepared: Settings) -> None:
    header = "platform,interaction_id,occurred_at,kind,actor_key,parent_id"
    ids = ["at://did:plc:annannann/post/1", "at://did:plc:annannann/post/2"]
    file = drop(prepared, "interactions/i.csv", f"{header}\nbluesky,1,2026-01-01,reply,k,{ids[0]}\nbluesky,2,2026-01-01,reply,k,{ids[1]}\n")
    assert forget(prepared, ["bluesky:did:plc:annannann"]).is_clean
    nobody = Keys.of(prepared).remnant("did:plc:annannann")
    assert [line.rpartition(",")[2] for line in file.read_text().splitlines()[1:]] == [f"at://{nobody}/post/1", f"at://{nobody}/post/2"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("erasures/ann@example.org.csv", "erasures/<address>.csv"),
        ("erasures/Ann%40example.org.csv.gz", "erasures/<address>.csv.gz"),
        ("erasures/ann@mu\u0308ller.de/1.csv", "erasures/<address>/1.csv"),
        ("ann@example.org.csv", "<address>.csv"),
        ("erasures/jobs@2026.csv", "erasures/jobs@2026.csv"),
    ],
)
def test_the_name_of_a_file_is_told_without_the_address(name: str, told: str) -> None:
    assert name_without_addresses(name) == told


NAMED = "erasures/ann@example.org.csv"
ASKED = f"person_email,requested_at\n{ANN},2026-01-01\n{BOB},2026-01-02\n"


def _held(settings: Settings) -> list[str]:
    """Files of the data folder in which the address stands, and versions of a state."""
    found = [path.name for path in settings.warehouse_path.parent.rglob("*") if path.is_file() and ANN.encode() in path.read_bytes()]
    with connect(settings) as connection:
        return found + [
            state for (state,) in connection.execute("select state from raw_files._dlt_pipeline_state").fetchall() if _reads(state)
        ]


def _reads(state: str) -> bool:
    from dlt.common.versioned_state import decompress_state

    return ANN in str(decompress_state(state))


def test_a_file_that_is_named_after_somebody_is_refused_and_its_name_is_stored_nowhere(prepared: Settings) -> None:
    file = drop(prepared, NAMED, ASKED)
    drop(prepared, "erasures/good.csv", f"person_email,requested_at\n{BOB},2026-01-02\n")
    result = load_source(files.SOURCE, prepared)
    assert result.rows == {"erasures": 1}
    reason = "has an e-mail address in its name, which would be stored: rename the file, or the folder that has it"
    assert result.warnings == [f"erasures/<address>.csv: {reason}"]
    assert refused(prepared) == [("erasures/<address>.csv", "erasures", None, None, reason)]
    assert _held(prepared) == []
    proof = forget(prepared, [ANN])
    assert proof.left == {"erasures/<forgotten>.csv": "is named after the person: rename it"} and "ann" not in "\n".join(proof.lines())
    assert ANN not in file.read_text()
    file.rename(file.with_name("asked.csv"))
    assert forget(prepared, [ANN]).is_clean


def test_a_name_that_got_in_before_leaves_rows_and_every_version_of_the_state(prepared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = drop(prepared, NAMED, ASKED)
    with monkeypatch.context() as patch:
        patch.setattr(files, "name_without_addresses", lambda name: name)
        load_source(files.SOURCE, prepared)
        drop(prepared, "erasures/more.csv", ASKED)
        load_source(files.SOURCE, prepared)
    assert len(_held(prepared)) >= 2
    forget(prepared, [ANN])
    assert _held(prepared) == []
    with connect(prepared) as connection:
        assert connection.execute("select distinct _file from raw_files.erasures order by all").fetchall() == [
            ("erasures/<forgotten>.csv",),
            ("erasures/more.csv",),
        ]
    file.rename(file.with_name("asked.csv"))
    assert load_source(files.SOURCE, prepared).state == "loaded"
    with connect(prepared) as connection:
        assert connection.execute("select distinct _file from raw_files.erasures order by all").fetchall() == [
            ("erasures/asked.csv",),
            ("erasures/more.csv",),
        ], "the state is one that the loader goes on from"


def test_forms_are_readings_of_themselves() -> None:
    for address in (ANN, IRISH, SHOP, LETTERS):
        words = Words(of_address(address))
        assert all(words.standing(f"x={form}&y") for form in forms(address)), address


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_that_can_be_opened_is_closed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    with pytest.raises(Closed):
        list(texts(tmp_path / "x"))
