"""Publishing: what leaves the warehouse, what never does, and that a file is either the old one or the new one, whole."""

from dataclasses import replace

import duckdb
import pytest
from checks_warehouse import make_warehouse

from pipelines.publish import Mart, PublishError, person_columns, publish, read_marts
from pipelines.settings import Settings

KEY = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
POSTS = Mart(
    schema="core",
    name="posts",
    tier="published",
    description="Posts. Grain: one row per post.",
    columns={"post_id": "Id of the post's own platform.", "likes": "Likes."},
    where=None,
    grain=("post_id",),
)
REVENUE = Mart(
    schema="roi",
    name="revenue",
    tier="published",
    description="Bookings. Grain: one row per booking.",
    columns={"revenue_id": "Booking.", "amount": "Amount.", "customer": "Company account."},
    where="account_id is not null",
    grain=("revenue_id",),
)


@pytest.fixture
def settings(tmp_path):
    made = Settings(warehouse_path=tmp_path / "warehouse.duckdb", published_path=tmp_path / "out" / "goodwill.duckdb", inbox_path=tmp_path)
    with duckdb.connect(str(made.warehouse_path)) as connection:
        connection.execute("create schema core; create schema roi")
        connection.execute("create table core.posts as select 'p' || (9 - i) as post_id, i as likes, 'secret' as text from range(9) t(i)")
        connection.execute(
            "create table roi.revenue as select * from (values ('r2', 10.005::decimal(18,4), 'acme', 'acme'), ('r1', 1, 'beta', 'beta'),"
            f" ('r3', 7, null, '{KEY}')) t(revenue_id, amount, account_id, customer)"
        )
    return made


def read(settings, sql):
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_rows_lie_in_the_order_of_the_grain_and_only_those_that_may_leave(settings):
    result = publish(settings, [POSTS, REVENUE])
    assert result.tables == {"core.posts": 9, "roi.revenue": 2} and result.rows == 11 and result.path == settings.published_path
    assert read(settings, "select revenue_id, amount::text, customer from roi.revenue") == [
        ("r1", "1.0000", "beta"),
        ("r2", "10.0050", "acme"),
    ]
    assert [row[0] for row in read(settings, "select post_id from core.posts")] == [f"p{i}" for i in range(1, 10)]
    columns = read(settings, "select table_name, column_name from duckdb_columns() where not internal order by all")
    assert columns == [("posts", "likes"), ("posts", "post_id"), ("revenue", "amount"), ("revenue", "customer"), ("revenue", "revenue_id")]


def test_types_are_those_of_the_mart_and_every_table_and_column_is_described(settings):
    publish(settings, [POSTS, REVENUE])
    assert read(settings, "select data_type from duckdb_columns() where column_name = 'amount'") == [("DECIMAL(18,4)",)]
    assert read(settings, "select comment from duckdb_tables() order by all") == [(REVENUE.description,), (POSTS.description,)]
    comments = dict(read(settings, "select column_name, comment from duckdb_columns() where not internal"))
    assert comments["post_id"] == "Id of the post's own platform." and all(comments.values())


def test_a_second_publication_has_equal_content_and_leaves_no_file_behind(settings):
    publish(settings, [POSTS, REVENUE])
    before = read(settings, "from core.posts"), read(settings, "from roi.revenue")
    publish(settings, [POSTS, REVENUE])
    assert (read(settings, "from core.posts"), read(settings, "from roi.revenue")) == before
    assert [path.name for path in settings.published_path.parent.iterdir()] == ["goodwill.duckdb"]


@pytest.mark.parametrize(
    ("change", "is_taken_over"),
    [
        (None, True),
        ("update core.posts set likes = likes + 1 where post_id = 'p3'", False),
        ("update core.posts set post_id = case post_id when 'p3' then 'p4' else 'p3' end where post_id in ('p3', 'p4')", False),
        ("insert into core.posts from core.posts where post_id = 'p3'", False),
        ("alter table core.posts alter likes type integer", False),
    ],
)
def test_what_has_not_changed_is_taken_over_as_it_lies_in_the_former_file(settings, change, is_taken_over):
    publish(settings, [POSTS])
    with duckdb.connect(str(settings.published_path)) as former:  # the same rows in another order, by which to know them
        former.execute("create table core.turned as from core.posts order by post_id desc; drop table core.posts")
        former.execute("alter table core.turned rename to posts")
        former.execute(f"comment on table core.posts is '{POSTS.description}'")
    if change:
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            connection.execute(change)
    publish(settings, [POSTS, REVENUE])
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        expected = connection.execute("select post_id, likes from core.posts order by all").fetchall()
    found = read(settings, "from core.posts")
    assert sorted(found) == expected and (found == expected[::-1]) == is_taken_over
    assert read(settings, "select comment from duckdb_columns() where column_name = 'likes'") == [("Likes.",)]


@pytest.mark.parametrize("name", ["mart", "posts", "part", "columns", "former"])
def test_a_change_is_seen_whatever_a_column_beside_it_is_called(settings, name):
    mart = replace(POSTS, columns={"post_id": "Post.", name: "The same in every row.", "likes": "Likes."})
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(f"alter table core.posts add column \"{name}\" text default 'same'")
    publish(settings, [mart])
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("update core.posts set likes = 100 where post_id = 'p3'")
    publish(settings, [mart])
    assert read(settings, "select max(likes) from core.posts") == [(100,)]


def test_a_former_file_that_cannot_be_read_is_replaced(settings):
    settings.published_path.parent.mkdir(parents=True)
    settings.published_path.write_bytes(b"no file of DuckDB" * 1000)
    publish(settings, [POSTS])
    assert read(settings, "select count(*) from core.posts") == [(9,)]


def test_a_mart_that_is_gone_is_gone_from_the_file_too(settings):
    publish(settings, [POSTS, REVENUE])
    publish(settings, [POSTS])
    assert read(settings, "select schema_name, table_name from duckdb_tables()") == [("core", "posts")]


def test_an_open_reader_keeps_the_old_file_and_a_new_one_sees_the_new(settings):
    publish(settings, [POSTS])
    with duckdb.connect(":memory:") as reader:
        reader.execute(f"attach '{settings.published_path}' as held (read_only)")
        reader.execute("select count(*) from held.core.posts")
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            connection.execute("delete from core.posts where post_id <> 'p1'")
        publish(settings, [POSTS])
        assert reader.execute("select count(*), min(post_id) from held.core.posts").fetchone() == (9, "p1")
    assert read(settings, "select post_id from core.posts") == [("p1",)]


@pytest.mark.parametrize(
    ("mart", "word"),
    [
        (replace(POSTS, tier="restricted"), "restricted"),
        (replace(POSTS, columns={"post_id": "", "person_key": ""}), "person_key"),
        (replace(POSTS, columns={"post_id": "", "owner_id": ""}), "owner_id"),
        (replace(POSTS, columns={"post_id": "", "visitor_key": ""}), "visitor_key"),
        (replace(REVENUE, where=None), "customer holds keys of persons"),
        (replace(POSTS, name="nowhere"), "run dbt first"),
        (replace(POSTS, columns={"post_id": "", "shares": ""}), "run dbt first"),
    ],
)
def test_what_must_not_leave_is_refused_and_the_old_file_stays(settings, mart, word):
    publish(settings, [POSTS])
    before = settings.published_path.read_bytes()
    with pytest.raises(PublishError, match=word):
        publish(settings, [mart])
    assert settings.published_path.read_bytes() == before
    assert [path.name for path in settings.published_path.parent.iterdir()] == ["goodwill.duckdb"]


def test_a_log_that_someone_left_beside_the_old_file_does_not_spoil_the_new_one(settings):
    publish(settings, [POSTS])
    wal = settings.published_path.with_name("goodwill.duckdb.wal")
    wal.write_bytes(b"not the log of this file")
    publish(settings, [POSTS])
    assert not wal.exists() and read(settings, "select count(*) from core.posts") == [(9,)]


def yml(tmp_path, meta, name="core_posts"):
    folder = tmp_path / "marts" / "core"
    folder.mkdir(parents=True)
    (folder / "core_posts.yml").write_text(
        f"models: [{{name: {name}, description: 'Posts.\n  Grain: one row per post.', config: {{meta: {meta}}}, "
        "data_tests: [{unique_combination: {arguments: {columns: [post_id]}}}], "
        "columns: [{name: post_id, description: Post.}, {name: author_key, description: Author.}]}]"
    )
    return folder.parent


def test_the_yml_of_a_mart_says_what_may_leave(tmp_path):
    meta = "{tier: published, unpublished_columns: [author_key], published_where: 'not is_reply'}"
    (mart,) = read_marts(yml(tmp_path, meta))
    assert mart == Mart("core", "posts", "published", "Posts. Grain: one row per post.", {"post_id": "Post."}, "not is_reply", ("post_id",))


@pytest.mark.parametrize(
    ("meta", "name", "word"),
    [
        ("{}", "core_posts", "published or restricted"),
        ("{tier: publshed}", "core_posts", "publshed"),
        ("{tier: published, unpublished_columns: [autor_key]}", "core_posts", "autor_key"),
        ("{tier: published}", "core_post", "core_post"),
    ],
)
def test_a_yml_that_does_not_say_so_plainly_is_refused(tmp_path, meta, name, word):
    with pytest.raises(PublishError, match=word):
        read_marts(yml(tmp_path, meta, name))


def test_every_published_mart_of_the_project_is_fit_to_be_published():
    published = [mart for mart in read_marts() if mart.tier == "published"]
    assert published
    for mart in published:
        assert not person_columns(mart.columns), mart.table
        assert mart.grain, f"{mart.table} names no grain"
        assert "Grain: one row per" in mart.description, mart.table
        assert all(mart.columns.values()), f"{mart.table} has columns without a description"
        assert "{{" not in mart.description + "".join(mart.columns.values()), f"{mart.table}: comments are written as the yml has them"


def test_the_marts_of_the_project_are_published_whole_and_no_restricted_one_is(tmp_path):
    settings = Settings(warehouse_path=tmp_path / "warehouse.duckdb", published_path=tmp_path / "goodwill.duckdb", inbox_path=tmp_path)
    with make_warehouse() as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as file; copy from database memory to file; detach file")
    publish(settings)
    marts = read_marts()
    columns = read(settings, "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal")
    promised = {(mart.table, name) for mart in marts if mart.tier == "published" for name in mart.columns}
    assert {(table, name) for table, name, _ in columns} == promised
    assert all(comment for _, _, comment in columns)
    assert all("Grain: one row per" in comment for (comment,) in read(settings, "select comment from duckdb_tables() where not internal"))
    restricted = {mart.table for mart in marts if mart.tier == "restricted"}
    assert {"core.interactions", "core.identity_links", "roi.attribution_credits"} <= restricted
    assert not restricted & {table for table, _, _ in columns}
    assert not [name for _, name, _ in columns if name.endswith("_key")]
