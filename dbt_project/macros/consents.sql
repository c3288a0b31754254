{# What a person's choices allow. #}

{% macro is_allowed(purpose, person_key, platform) -%}
{#-
  Whether a row may be used for a purpose. What is said of the platform counts before what is said of all. Who said nothing is
  treated as `consent_default` has it: deny for what joins or quotes a person, allow for what the company recorded itself.
-#}
{%- set choice -%}
select 1
from {{ ref('int_consent_choices') }} as choices
where choices.purpose = '{{ purpose }}' and choices.person_key = {{ person_key }}
{%- endset -%}
{%- if var('consent_default')[purpose] == 'allow' -%}
not exists ({{ choice }} and choices.platform = {{ platform }} and not choices.is_granted)
and (
    not exists ({{ choice }} and choices.platform is null and not choices.is_granted)
    or exists ({{ choice }} and choices.platform = {{ platform }} and choices.is_granted)
)
{%- else -%}
{{ is_granted(purpose, person_key, platform) }}
{%- endif -%}
{%- endmacro %}

{% macro is_granted(purpose, person_key, platform) -%}
{#- Whether the person has said yes and not taken it back. -#}
{%- set choice -%}
select 1
from {{ ref('int_consent_choices') }} as choices
where choices.purpose = '{{ purpose }}' and choices.person_key = {{ person_key }}
{%- endset -%}
(
    exists ({{ choice }} and choices.platform = {{ platform }} and choices.is_granted)
    or (
        exists ({{ choice }} and choices.platform is null and choices.is_granted)
        and not exists ({{ choice }} and choices.platform = {{ platform }} and not choices.is_granted)
    )
)
{%- endmacro %}

{% macro is_denied(purpose, person_key, platform) -%}
{#- Whether the person has said no, whatever the default is. -#}
{%- set choice -%}
select 1
from {{ ref('int_consent_choices') }} as choices
where choices.purpose = '{{ purpose }}' and choices.person_key = {{ person_key }}
{%- endset -%}
(
    exists ({{ choice }} and choices.platform = {{ platform }} and not choices.is_granted)
    or (
        exists ({{ choice }} and choices.platform is null and not choices.is_granted)
        and not exists ({{ choice }} and choices.platform = {{ platform }} and choices.is_granted)
    )
)
{%- endmacro %}

{% macro is_forgotten(id) -%}
{#- Whether an id is what is left of somebody who was forgotten: it tells apart, and nobody by it. -#}
{{ id }} like 'forgotten:%'
{%- endmacro %}
