-- are suppliers answered like clients? 24 hours, the same kinds of message, weighted as suppliers' messages are
with requests as (
    select * from {{ ref('int_response_times') }}
    where unit = 'message_burst' and not (is_deleted and answered_at is null)
),

cells as (
    select * from {{ ref('int_message_cells') }}
    where audience in ('suppliers', 'clients')
),

clock as (
    select * from {{ ref('int_clock') }}
),

people as (
    select
        cast(date_trunc('quarter', requests.month) as date) as quarter,
        cells.audience,
        requests.kind,
        requests.actor_no,
        sum(case when requests.answered_at <= requests.asked_at + interval 24 hour then 1 else 0 end) as x,
        count(*) as m
    from requests
    inner join cells on requests.cell_no = cells.cell_no
    cross join clock
    where requests.asked_at + interval 24 hour <= clock.as_of
    group by all
),

kinds as (
    select
        quarter,
        audience,
        kind,
        cast(sum(x) as bigint) as answered,
        cast(sum(m) as bigint) as asked,
        count(*) as clusters,
        cast(sum(x) as double) / cast(sum(m) as double) as rate,
        cast(sum(x * x) as bigint) as sum_xx,
        cast(sum(x * m) as bigint) as sum_xm,
        cast(sum(m * m) as bigint) as sum_mm
    from people
    group by quarter, audience, kind
),

-- both audiences write it
compared as (
    select
        kinds.*,
        suppliers.asked as suppliers_asked,
        {{ design_effect('kinds.rate', 'kinds.clusters', 'kinds.asked', 'kinds.sum_xx', 'kinds.sum_xm', 'kinds.sum_mm') }} as deff,
        -- what cluster variance and design effect make of a sum of squares
        case when kinds.clusters > 1 then sqrt(cast(kinds.clusters as double) / (kinds.clusters - 1) * (kinds.asked - 1) / kinds.asked) else 0 end as root_of_scale
    from kinds
    inner join kinds as suppliers
        on kinds.quarter = suppliers.quarter and kinds.kind = suppliers.kind and suppliers.audience = 'suppliers'
    inner join kinds as clients
        on kinds.quarter = clients.quarter and kinds.kind = clients.kind and clients.audience = 'clients'
),

-- whoever writes several kinds is one person
persons as (
    select people.quarter, people.audience, count(distinct people.actor_no) as clusters
    from people
    inner join compared on people.quarter = compared.quarter and people.audience = compared.audience and people.kind = compared.kind
    group by people.quarter, people.audience
),

pairs as (
    select
        one.quarter,
        one.audience,
        one.kind,
        other.kind as other_kind,
        cast(sum(one.x * other.x) as bigint) as sum_x_x,
        cast(sum(one.x * other.m) as bigint) as sum_x_m,
        cast(sum(one.m * other.x) as bigint) as sum_m_x,
        cast(sum(one.m * other.m) as bigint) as sum_m_m
    from people as one
    inner join people as other
        on one.quarter = other.quarter and one.audience = other.audience and one.actor_no = other.actor_no and one.kind < other.kind
    group by one.quarter, one.audience, one.kind, other.kind
),

weighted_pairs as (
    select
        pairs.*,
        cast(one.suppliers_asked as double) / one.asked * other.suppliers_asked / other.asked as weight,
        one.root_of_scale * other.root_of_scale
        * (pairs.sum_x_x - other.rate * pairs.sum_x_m - one.rate * pairs.sum_m_x + one.rate * other.rate * pairs.sum_m_m) as covariance
    from pairs
    inner join compared as one on pairs.quarter = one.quarter and pairs.audience = one.audience and pairs.kind = one.kind
    inner join compared as other on pairs.quarter = other.quarter and pairs.audience = other.audience and pairs.other_kind = other.kind
),

-- the variance of one number per person, all kinds together, is that of each kind and twice what goes together in two
together as (
    select
        quarter,
        audience,
        2 * {{ ordered_sum('weight * covariance', 'kind, other_kind') }} as weighted_covariance,
        2 * {{ ordered_sum('weight * sum_m_m', 'kind, other_kind') }} as weighted_share
    from weighted_pairs
    group by quarter, audience
),

-- the sums in the order of the kinds, so that they are the same in every run
standardised as (
    select
        quarter,
        audience,
        sum(asked) as n,
        sum(suppliers_asked) as weight,
        {{ ordered_sum('rate * suppliers_asked', 'kind') }} as weighted_rate,
        {{ ordered_sum('rate * (1 - rate) * coalesce(deff, asked) / asked * suppliers_asked * suppliers_asked', 'kind') }} as weighted_variance,
        {{ ordered_sum('rate * (1 - rate) / asked * suppliers_asked * suppliers_asked', 'kind') }} as least_variance,
        {{ ordered_sum('coalesce(deff, asked) / asked * suppliers_asked * suppliers_asked', 'kind') }} as weighted_share
    from compared
    group by quarter, audience
),

of_persons as (
    select
        standardised.* exclude (weighted_variance, weighted_share),
        persons.clusters,
        -- as a design effect is at least 1
        greatest(
            standardised.weighted_variance + coalesce(together.weighted_covariance, 0), standardised.least_variance
        ) as weighted_variance,
        standardised.weighted_share + coalesce(together.weighted_share, 0) as weighted_share
    from standardised
    inner join persons on standardised.quarter = persons.quarter and standardised.audience = persons.audience
    left join together on standardised.quarter = together.quarter and standardised.audience = together.audience
),

-- as many independent messages as would have this variance
sized as (
    select
        *,
        weighted_rate / weight as rate,
        case
            when weighted_variance > 0
                then (weighted_rate / weight) * (1 - weighted_rate / weight) * cast(weight as double) * weight / weighted_variance
            else cast(weight as double) * weight / weighted_share
        end as n_eff,
        {{ t_quantile('(clusters - 1)') }} as quantile
    from of_persons
),

limited as (
    select
        *,
        {{ wilson_lower('rate', 'n_eff', 'quantile') }} as lo,
        {{ wilson_upper('rate', 'n_eff', 'quantile') }} as hi
    from sized
)

select
    'sup_response_parity' as indicator,
    'quarter' as period_kind,
    suppliers.quarter as period_start,
    'suppliers' as audience,
    'all' as platform,
    'all' as dimension,
    'all' as dimension_value,
    'difference of shares' as unit,
    suppliers.n + clients.n as n,
    -- 30 on each side
    least(suppliers.clusters, clients.clusters) as clusters,
    suppliers.rate - clients.rate as value,
    suppliers.rate - clients.rate - {{ newcombe_half_width('suppliers.rate - suppliers.lo', 'clients.hi - clients.rate', '0') }} as lo,
    suppliers.rate - clients.rate + {{ newcombe_half_width('suppliers.hi - suppliers.rate', 'clients.rate - clients.lo', '0') }} as hi,
    'Newcombe, by kind of message, Wilson at the effective n, t(K-1)' as method
from limited as suppliers
inner join limited as clients on suppliers.quarter = clients.quarter
where suppliers.audience = 'suppliers' and clients.audience = 'clients'
