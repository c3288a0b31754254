-- all platforms together, each platform, and finer within: our profile and the room on its platform, language and team over all platforms
{% set small_groups = 'other (small groups)' -%}
with seen as not materialized (
    select cell_no, actor_no from {{ ref('int_actor_months') }}
    union all
    select cell_no, actor_no from {{ ref('int_actor_voices') }}
),

-- people whose numbers end differently are different people: where these are enough nobody has to be counted one by one
crowds as (
    select cell_no, count(distinct actor_no % 64) as people
    from seen
    group by cell_no
),

people as (
    select cell_no, people
    from crowds
    where people >= {{ k_people() }}
    union all
    select seen.cell_no, count(distinct seen.actor_no) as people
    from seen
    inner join crowds on seen.cell_no = crowds.cell_no
    where crowds.people < {{ k_people() }}
    group by seen.cell_no
),

-- what names none has a row beside people who name one: a total less all that is shown of it would tell of the people in it
cells as (
    select
        said.*,
        {% for column, place in [('profile_id', 'on_platform'), ('room_id', 'on_platform'), ('language', 'in_audience'), ('team', 'in_audience')] -%}
        count(case when people.people > 0 then said.{{ column }} end) over {{ place }} > 0 as is_{{ column }}_named{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_message_cells') }} as said
    left join people on said.cell_no = people.cell_no
    window on_platform as (partition by said.audience, said.platform), in_audience as (partition by said.audience)
),

cuts as (
    select cell_no, 'all' as cut, audience, 'all' as platform, 'all' as profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    union all
    select cell_no, 'platform' as cut, audience, platform, 'all' as profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    union all
    select cell_no, 'profile' as cut, audience, platform, {{ named('profile_id') }} as profile_id, 'all' as dimension, 'all' as dimension_value
    from cells
    where is_profile_id_named
    union all
    select cell_no, 'room' as cut, audience, platform, 'all' as profile_id, 'room' as dimension, {{ named('room_id') }} as dimension_value
    from cells
    where is_room_id_named
    {% for dimension in ['language', 'team'] -%}
    union all
    select
        cell_no,
        '{{ dimension }}' as cut,
        audience,
        'all' as platform,
        'all' as profile_id,
        '{{ dimension }}' as dimension,
        {{ named(dimension) }} as dimension_value
    from cells
    where is_{{ dimension }}_named
    {% endfor %}
),

-- languages, teams and rooms of fewer than 10 people in the whole of the data tell together what none of them may tell alone
rolled_up as (
    select
        cuts.* exclude (dimension_value),
        case
            when cuts.dimension <> 'all' and sum(coalesce(people.people, 0)) over same_cut between 1 and {{ k_people() - 1 }} then '{{ small_groups }}'
            else cuts.dimension_value
        end as dimension_value
    from cuts
    left join people on cuts.cell_no = people.cell_no
    window same_cut as (partition by cuts.audience, cuts.platform, cuts.profile_id, cuts.dimension, cuts.dimension_value)
),

numbered as (
    select *, {{ key_number(['audience', 'platform', 'profile_id', 'dimension', 'dimension_value']) }} as cut_no
    from rolled_up
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
