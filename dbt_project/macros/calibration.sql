{# How often an interval contained the planted truth in simulated companies (seed `calibration`), set beside the interval. #}

{% macro hostile_worlds() -%}
{#- Worlds that break what intervals suppose; the seed has others, for one estimator alone. -#}
{{ return(['ar_6', 'heavy_tails', 'clusters_3', 'hidden_confounder', 'five_treated', 'interference', 'auto_responder']) }}
{%- endmacro %}

{% macro calibrated_covers() -%}
{#- estimator, condition, world, cover: in each hostile world under its own name, and in the worst of them as condition `worst`. -#}
select estimator, world as condition, world, cover
from {{ ref('calibration') }}
where world in ('{{ hostile_worlds() | join("', '") }}') and cover is not null
union all
select estimator, 'worst' as condition, {{ first_by('world', 'cover') }} as world, min(cover) as cover
from {{ ref('calibration') }}
where world in ('{{ hostile_worlds() | join("', '") }}') and cover is not null
group by estimator
{%- endmacro %}

{% macro credit_estimator(model) -%}
{#- Rules that give all to one touch, and rules that share. -#}
case when {{ model }} in ('first', 'last') then 'attributed_last' else 'attributed_linear' end
{%- endmacro %}

{% macro credit_condition(n, n_eff) -%}
{#- Of lognormal sizes n over n_eff is exp(s^2), s the standard deviation of the logarithm: from 1.1 on they are nearer to the 1.6 of `heavy_tails` than to the .6 of the mild world. -#}
case when {{ n }} >= exp(1.21) * {{ n_eff }} then 'heavy_tails' else 'worst' end
{%- endmacro %}

{% macro experiment_estimator(design, n_control) -%}
case when {{ design }} = 'its' and {{ n_control }} > 0 then 'its_control' else {{ design }} end
{%- endmacro %}

{% macro calibrated_note(covers) -%}
{#- What a method says where such intervals held the truth in less than 90 of 100 simulated companies; begins with '; ', empty else. -#}
coalesce(
    case
        when {{ covers }}.cover < 0.90
            then '; held the truth in ' || cast(round(100 * {{ covers }}.cover) as integer) || ' % of simulated companies in the world ' || {{ covers }}.world
    end,
    ''
)
{%- endmacro %}
