"""How many people or threads an indicator needs before it says anything: n_min of METRICS, section 4, and not one more or fewer."""

import numpy as np
import pytest

from calibration.product import Product

WANTED = {
    "two_way_ratio": 30,
    "broadcast_share": 30,
    "response_rate_24h": 30,
    "response_time_median_km": 30,
    "reciprocity_dyad": 30,
    "thread_depth_mean": 30,
    "repeat_engagement": 50,
    "return_rate_28d": 50,
    "peer_share": 50,
    "peer_help_rate": 30,
    "advocacy_rate": 50,
    "sentiment_net": 100,
    "sentiment_net_corrected": 100,
    "csat": 30,
    "ces": 30,
    "gini_participation": 10,
    "sup_response_parity": 30,
    "first_touch_human": 30,
}


@pytest.fixture(scope="module")
def reasons() -> dict[tuple[str, int], str | None]:
    """(indicator, clusters) -> why it says nothing; of all of them between 8 and 101 clusters of 200 people."""
    product = Product()
    rows = [(indicator, clusters) for indicator in WANTED for clusters in range(8, 102)]
    product.give(
        "int_indicator_estimates",
        {
            "indicator": [indicator for indicator, _ in rows],
            "clusters": [clusters for _, clusters in rows],
            "platform": [str(clusters) for _, clusters in rows],
            "period_kind": ["month"] * len(rows),
            "audience": ["clients"] * len(rows),
            "profile_id": ["all"] * len(rows),
            "dimension": ["all"] * len(rows),
            "dimension_value": ["all"] * len(rows),
            "people": np.full(len(rows), 200),
            "numerator": np.full(len(rows), 100),
            "value": np.full(len(rows), 0.5),
        },
    )
    product.rows("int_indicators_shown")
    found = product.connection.execute("select indicator, platform, suppressed_reason from int_indicators_shown").fetchall()
    return {(indicator, int(clusters)): reason for indicator, clusters, reason in found}


@pytest.mark.parametrize(("indicator", "wanted"), WANTED.items())
def test_an_indicator_needs_what_was_promised(reasons: dict[tuple[str, int], str | None], indicator: str, wanted: int) -> None:
    given = [clusters for clusters in range(8, 102) if reasons[indicator, clusters] is None]
    assert given == list(range(wanted, 102))
    assert reasons[indicator, wanted - 1] == f"fewer than {wanted} independent clusters"
