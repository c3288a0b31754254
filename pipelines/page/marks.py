"""Figures with their limits -> SVG that fits any width: places along the line are per cent, text keeps its size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.page import words
from pipelines.page.markup import Markup, joined, tag

Scale = tuple[float, float]
TOP, DEEP, FOOT = 16, 116, 20  # of a chart: room above, the plot, room for the names of the line below; in px
LEFT, WIDE = 11.0, 83.0  # where along a chart its first and last point lie, in per cent
# The shape says what the colour says: solid for an effect, hollow for credit and for what is only claimed.
SHAPES = {
    "A": ("M-7 0L0-7L7 0L0 7Z", True),
    "B": ("M-5.5-5.5H5.5V5.5H-5.5Z", True),
    "B-": ("M-5.5-5.5H5.5V5.5H-5.5Z", False),
    "C": ("M0-6.5L6.5 5.5H-6.5Z", False),
    "D": ("M-6 0A6 6 0 1 0 6 0A6 6 0 1 0-6 0Z", False),
    "E": ("M-5-5L5 5M-5 5L5-5", False),
    "naive": ("M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z", False),
    "people": ("M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z", True),
    "money": ("M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z", True),
}
CLASSES = {
    "A": "grade-a",
    "B": "grade-b",
    "B-": "grade-b",
    "C": "grade-c",
    "D": "grade-d",
    "E": "grade-e",
    "naive": "grade-c",
    "people": "people",
    "money": "money",
}


@dataclass(frozen=True)
class Point:
    """A figure at a place along the line; `lo` and `hi` are None where it is exact, `value` where nobody can say it."""

    x: float
    value: float | None
    lo: float | None = None
    hi: float | None = None


def known(value: object) -> float | None:
    """A figure of any numeric type as a float."""
    return None if value is None else float(value)  # type: ignore[arg-type]


def scale_of(*figures: object, holds: Sequence[float] = (0.0,)) -> Scale:
    """From the least to the greatest of the figures and of what it must hold."""
    numbers = [*holds, *(float(figure) for figure in figures if figure is not None)]  # type: ignore[arg-type]
    least, greatest = min(numbers), max(numbers)
    return (least, greatest) if greatest > least else (least - 0.5, greatest + 0.5)


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _along(x: float, scale: Scale, left: float = 2.0, wide: float = 96.0) -> float:
    share = (x - scale[0]) / (scale[1] - scale[0])
    return left + wide * min(1.0, max(0.0, share))


def picture(title: object, description: object, *drawn: object, height: int, class_: str = "chart") -> Markup:
    """An SVG with its text alternative."""
    return tag("svg", tag("title", title), tag("desc", description), *drawn, class_=class_, role="img", width="100%", height=height)


def shape(grade: str, x: str = "50%", y: str = "50%") -> Markup:
    """The sign of a grade, its middle at x, y."""
    path, is_solid = SHAPES[grade]
    return tag("svg", tag("path", d=path, class_=f"{CLASSES[grade]} {'solid' if is_solid else 'hollow'}"), x=x, y=y, overflow="visible")


def sign(grade: str) -> Markup:
    """The sign of a grade beside its letter, within a line of text."""
    if grade not in SHAPES:
        return tag("span", grade, class_="grade")
    drawn = tag("svg", shape(grade), width="16", height="16", aria_hidden="true", class_="sign")
    return tag("span", drawn, grade, class_=f"grade {CLASSES[grade]}", title=f"evidence grade {grade}")


def strip(
    point: Point, scale: Scale, grade: str, title: str, said: str, marks: Sequence[tuple[float, str]] = ((0.0, "zero"),), height: int = 30
) -> Markup:
    """One figure on a scale: its interval as a line with ends, the figure as the sign of its grade; `marks` are lines across, by class."""
    middle = height / 2
    drawn = [tag("line", x1="0", x2="100%", y1=middle, y2=middle, class_="track")]
    drawn += [
        tag("line", x1=_percent(_along(at, scale)), x2=_percent(_along(at, scale)), y1="2", y2=height - 2, class_=class_)
        for at, class_ in marks
        if scale[0] <= at <= scale[1]
    ]
    if point.lo is not None and point.hi is not None:
        ends = _percent(_along(point.lo, scale)), _percent(_along(point.hi, scale))
        drawn.append(tag("line", x1=ends[0], x2=ends[1], y1=middle, y2=middle, class_=f"whisker {CLASSES[grade]}"))
        drawn += [tag("line", x1=end, x2=end, y1=middle - 5, y2=middle + 5, class_=f"whisker {CLASSES[grade]}") for end in ends]
    if point.value is not None:
        drawn.append(shape(grade, _percent(_along(point.value, scale)), str(middle)))
    return picture(title, said, *drawn, height=height, class_="strip")


def axis(scale: Scale, ticks: Sequence[tuple[float, str]]) -> Markup:
    """Names of places on the scale of the strips below it."""
    placed = [(_along(at, scale), name) for at, name in ticks if scale[0] <= at <= scale[1]]
    names = [
        tag("text", name, x=_percent(at), y="12", text_anchor="start" if at < 4 else "end" if at > 94 else "middle", class_="tick")
        for at, name in placed
    ]
    return tag("svg", *names, class_="strip axis", width="100%", height="16", aria_hidden="true")


def _steps(points: Sequence[Point]) -> list[Point]:
    """A step function's corners: each value holds until the next."""
    corners = list(points[:1])
    for before, after in pairwise(points):
        corners += [Point(after.x, before.value, before.lo, before.hi), after]
    return corners


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Stretches without a gap: where nobody can say the figure the line is interrupted."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.value is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _lines(runs: Sequence[Sequence[Point]], xs: Scale, ys: Scale, tone: str, place: tuple[float, float]) -> Markup:
    """Bands and lines, drawn on 1000 x 1000 and stretched: the lines keep their width."""

    def at(x: float, y: float) -> str:
        return f"{_along(x, xs, *place) * 10:.1f},{1000 - _along(y, ys, 0, 1000):.1f}"

    drawn = []
    for run in runs:
        banded = [
            point for point in run if point.value is not None and ((point.lo is not None and point.hi is not None) or point.value in (0, 1))
        ]
        if len(banded) > 1:
            upper = [at(point.x, point.value if point.hi is None else point.hi) for point in banded]  # type: ignore[arg-type]
            lower = [at(point.x, point.value if point.lo is None else point.lo) for point in reversed(banded)]  # type: ignore[arg-type]
            drawn.append(tag("polygon", points=" ".join(upper + lower), class_=f"band {tone}"))
        if len(run) > 1:
            drawn.append(
                tag(
                    "polyline",
                    points=" ".join(at(point.x, point.value or 0.0) for point in run),
                    class_=f"line {tone}",
                    vector_effect="non-scaling-stroke",
                )
            )
    return joined(drawn)


def chart(
    points: Sequence[Point],
    title: str,
    said: str,
    ticks: Sequence[tuple[float, str]],
    scale: Scale = (0.0, 1.0),
    tone: str = "people",
    kind: words.Kind = "share",
    is_step: bool = False,
    marks: Sequence[float] = (),
    beside: Sequence[Point] = (),
    names: tuple[str, str] = ("", ""),
) -> Markup:
    """Figures along a line with their band; gaps stay gaps. `beside` are the figures of others, dashed; `names` stand at the ends of both."""
    xs = scale_of(*(point.x for point in (*points, *beside)), *(at for at, _ in ticks), holds=())
    down: Callable[[float], float] = lambda y: TOP + DEEP - _along(y, scale, 0, DEEP)  # noqa: E731
    levels = sorted({scale[0], (scale[0] + scale[1]) / 2, scale[1], *marks})
    drawn = []
    for level in levels:
        drawn.append(
            tag("line", x1="0", x2="100%", y1=f"{down(level):.1f}", y2=f"{down(level):.1f}", class_="zero" if level in marks else "grid")
        )
        drawn.append(tag("text", words.figure(level, kind).replace(".0", ""), x="0", y=f"{down(level) - 3:.1f}", class_="tick"))
    runs, others = _runs(points), _runs(beside)
    stretched = [
        _lines([_steps(run) for run in each] if is_step else each, xs, scale, shade, (LEFT, WIDE))
        for each, shade in ((others, "others"), (runs, tone))
        if each
    ]
    drawn.append(
        tag(
            "svg",
            *stretched,
            x="0",
            y=TOP,
            width="100%",
            height=DEEP,
            viewBox="0 0 1000 1000",
            preserveAspectRatio="none",
            overflow="visible",
        )
    )
    for run in runs:
        for point in run if not is_step or len(run) == 1 else ():
            x = _percent(_along(point.x, xs, LEFT, WIDE))
            # one without a neighbour has no band
            if len(run) == 1 and point.lo is not None and point.hi is not None:
                drawn.append(tag("line", x1=x, x2=x, y1=f"{down(point.lo):.1f}", y2=f"{down(point.hi):.1f}", class_=f"lone {tone}"))
            drawn.append(tag("circle", cx=x, cy=f"{down(point.value or 0.0):.1f}", r="3", class_=f"{tone} solid"))
    if runs and others:
        drawn += _named(runs[-1], others[-1], names, tone, xs, down)
    for at, name in ticks:
        x_percent = _along(at, xs, LEFT, WIDE)
        anchor = "end" if x_percent > 88 else "start" if x_percent < 12 else "middle"
        drawn.append(tag("text", name, x=_percent(x_percent), y=TOP + DEEP + FOOT - 5, text_anchor=anchor, class_="tick"))
    return picture(title, said, *drawn, height=TOP + DEEP + FOOT)


def _named(
    one: Sequence[Point], other: Sequence[Point], names: tuple[str, str], tone: str, xs: Scale, down: Callable[[float], float]
) -> list[Markup]:
    """The names of two lines where they end: over the upper one, under the lower one, clear of their last step."""
    is_upper = (one[-1].value or 0.0) >= (other[-1].value or 0.0)
    drawn = []
    for points, name, shade, above in ((one, names[0], tone, is_upper), (other, names[1], "others", not is_upper)):
        ends = [point.value or 0.0 for point in points[-2:]]
        y = down(max(ends)) - 5 if above else down(min(ends)) + 13
        x = _percent(_along(points[-1].x, xs, LEFT, WIDE))
        drawn.append(tag("text", name, x=x, y=f"{y:.1f}", text_anchor="end", class_=f"named {shade}"))
    return drawn


def spark(points: Sequence[Point], title: str, said: str, tone: str) -> Markup:
    """The way a figure came, small, with its band; the last one marked. Its own scale: it says whether, not how much."""
    runs = _runs(points)
    figures = [figure for run in runs for point in run for figure in (point.value, point.lo, point.hi)]
    ys = scale_of(*figures, holds=())
    xs = scale_of(*(point.x for point in points), holds=())
    stretched = _lines(runs, xs, ys, tone, (4.0, 90.0))
    last = runs[-1][-1]
    dot = tag(
        "circle",
        cx=_percent(_along(last.x, xs, 4.0, 90.0)),
        cy=f"{3 + 24 - _along(last.value or 0.0, ys, 0, 24):.1f}",
        r="3",
        class_=f"{tone} solid",
    )
    inner = tag(
        "svg", stretched, x="0", y="3", width="100%", height="24", viewBox="0 0 1000 1000", preserveAspectRatio="none", overflow="visible"
    )
    return picture(title, said, inner, dot, height=30, class_="spark")
