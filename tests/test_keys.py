"""Keys of people: the published vectors, the same person under every spelling, nobody twice."""

import hmac

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.keys import Keys, derive, normal_email, without_addresses
from pipelines.settings import Secret
from pipelines.warehouse import masked, unless_an_address

KEYS = Keys(Secret("secret"))


def test_hmac_is_that_of_rfc_4231() -> None:
    digest = hmac.digest(b"\x0b" * 20, b"Hi There", "sha256").hex()
    assert digest == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"


def test_derivation_is_hkdf_of_rfc_5869() -> None:
    # Written out from the RFC: extract with the salt, expand by one block.
    extracted = hmac.digest(b"goodwill", b"secret", "sha256")
    assert derive(Secret("secret"), "identity") == hmac.digest(extracted, b"identity\x01", "sha256")
    assert derive(Secret("secret"), "identity") != derive(Secret("secret"), "tombstone")


def test_a_key_is_stable_for_ever() -> None:
    # A change of any rule would make every person of every warehouse a stranger.
    assert KEYS.email("ann@example.com") == "b451739d2575aaf2d624ccd4a6ed4bbed8da1f31f0881fd44657adce7a78ef76"
    assert KEYS.account("mastodon", "109") == "14bbcb8c0aac87e43f46642f9470cba46086aeeb1a04fca8ac91fef097e9bfaa"
    assert KEYS.given("E-17") == "701f3c1ca626b6b3e4b472411d30866e952a98d4686baa122c1939b8fea21f19"
    assert KEYS.check == "98bbf8b7"


@pytest.mark.parametrize("spelling", ["Ann@Example.com", " ann@example.com ", "ａｎｎ@example.com", "ANN@EXAMPLE.COM"])
def test_spellings_of_an_address_are_one_person(spelling: str) -> None:
    assert KEYS.email(spelling) == KEYS.email("ann@example.com")


def test_international_domains_are_punycode() -> None:
    assert normal_email("Ann@Bücher.example") == "ann@xn--bcher-kva.example"
    assert KEYS.email("ann@bücher.example") == KEYS.email("ann@xn--bcher-kva.example")


@pytest.mark.parametrize("text", ["", "ann", "ann@", "@example.com", "an n@example.com", "ann@exa mple.com", "ann@" + "a" * 70 + ".com"])
def test_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="address") as refusal:
        normal_email(text)
    assert not text or text not in str(refusal.value)


def test_purposes_do_not_collide() -> None:
    assert len({KEYS.email("a@b.co"), KEYS.given("a@b.co"), KEYS.account("mastodon", "a@b.co")}) == 3
    assert KEYS.account("x", "1") != KEYS.account("mastodon", "1")
    assert Keys(Secret("other")).email("a@b.co") != KEYS.email("a@b.co")


@given(st.text(min_size=1), st.text(min_size=1))
def test_given_keys_differ_where_values_do(one: str, other: str) -> None:
    if one.encode("utf-8", "surrogatepass") and not any("\ud800" <= c <= "\udfff" for c in one + other):
        assert (KEYS.given(one) == KEYS.given(other)) == (one.strip() == other.strip())


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("write to ann.o'neill+x@mail.example.com!", "write to <address>!"),
        ("jürgen@bücher.example and x@y.zz", "<address> and <address>"),
        ("mailto:a@b.co?subject=x", "mailto:<address>?subject=x"),
        ("at://did:plc:abc/app.bsky.feed.post/1 @ann 5 @ 3", "at://did:plc:abc/app.bsky.feed.post/1 @ann 5 @ 3"),
        ("https://mastodon.social/@ann/1", "https://mastodon.social/@ann/1"),
        ("https://shop.example/?email=ann%2Bx%40mail.example.com&a=1", "https://shop.example/?email=<address>&a=1"),
        (
            "https://x.example/?to=https%3A%2F%2Fshop.example%2F%3Fe%3Dann%2540example.org%26",
            "https://x.example/?to=<address>%26",
        ),
        ("100%40, 5 % 40 and /a%40b/c", "100%40, 5 % 40 and /a%40b/c"),
        ("from ann@mu\u0308ller.de, andre\u0301@example.com", "from <address>, <address>"),  # decomposed, as macOS writes it
        ("ann\uff20example.com, \uff41\uff0eb\uff20example\uff0ecom; ann\ufe6bexample.com", "<address>, <address>; <address>"),
        ("\u0938\u0902\u092a\u0930\u094d\u0915@\u0921\u093e\u091f\u093e\u092e\u0947\u0932.\u092d\u093e\u0930\u0924 says", "<address> says"),
        ("?to=ann%252540example.org&a=ann%40m%C3%BCller%2Ede&b=ann%EF%BC%A0example.com", "?to=<address>&a=<address>&b=<address>"),
        ('"ann"@example.com', '"<address>'),
    ],
)
def test_addresses_in_texts_are_masked(text: str, stored: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {masked('t')} from (select ? as t)", [text]).fetchone() == (stored,)
    assert without_addresses(text) == stored


@given(
    st.lists(
        st.text(alphabet="ab1_. @\uff20%4025CcEeFf<>\"'u\u0308\u0938\u0902\u094d\u200d\u4e2d\u3002\uff0e-\u00e4", max_size=25),
        min_size=1,
        max_size=50,
    )
)
@settings(max_examples=50, deadline=None)
def test_duckdb_and_python_mask_the_same(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select list({masked('t')}) from (select unnest(?) as t)", [texts]).fetchone() == (
            list(map(without_addresses, texts)),
        )


IN_DISGUISE = [
    "ann@example.com ",
    " ann@example.com",
    "mailto:ann@example.com",
    "Ann <ann@example.com>",
    "ann%40example.com",
    "'ann@example.com'",
]


@pytest.mark.parametrize("text", [*IN_DISGUISE, "ANN@EXAMPLE.COM", "ann\uff20example.com", "ann@mu\u0308ller.de", "crm/ann@example.com/1"])
def test_an_id_that_holds_an_address_is_none(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {unless_an_address('t')} from (select ? as t)", [text]).fetchone() == (None,)


@pytest.mark.parametrize("text", ["acme", "acct_1%20", "4025", "@acme", "acme@eu", "100%", ""])
def test_another_id_stays_as_it_is(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {unless_an_address('t')} from (select ? as t)", [text]).fetchone() == (text,)
