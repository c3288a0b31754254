"""A file of any kind -> the texts in it; Closed where it is packed or of a kind that nobody here can read.

Kinds are told by what stands at the beginning of the file, as names lie.
"""

import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PACKED: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
    b"\x28\xb5\x2f\xfd": lambda content: pa.input_stream(pa.BufferReader(content), compression="zstd").read(),
}
MARKED = {  # the longer marks first: that of UTF-16 begins the one of UTF-32
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
# What they say of anybody stands in them as it is: pictures, and what macOS leaves in a folder.
OPEN = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"\x00\x00\x01\x00", b"\x00\x00\x00\x01Bud1")
NO_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r\x1b")) + b"\x7f"


class Closed(Exception):
    """The file cannot be looked into."""


def texts(path: Path) -> Iterator[str]:
    """The texts of the file, in every encoding that it may have. Closed where it cannot be read, also after some of them."""
    try:
        content = path.read_bytes()
        while unpack := next((unpack for mark, unpack in PACKED.items() if content.startswith(mark)), None):
            content = unpack(content)
        if content.startswith(b"PAR1"):
            yield from _parquet(content)
        else:
            yield from _texts(content)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as fault:
        raise Closed from fault


def _parquet(content: bytes) -> Iterator[str]:
    file = pq.ParquetFile(pa.BufferReader(content))
    yield f"{file.schema_arrow} {file.schema_arrow.metadata} {file.metadata.metadata}"
    for batch in file.iter_batches():
        for column in batch.columns:
            if not pa.types.is_temporal(column.type):
                yield json.dumps(column.to_pylist(), default=_text, ensure_ascii=False)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _texts(content: bytes) -> Iterator[str]:
    marked = next((encoding for mark, encoding in MARKED.items() if content.startswith(mark)), None)
    if marked:
        yield content.decode(marked, "replace")
    elif content.startswith(OPEN):
        for begin, encoding in ((0, "utf-8"), (0, "utf-16-le"), (1, "utf-16-le"), (0, "utf-16-be"), (1, "utf-16-be")):
            yield content[begin:].decode(encoding, "replace")
    elif content.startswith(b"%PDF"):
        raise Closed  # some are text, of which the words are packed
    elif wide := _wide(content):
        yield wide
    else:
        try:
            yield content.decode().replace("\x00", "")
        except UnicodeDecodeError:
            if content.translate(None, NO_TEXT) != content:
                raise Closed from None
            yield content.decode("latin-1")


def _wide(content: bytes) -> str | None:
    """UTF-16 without its mark, in which every other byte of most scripts is a control character."""
    if b"\x00" not in content or len(content) % 2:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if (
            not any(ord(letter) < 32 and letter not in "\t\n\f\r" for letter in text)
            and sum(letter < "\u3000" for letter in text) > len(text) / 2
        ):
            return text
    return None
