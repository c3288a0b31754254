"""Curves of engaged clients and of the others, for the page's small company."""

from typing import Any


def exposure_curves() -> list[dict[str, Any]]:
    return [
        {
            "landmark_kind": "tenure",
            "segment": "all",
            "exposure": exposure,
            "compared_with": "all other clients",
            "is_engaged": is_engaged,
            "day": day,
            "n": 60 if is_engaged else 45,
            "at_risk": 40,
            "events": 2,
            "survival": 1 - day / lasting,
            "lo": 0.95 - day / lasting,
            "hi": 1.0 - day / (lasting + 200),
            "method": "Kaplan-Meier from the landmark",
        }
        for exposure in ("answered_24h", "any_touch", "community_active", "two_way_thread")
        for is_engaged, lasting in ((True, 1500), (False, 900))
        for day in (30, 200, 500)
    ]
