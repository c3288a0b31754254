"""The weekly digest: ten lines that are true of the published file."""

from datetime import date, timedelta

import pytest
from page_company import company, insert
from page_rows import EXPERIMENT

from pipelines.digest.lines import compose
from pipelines.page.published import Published

AS_OF = date(2026, 6, 30)  # of the company's file; demo, so the digest is of that week


def lines(connection, *more) -> list[str]:
    return compose(Published(connection), AS_OF, *more).lines


@pytest.fixture
def made():
    with company() as connection:
        yield connection


def test_ten_lines_begin_with_the_flag_and_end_with_what_needs_a_human(made) -> None:
    found = lines(made)
    assert len(found) == 10
    assert found[0] == "Goodwill, 2026-W27, as of 30 Jun 2026 (demo company)"
    assert found[1].startswith(
        "MEGAPHONE, Q1 2026: credited return rose (+20.0 points), while two-way ratio among public fell (−10.0; −14.0 to −6.0)"
    )
    assert found[2] == "Objectives: 1 met, 0 missed, 1 cannot tell, 1 not measured."
    assert [line.split(",")[0] for line in found[4:9]] == ["Company", "Clients", "Public", "Employees", "Suppliers"]
    assert found[9] == "Needs a human: the megaphone flag among public; failed checks: bluesky 2."


def test_data_without_a_date_are_no_silence_since_1970(made) -> None:
    made.execute("update board.data_trust set date = date '1970-01-01', is_demo = false")
    found = lines(made)
    assert found[0] == "Goodwill, 2026-W27"
    assert "nothing was published" not in found[9]


def test_money_stands_beside_people_with_interval_and_what_is_not_measured_says_why(made) -> None:
    found = lines(made)
    assert found[4] == "Company, Q1 2026: money: no causal estimate; attributed ROI +30 % (credit, not effect)"
    assert found[5].endswith("money: net revenue retention 97.0 % | people: answered within a day 80.0 % (77.0 to 83.0)")
    assert found[7].endswith("money: not measured | people: not measured (fewer than 30 respondents)")
    assert found[8] == "Suppliers, no quarter yet: money: not measured | people: not measured"


def test_words_of_cause_belong_to_experiments(made) -> None:
    assert not any(word in " ".join(lines(made)).lower() for word in ("caused", "drove", "led to", "effect of"))
    made.execute(
        "update roi.channel_summary set iroi = 0.8, iroi_lo = 0.1, iroi_hi = 1.5, evidence_grade = 'A', experiment_starts_on = ?, experiment_ends_on = ? "
        "where channel = 'paid_social'",
        [EXPERIMENT["starts_on"], EXPERIMENT["ends_on"]],
    )
    told = lines(made)[4]
    assert "money: Paid social, tested 1 Feb 2026 to 1 Mar 2026: incremental ROI +80 % (+10 to +150; grade A); attributed ROI" in told


def changed(made, is_changed: bool) -> None:
    row = {"indicator": "two_way_ratio", "period_kind": "month", "period_start": date(2026, 5, 1), "audience": "clients", "platform": "all"}
    more = {"profile_id": "all", "dimension": "all", "is_complete": True, "value": 0.5, "change": 0.1, "change_lo": 0.02, "change_hi": 0.18}
    insert(made, "relationships.indicators", row | more | {"is_changed": is_changed})


def test_a_change_is_told_only_beyond_its_interval_among_all_that_were_tested(made) -> None:
    made.execute("update board.scorecard set change_lo = null where mart <> 'relationships.indicators'")
    changed(made, is_changed=False)
    assert lines(made)[3] == "Nothing changed beyond its interval."
    changed(made, is_changed=True)
    assert lines(made)[3] == "Changed beyond its interval: two-way ratio among clients rose (+10.0; +2.0 to +18.0) in May 2026."


def test_news_is_told_once(made) -> None:
    changed(made, is_changed=True)
    first = compose(Published(made), AS_OF)
    assert lines(made, first.told, "2026-W26")[3] == "Nothing changed beyond its interval since the digest of 2026-W26."
    made.execute("update board.objectives set state = 'missed', due_on = date '2026-06-01' where objective_id = 'a'")
    found = lines(made, first.told, "2026-W26")
    assert found[3].endswith("since the digest of 2026-W26: the objective 'Talk with people' is now missed.")
    assert "missed and due: Talk with people" in found[9]


def test_what_is_stale_and_what_waits_needs_a_human(made) -> None:
    made.execute(
        "update board.data_trust set fresh_until = timestamp '2026-06-20 12:00:00', failed_checks = 0, failed_accounts = 'emea' where source = 'bluesky'"
    )
    made.execute("update board.scorecard set is_megaphone = false")
    made.execute("update relationships.stories set state = 'candidate'")
    assert lines(made)[1] == "Megaphone: no flag."
    made.execute("update board.scorecard set change = null where measure = 'attributed_roi' and quarter = date '2026-01-01'")
    assert lines(made)[1] == "Megaphone: no flag, but none could be told of Q1 2026: whether the credited return rose is not measured."
    assert lines(made)[9] == (
        "Needs a human: accounts that could not be read: bluesky (emea); stale: bluesky since 20 Jun 2026; 1 story waits for a review."
    )
    made.execute("update board.data_trust set is_demo = false")
    late = compose(Published(made), AS_OF + timedelta(days=8))
    assert late.week == "2026-W28" and "nothing was published since 30 Jun 2026: see why runs fail" in late.lines[9]


def test_an_empty_file_says_what_to_do() -> None:
    with company(is_filled=False) as empty:
        assert lines(empty)[1].startswith("Nothing to show yet")
