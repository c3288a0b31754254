"""Words by which a person is named -> whether a text holds one, however it is written there, and the text without them.

Composed or decomposed letters, full-width signs, escapes of JSON, HTML and the addresses of pages, and both forms of an
international domain are one word.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from urllib.parse import quote, unquote

from pipelines.keys import ENDING, normal_email

ESCAPES = re.compile(r"(?:\\+u[0-9a-fA-F]{4})+|\\+[nrt]")
# ann@example.org is not joann@example.org, jo.ann@example.org or ann@example.org.uk; what stands before it may be an escape, behind it the ending of a file.
BEFORE = r"(?:(?<![\w])(?<!\w[.+-])|(?<=%[0-9a-fA-F]{2})|(?<=\\u[0-9a-fA-F]{4})|(?<=\\[nrt]))"
BEHIND = rf"(?!\w|-\w|(?!{ENDING}\b)\.(?-i:[a-z0-9]))"


def plain(text: str) -> str:
    """NFKC, lower case."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def of_address(address: str) -> set[str]:
    """The address as it is given, and with its domain in letters and in punycode. Empty where it is none."""
    try:
        normal = normal_email(address)
    except ValueError:
        return set()
    local, _, domain = normal.rpartition("@")
    found = {plain(address.strip()), normal}
    with suppress(UnicodeError):  # a domain of later rules than Python's: in letters it stands only as it was given
        found.add(plain(f"{local}@{domain.encode('ascii').decode('idna')}"))
    return found


def forms(word: str) -> set[str]:
    """The lower-case forms in which a program stores the word: decomposed, escaped once and twice in the address of a page, in JSON."""
    decomposed = unicodedata.normalize("NFD", word)
    escaped = {quote(each, safe="") for each in (word, decomposed)}
    twice = {quote(each, safe="") for each in escaped}
    return {each.lower() for each in {word, decomposed, json.dumps(word)[1:-1], json.dumps(decomposed)[1:-1], *escaped, *twice}}


def _unescaped(found: re.Match[str]) -> str:
    codes = re.findall(r"u([0-9a-fA-F]{4})", found[0])
    return bytes.fromhex("".join(codes)).decode("utf-16-be", "replace") if codes else " "


def readings(text: str) -> Iterator[str]:
    """The text, and what it says where escapes of JSON, of HTML and (twice) of the addresses of pages are taken for what they mean."""
    yield text
    for sign, read in (("\\", lambda t: ESCAPES.sub(_unescaped, t)), ("&", html.unescape), ("%", unquote), ("%", unquote)):
        if sign in text and (clear := read(text)) != text:
            text = clear
            yield text


class Words:
    """The words of one person, in plain form."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words), key=lambda word: (-len(word), word))

    def taken_out(self, text: str, new: str) -> str:
        """The text with `new` in place of each, of the whole where one is written in a way that cannot be cut out; the same text where none stands."""
        standing = self.standing(text)
        if not standing:
            return text
        for word in standing:
            text = _anyhow(word).sub(lambda _: new, text)
        return new if self.standing(text) else text

    def standing(self, text: str) -> list[str]:
        """Those that stand in the text, an address only as a whole."""
        # nearly every value of a row reads as it stands
        if text.isascii() and "%" not in text and "&" not in text and "\\" not in text:
            low = text.lower()
            return [word for word in self._words if word in low and _stands(word, text)]
        found: dict[str, None] = {}
        for reading in readings(text):
            low = plain(reading)
            found |= {word: None for word in self._words if word in low and _stands(word, unicodedata.normalize("NFKC", reading))}
        return list(found)


def _stands(word: str, text: str) -> bool:
    return "@" not in word or bool(_whole(word).search(text))


@cache
def _whole(address: str) -> re.Pattern[str]:
    return re.compile(BEFORE + re.escape(address) + BEHIND, re.IGNORECASE)


@cache
def _anyhow(word: str) -> re.Pattern[str]:
    before, behind = (BEFORE, BEHIND) if "@" in word else ("", "")
    return re.compile(before + "".join(map(_spelled, word)) + behind, re.IGNORECASE)


def _spelled(letter: str) -> str:
    """A pattern of one letter as it may be written."""
    decomposed = unicodedata.normalize("NFD", letter)
    ways = {re.escape(letter), re.escape(decomposed)}
    if "!" <= letter <= "~":
        ways.add(re.escape(chr(ord(letter) + 0xFEE0)))
    for each in {letter, letter.upper(), decomposed}:
        ways.add("".join(f"%(?:25)*{byte:02x}" for byte in each.encode()))
        units = each.encode("utf-16-be").hex()
        ways.add("".join(rf"\\+u{units[at : at + 4]}" for at in range(0, len(units), 4)))
        ways.add("".join(f"&#(?:0*{ord(sign)}|x0*{ord(sign):x});" for sign in each))
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"
