"""The page's colours: each can be read on each ground, in light and in dark, and none stands outside the two lists."""

import re
from pathlib import Path

import pytest

from pipelines import page


def _colours(css: str) -> list[dict[str, str]]:
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", css, flags=re.S)]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(mode):
    colours = _colours((Path(page.__file__).parent / "page.css").read_text(encoding="utf-8"))[mode]
    grounds = ("ground", "card", "wash")
    for name in ("ink", "quiet", "people", "money", "effect", "middle", "credit", "claim", "met", "missed", "cannot-tell"):
        for ground in grounds:
            assert _contrast(colours[name], colours[ground]) >= 4.5, f"{name} on {ground}"
    assert _contrast(colours["flag-ink"], colours["flag-ground"]) >= 7
    assert all(_contrast(colours["strong-rule"], colours[ground]) >= 3 for ground in grounds)


def test_every_colour_is_in_the_list():
    css = (Path(page.__file__).parent / "page.css").read_text(encoding="utf-8")
    outside = re.sub(r":root \{.*?\}", "", css, flags=re.S)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", outside)
    light, dark = _colours(css)
    assert light.keys() == dark.keys() == set(re.findall(r"var\(--([\w-]+)\)", css))
