{%- set fields = {
    'utm_source': 'source_text', 'utm_medium': 'medium_text', 'utm_campaign': 'campaign_text', 'referrer': 'referrer_text',
    'platform': 'platform_text',
} -%}
with touches as (
    select
        *,
        coalesce(utm_source, '') as source_text,
        coalesce(utm_medium, '') as medium_text,
        coalesce(utm_campaign, '') as campaign_text,
        coalesce(referrer, '') as referrer_text,
        coalesce(platform, '') as platform_text
    from {{ ref('int_touches') }} as given
    where {{ is_allowed('attribution', 'given.person_key', 'given.platform') | indent(8) }}
),

rules as (
    select
        priority,
        nullif(utm_source, '') as utm_source,
        nullif(utm_medium, '') as utm_medium,
        nullif(utm_campaign, '') as utm_campaign,
        nullif(referrer, '') as referrer,
        nullif(platform, '') as platform,
        channel,
        nullif(sets_platform, '') as sets_platform
    from {{ ref('channel_rules') }}
),

campaigns as (
    select * from {{ ref('int_campaigns') }}
),

-- what web analytics know of a campaign is its mark in the address: its id, or a name that only one has
marked_campaigns as (
    select mark, min(campaign_id) as campaign_id
    from (
        select campaign_id, lower(campaign_id) as mark from campaigns
        union
        select campaign_id, lower(name) as mark from campaigns where name is not null
    ) as marks
    group by mark
    having count(*) = 1
),

posts as (
    select * from {{ ref('int_posts') }}
),

platforms as (
    select * from {{ ref('platforms') }}
),

persons as (
    select * from {{ ref('int_person_accounts') }}
),

ways as (
    select distinct source_text, medium_text, campaign_text, referrer_text, platform_text
    from touches
),

-- a pattern is tried once for each value that occurs, not for each touch
{% for field, text in fields.items() -%}
{{ field }}_matches as (
    select texts.{{ text }}, rules.priority
    from (select distinct {{ text }} from ways) as texts
    inner join rules on {{ matches('texts.' ~ text, 'rules.' ~ field) }}
),

{% endfor -%}
-- the first rule names the channel; the platform is told by the first rule that knows one
matched as (
    select
        {% for text in fields.values() -%}
        ways.{{ text }},
        {% endfor -%}
        {{ first_by('rules.channel', 'rules.priority') }} as channel,
        {{ first_by('rules.sets_platform', 'rules.priority') }} as sets_platform
    from ways
    cross join rules
    {% for field, text in fields.items() -%}
    left join {{ field }}_matches
        on rules.priority = {{ field }}_matches.priority and ways.{{ text }} = {{ field }}_matches.{{ text }}
    {% endfor -%}
    where
        {% for field in fields -%}
        (rules.{{ field }} is null or {{ field }}_matches.priority is not null)
        {{ 'and' if not loop.last }}
        {% endfor %}
    group by {% for text in fields.values() %}ways.{{ text }}{{ ', ' if not loop.last }}{% endfor %}
),

told as (
    select
        touches.*,
        campaigns.channel as campaign_channel,
        case
            when posts.post_id is null then null
            when posts.is_paid then coalesce(platforms.paid_channel, 'paid_social')
            else coalesce(platforms.organic_channel, 'organic_social')
        end as post_channel,
        matched.channel as rule_channel,
        matched.sets_platform as rule_platform,
        platforms.organic_channel as platform_channel,
        campaigns.platform as campaign_platform,
        marked_campaigns.campaign_id as marked_campaign_id
    from touches
    left join campaigns on touches.campaign_id = campaigns.campaign_id
    left join marked_campaigns on lower(touches.utm_campaign) = marked_campaigns.mark
    left join posts on touches.platform = posts.platform and touches.post_id = posts.post_id
    left join platforms on touches.platform = platforms.platform
    left join matched
        on touches.source_text = matched.source_text
        and touches.medium_text = matched.medium_text
        and touches.campaign_text = matched.campaign_text
        and touches.referrer_text = matched.referrer_text
        and touches.platform_text = matched.platform_text
)

select
    told.touch_id,
    told.person_key,
    coalesce(told.account_id, persons.account_id) as account_id,
    coalesce(told.account_id, persons.account_id, told.person_key) as customer_key,
    told.occurred_at,
    {{ reporting_date('told.occurred_at') }} as date,
    coalesce(told.channel, told.campaign_channel, told.post_channel, told.rule_channel, told.platform_channel, 'unknown') as channel,
    case
        when told.channel is not null then 'given'
        when told.campaign_channel is not null then 'campaign'
        when told.post_channel is not null then 'post'
        when told.rule_channel is not null then 'rule'
        when told.platform_channel is not null then 'platform'
        else 'none'
    end as channel_method,
    coalesce(told.platform, told.rule_platform, told.campaign_platform) as platform,
    coalesce(told.campaign_id, told.marked_campaign_id) as campaign_id,
    told.post_id,
    told.kind,
    told.utm_source,
    told.utm_medium,
    told.utm_campaign,
    told.referrer,
    told.source
from told
left join persons
    on told.person_key = persons.person_key
    and told.occurred_at >= persons.valid_from
    and told.occurred_at < persons.valid_to
