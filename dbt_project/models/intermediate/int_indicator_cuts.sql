-- all platforms together, each platform, and finer within: our profile and the room on its platform, language and team over all platforms
with cells as (
    select * from {{ ref('int_message_cells') }}
),

cuts as (
    select cell_no, 'all' as cut, audience, 'all' as platform, 'all' as profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    union all
    select cell_no, 'platform' as cut, audience, platform, 'all' as profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    union all
    select cell_no, 'profile' as cut, audience, platform, profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    where profile_id is not null
    union all
    select cell_no, 'room' as cut, audience, platform, 'all' as profile_id, 'room' as dimension, room_id as dimension_value
    from cells
    where room_id is not null
    {% for dimension in ['language', 'team'] -%}
    union all
    select cell_no, '{{ dimension }}' as cut, audience, 'all' as platform, 'all' as profile_id, '{{ dimension }}' as dimension, {{ dimension }} as dimension_value
    from cells
    where {{ dimension }} is not null
    {% endfor %}
),

numbered as (
    select *, {{ key_number(['audience', 'platform', 'profile_id', 'dimension', 'dimension_value']) }} as cut_no
    from cuts
),

-- cuts of the very same cells (one profile on a platform, one language in all) are worked out once
contents as (
    select cut_no, min(cut) as cut, count(*) || '|' || {{ all_bits_of('cell_no') }} as content
    from numbered
    group by cut_no
),

computed as (
    select
        cut_no,
        first_value(cut_no) over (
            partition by content
            order by case cut when 'all' then 1 when 'platform' then 2 else 3 end, cut_no
        ) as computed_as
    from contents
)

select
    numbered.*,
    computed.computed_as,
    numbered.cut_no = computed.computed_as as is_computed
from numbered
inner join computed on numbered.cut_no = computed.cut_no
