"""Figures of the page -> buttons that open what they mean, from the comments of the published file."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.page import words
from pipelines.page.markup import Markup, joined, tag
from pipelines.page.published import Published

SCORE = "board.scorecard.value"


@dataclass
class Entry:
    """One definition: of a measure of a mart, worked out by one method."""

    id: str
    title: str
    meaning: str
    place: str
    mart: str
    grain: str
    method: str


class Glossary:
    """Gives each measure and method one definition, in the order in which the page needs them."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._entries: dict[tuple[str, str], dict[str, Entry]] = {}
        self._count = 0

    def _entry(self, mart: str, measure: str, method: str | None) -> Entry:
        """The definition; where the figure does not say its method, the first one of its measure."""
        known = self._entries.setdefault((mart, measure), {})
        if method is None and known:
            return next(iter(known.values()))
        if method in known:
            return known[method]
        column = measure if self._published.about(mart, measure) is not None else "value"
        place, about = f"{mart}.{column}", self._published.about(mart, column)
        if about is None:  # worked out for the scorecard
            place, about = f"{SCORE}, from {mart}", self._published.about(*SCORE.rsplit(".", 1)) or ""
        meaning = about if column == measure else words.formula(measure) or about
        what, grain = self._published.of_mart(mart)
        self._count += 1
        known[method or ""] = Entry(f"d{self._count}", words.label(measure), meaning, place, what, grain, method or "")
        return known[method or ""]

    def opens(self, shown: object, mart: str, measure: str, method: str | None = None) -> Markup:
        """What is shown, as a button that opens the definition of a measure of a mart."""
        entry = self._entry(mart, measure, method)
        return tag("button", shown, type="button", class_="n", popovertarget=entry.id, aria_haspopup="dialog")

    def number(
        self,
        value: words.Number | None,
        lo: words.Number | None,
        hi: words.Number | None,
        mart: str,
        measure: str,
        method: str | None = None,
        unit: str = "",
    ) -> Markup:
        """A figure with its interval, as such a button; `not measured` where there is none."""
        if value is None:
            return tag("span", "not measured", class_="none")
        of = words.kind(measure)
        limits = words.interval(lo, hi, of)
        shown = tag("b", words.figure(value, of) + (f"\u00a0{unit}" if unit else ""))
        return self.opens(joined((shown, limits and tag("small", limits)), " ") if limits else shown, mart, measure, method)

    def count(self, counted: int, mart: str, column: str = "n", noun: str | None = None) -> Markup:
        """How many there are, as such a button."""
        return self.opens(words.plural(counted, noun) if noun else f"{counted:,}", mart, column)

    def section(self) -> Markup:
        """All definitions; each is hidden until a figure opens it."""
        return tag("div", *(_definition(entry) for entries in self._entries.values() for entry in entries.values()), class_="definitions")


def _terms(pairs: Iterable[tuple[str, str]]) -> Markup:
    return tag("dl", *(joined((tag("dt", term), tag("dd", said))) for term, said in pairs if said))


def _definition(entry: Entry) -> Markup:
    return tag(
        "div",
        tag("h3", entry.title, id=f"{entry.id}t"),
        tag("p", entry.meaning),
        _terms((("Method", entry.method), ("Grain", entry.grain), ("Column", entry.place), ("Its mart", entry.mart))),
        tag("button", "Close", type="button", class_="close", popovertarget=entry.id, popovertargetaction="hide"),
        id=entry.id,
        popover="auto",
        role="dialog",
        aria_labelledby=f"{entry.id}t",
        class_="definition",
    )
