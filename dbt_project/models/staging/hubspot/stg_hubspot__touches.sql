with touches as (
    select * from {{ source('hubspot', 'touches') }}
    -- made by hand, by an import or by another program: nobody came to the web site
    where upper(source) <> 'OFFLINE'
),

contacts as (
    select * from {{ source('hubspot', 'contacts') }}
    where person_key is not null and deleted_at is null
),

-- HubSpot has told the channel from address and referrer already; its names are those of lead sources
channels as (
    select lower(lead_source) as name, min(channel) as channel
    from {{ ref('lead_source_names') }}
    group by lower(lead_source)
)

select
    'hubspot:' || touches.touch_id as touch_id,
    contacts.person_key,
    touches.occurred_at,
    channels.channel,
    case
        when upper(touches.source) in ('SOCIAL_MEDIA', 'PAID_SOCIAL', 'ORGANIC_SOCIAL') then
            case lower(touches.source_detail) when 'twitter' then 'x' else lower(touches.source_detail) end
    end as platform,
    'visit' as kind,
    touches.utm_source,
    touches.utm_medium,
    touches.utm_campaign,
    touches.referrer,
    contacts.company_id as account_id,
    'hubspot' as source,
    touches._observed_at
from touches
inner join contacts on touches.contact_id = contacts.contact_id
left join channels on lower(touches.source) = channels.name
