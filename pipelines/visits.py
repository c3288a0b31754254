"""Events of web analytics -> touches: one row a visit, by what brought it, for whom the export itself identifies.

GA4's BigQuery export, Segment's calls, Snowplow's events and Matomo's visits are known by their columns, as JSON lines or
Parquet (Matomo's answer also as one JSON array); what Matomo's own API answers is read in the same way. Who was identified
anywhere in a file is that person in all their visits there: an e-mail address, else the user id that the company gave;
everybody else is the tool's own id, under its name.
"""

from dataclasses import dataclass

import duckdb

from pipelines.keys import REMOVED
from pipelines.warehouse import literal, quoted

COLUMNS = ("touch_id", "person_email", "person_key", "occurred_at", "kind", "utm_source", "utm_medium", "utm_campaign", "referrer")
PAUSE = "interval 30 minutes"  # without a word, after which a new visit begins
CLICK_IDS = r"[?&](gclid|gbraid|wbraid|msclkid|dclid|fbclid|igshid|li_fat_id|ttclid|twclid|rdt_cid|epik|sccid)="
HOST = r"^https?://(?:www\.)?([^/:?#]+)"  # a visit that comes from the own site came from nowhere else
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

# Each reads `given`, whose columns are texts (nested ones JSON), and yields one row per event: tool, visitor, account (the
# company's own id of a person), email, whether somebody was there, visit (NULL: by pauses), event_id, happened_at (UTC), source,
# medium, campaign, landing, referrer, and the line's _record.
GA4 = """
with flat as (
    select *, case when json_type(event_params) = 'OBJECT' then to_json(json_extract(event_params, '$.list[*].element')) else event_params end as list
    from given
),
events as (
    select
        * exclude (list),
        from_json(list, '[{"key": "VARCHAR", "value": {"string_value": "VARCHAR", "int_value": "VARCHAR"}}]') as params
    from flat
),
named as (
    select
        *,
        map_from_entries(list_transform(list_distinct(list_transform(params, lambda p: p.key)), lambda k: (
            k, list_filter(params, lambda p: p.key = k)[1].value))) as param
    from events
)
select
    _record,
    'ga4' as tool,
    user_pseudo_id as visitor,
    {user_id} as account,
    param['email'].string_value as email,
    true as is_visit,
    user_pseudo_id || '.' || param['ga_session_id'].int_value as visit,
    user_pseudo_id || '.' || event_timestamp as event_id,
    make_timestamp(try_cast(event_timestamp as bigint)) as happened_at,
    coalesce({last_click} ->> '$.manual_campaign.source', {collected} ->> '$.manual_source', param['source'].string_value) as source,
    coalesce({last_click} ->> '$.manual_campaign.medium', {collected} ->> '$.manual_medium', param['medium'].string_value) as medium,
    coalesce(
        {last_click} ->> '$.manual_campaign.campaign_name', {collected} ->> '$.manual_campaign_name', param['campaign'].string_value
    ) as campaign,
    param['page_location'].string_value as landing,
    param['page_referrer'].string_value as referrer
from named
"""
SEGMENT = """
select
    _record,
    'segment' as tool,
    "anonymousId" as visitor,
    {userId} as account,
    coalesce({traits} ->> '$.email', {context} ->> '$.traits.email') as email,
    type in ('page', 'screen') or (type = 'track' and ({context} ->> '$.page.url') is not null) as is_visit,
    null as visit,
    "messageId" as event_id,
    timezone('UTC', try_cast(coalesce({timestamp}, {originalTimestamp}, {receivedAt}) as timestamptz)) as happened_at,
    {context} ->> '$.campaign.source' as source,
    {context} ->> '$.campaign.medium' as medium,
    {context} ->> '$.campaign.name' as campaign,
    {context} ->> '$.page.url' as landing,
    {context} ->> '$.page.referrer' as referrer
from given
"""
SNOWPLOW = """
select
    _record,
    'snowplow' as tool,
    domain_userid as visitor,
    {user_id} as account,
    null::varchar as email,
    true as is_visit,
    {domain_sessionid} as visit,
    event_id,
    timezone('UTC', try_cast(coalesce({derived_tstamp}, collector_tstamp) as timestamptz)) as happened_at,
    {mkt_source} as source,
    {mkt_medium} as medium,
    {mkt_campaign} as campaign,
    {page_url} as landing,
    {page_referrer} as referrer
from given
"""
MATOMO = """
select
    _record,
    'matomo' as tool,
    "visitorId" as visitor,
    {userId} as account,
    null::varchar as email,
    true as is_visit,
    "idVisit" as visit,
    "idVisit" as event_id,
    to_timestamp(try_cast(coalesce({firstActionTimestamp}, {serverTimestamp}) as bigint)) at time zone 'UTC' as happened_at,
    {campaignSource} as source,
    {campaignMedium} as medium,
    coalesce({campaignName}, case when {referrerType} = 'campaign' then {referrerName} end) as campaign,
    {actionDetails} ->> '$[0].url' as landing,
    {referrerUrl} as referrer
from given
"""


@dataclass(frozen=True)
class Export:
    """What a tool's export is known by, and how its events are read."""

    name: str
    needed: frozenset[str]
    optional: tuple[str, ...]
    events: str


MATOMO_VISITS = Export(
    "Matomo",
    frozenset(["idVisit", "visitorId"]),
    tuple(
        "userId firstActionTimestamp serverTimestamp campaignSource campaignMedium campaignName "
        "referrerType referrerName referrerUrl actionDetails".split()
    ),
    MATOMO,
)
EXPORTS = (
    Export(
        "GA4",
        frozenset(["event_timestamp", "event_name", "event_params", "user_pseudo_id"]),
        ("user_id", "collected_traffic_source", "session_traffic_source_last_click"),
        GA4.replace("{last_click}", "{session_traffic_source_last_click}").replace("{collected}", "{collected_traffic_source}"),
    ),
    Export(
        "Segment",
        frozenset(["messageId", "type", "anonymousId"]),
        ("userId", "traits", "context", "timestamp", "originalTimestamp", "receivedAt"),
        SEGMENT,
    ),
    Export(
        "Snowplow",
        frozenset(["event_id", "collector_tstamp", "domain_userid"]),
        ("user_id", "domain_sessionid", "derived_tstamp", "mkt_source", "mkt_medium", "mkt_campaign", "page_url", "page_referrer"),
        SNOWPLOW,
    ),
    MATOMO_VISITS,
)


def export_of(columns: tuple[str, ...]) -> Export | None:
    """The tool whose export has these columns."""
    return next((export for export in EXPORTS if export.needed <= set(columns)), None)


def visits(connection: duckdb.DuckDBPyConnection, export: Export, query: str, columns: tuple[str, ...]) -> str:
    """The visits of an export as a table in memory, in columns of the entity; its query with `_record`. Raises duckdb.Error where JSON is none."""
    connection.execute(f"""
        create or replace temp table visits as
        {_resolved(export, query, columns)}
        select
            tool || '|' || case when is_by_pauses then first_event else number end as touch_id,
            person_email,
            person_key,
            happened_at::varchar as occurred_at,
            'visit' as kind,
            nullif(source, '(direct)') as utm_source,
            nullif(nullif(medium, '(none)'), '(not set)') as utm_medium,
            nullif(nullif(campaign, '(not set)'), '(direct)') as utm_campaign,
            case
                when regexp_matches(landing, '{CLICK_IDS}') then landing
                when regexp_extract(referrer, '{HOST}', 1) <> coalesce(regexp_extract(landing, '{HOST}', 1), '') then nullif(referrer, '')
            end as referrer,
            row_number() over (order by happened_at, tool, first_event) as _record
        from resolved
    """)
    return "select * from visits"


def people(connection: duckdb.DuckDBPyConnection, export: Export, query: str, columns: tuple[str, ...]) -> str:
    """Whose each line of an export is, as `visits` resolves it; the query of a table in memory. Raises duckdb.Error where JSON is none.

    `_record`, `visitor` (the browser, under its tool's name), `account`, `person_email` and `person_key` of whoever the line
    names itself (`is_named`), else of its visit, else of its browser.
    """
    has_email = f"coalesce(regexp_matches(known.email, '{EMAIL}'), false)"
    connection.execute(f"""
        create or replace temp table people as
        {_resolved(export, query, columns)}
        select
            known._record,
            known.tool || '|' || known.visitor as visitor,
            known.account,
            case
                when {has_email} then known.email
                when known.account is not null then coalesce(
                    emails.email,
                    case when regexp_matches(known.account, '{EMAIL}') then known.account end,
                    case when known.account = persons.account then persons.email end
                )
                when resolved.person_key is not null then resolved.person_email
                else coalesce(emails_of_browser.email, persons.email, case when regexp_matches(persons.account, '{EMAIL}') then persons.account end)
            end as person_email,
            case when {has_email} or known.account is not null then known.account else coalesce(resolved.person_key, persons.account) end as person_key,
            {has_email} or known.account is not null as is_named
        from known
        left join persons using (person)
        left join emails on emails.account = known.account
        left join emails as emails_of_browser on emails_of_browser.account = persons.account
        left join numbered on numbered._record = known._record
        left join resolved on resolved.tool = numbered.tool and resolved.person = numbered.person and resolved.number = numbered.number
    """)
    return "select * from people"


def _resolved(export: Export, query: str, columns: tuple[str, ...]) -> str:
    """The steps from events (`known`) to the visits of each (`resolved`, with person_email and person_key of whoever it was)."""
    read = export.events
    for name in export.optional:
        read = read.replace(f"{{{name}}}", quoted(name) if name in columns else "null::varchar")
    # where somebody forgotten stood there is nobody, and not one person who is all of them
    nobody = ", ".join(
        f"case when not contains({name}, {literal(REMOVED)}) then {name} end as {name}" for name in ("visitor", "account", "email")
    )
    return f"""
        with given as ({query}),
        events as ({read}),
        known as (
            select *, coalesce(visitor, account, email) as person, concat_ws('|', source, medium, campaign) as brought
            from (select * replace ({nobody}) from events)
            where happened_at is null or coalesce(visitor, account, email) is not null
        ),
        begun as (
            select *, visit is null and coalesce(
                lag(happened_at) over by_time is null or happened_at - lag(happened_at) over by_time > {PAUSE} or (brought <> '' and brought <> lag(brought) over by_time), true
            ) as is_new
            from known where is_visit window by_time as (partition by person order by happened_at, event_id)
        ),
        numbered as (
            select *, coalesce(visit, 'v' || sum(is_new::int) over (partition by person order by happened_at, event_id)) as number from begun
        ),
        persons as (
            select
                person,
                arg_max(account, (happened_at, event_id)) filter (where account is not null) as account,
                arg_max(email, (happened_at, event_id)) filter (where regexp_matches(email, '{EMAIL}')) as email
            from known group by person
        ),
        emails as (
            select account, arg_max(email, (happened_at, event_id)) as email from known
            where account is not null and regexp_matches(email, '{EMAIL}') group by account
        ),
        one as (
            select
                tool, person, number, visit is null as is_by_pauses,
                arg_max(account, (happened_at, event_id)) filter (where account is not null) as account,
                min(happened_at) as happened_at,
                arg_min(event_id, (happened_at, event_id)) as first_event,
                arg_min(source, (happened_at, event_id)) filter (where source is not null) as source,
                arg_min(medium, (happened_at, event_id)) filter (where medium is not null) as medium,
                arg_min(campaign, (happened_at, event_id)) filter (where campaign is not null) as campaign,
                arg_min(landing, (happened_at, event_id)) filter (where landing is not null) as landing,
                arg_min(referrer, (happened_at, event_id)) filter (where referrer is not null) as referrer
            from numbered group by all
        ),
        identified as (
            select one.* exclude (account), coalesce(one.account, persons.account) as account,
                case when one.account is null or one.account = persons.account then persons.email end as email
            from one left join persons using (person)
        ),
        resolved as (
            select
                identified.* exclude (account, email),
                coalesce(emails.email, identified.email, case when regexp_matches(identified.account, '{EMAIL}') then identified.account end) as person_email,
                coalesce(identified.account, identified.tool || '|' || identified.person) as person_key
            from identified left join emails on emails.account = identified.account
        )
    """
