with clock as (
    select * from {{ ref('int_clock') }}
),

effects as (
    select * from {{ ref('int_markov_effects') }}
),

conversions as (
    select conversion_id, revenue from {{ ref('int_conversions') }}
),

chains as (
    {{ attribution_chains() }}
),

journeys_of_conversions as (
    select distinct chain_id, conversion_id
    from {{ ref('int_markov_journeys') }}
    where is_converted
),

ended as (
    select
        chains.chain_id,
        journeys.conversion_id is not null as is_converted,
        count(*) as conversions,
        case when count(*) = count(conversions.revenue) then sum(conversions.revenue) end as revenue
    from conversions
    cross join chains
    left join journeys_of_conversions as journeys
        on conversions.conversion_id = journeys.conversion_id and chains.chain_id = journeys.chain_id
    group by chains.chain_id, journeys.conversion_id is not null
),

shared as (
    select
        effects.*,
        cast(sum(effects.weight) over (partition by effects.chain_id) as bigint) as total_weight,
        ended.conversions as conversions_of_chain,
        ended.revenue as revenue_of_chain
    from effects
    left join ended on effects.chain_id = ended.chain_id and ended.is_converted
),

split as (
    {{ split_cents('shared', {'revenue': 'revenue_of_chain'}, 'weight', 'total_weight', 'chain_id', 'channel') | indent(4) }}
),

of_channels as (
    select
        chain_id,
        channel,
        removal_effect,
        p_conversion,
        p_conversion_empirical,
        journeys,
        case when removal_effect is not null then {{ ratio('weight', 'total_weight') }} end as share,
        case
            when removal_effect is not null
                then {{ published_double('(conversions_of_chain * cast(weight as double) / cast(total_weight as double))') }}
        end as conversions,
        revenue,
        case
            when removal_effect is null then 'no journey converted'
            when revenue_of_chain is null then 'no exchange rate for a booking: revenue is not shared out'
        end as suppressed_reason
    from split
),

-- what no touch preceded since the conversion before it is nobody's
of_nobody as (
    select
        chain_id,
        'unattributed' as channel,
        cast(null as double) as removal_effect,
        cast(null as double) as p_conversion,
        cast(null as double) as p_conversion_empirical,
        cast(null as bigint) as journeys,
        cast(null as double) as share,
        cast(conversions as double) as conversions,
        revenue,
        'no touch in the lookback since the conversion before' as suppressed_reason
    from ended
    where not is_converted
),

together as (
    select * from of_channels
    union all
    select * from of_nobody
),

final as (
    select
        together.channel,
        chains.lookback_rule,
        cast(chains.lookback_days as integer) as lookback_days,
        together.removal_effect,
        together.share,
        together.conversions,
        cast(together.revenue as decimal(38, 4)) as revenue,
        '{{ var("reporting_currency") }}' as currency,
        together.p_conversion,
        together.p_conversion_empirical,
        together.journeys,
        'removal effect, first-order Markov chain, exact' as method,
        'D' as evidence_grade,
        together.suppressed_reason,
        clock.is_demo
    from together
    inner join chains on together.chain_id = chains.chain_id
    cross join clock
)

select * from final
