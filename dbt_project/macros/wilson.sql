{# Intervals of a share: Wilson (1927) and, for the difference of two, Newcombe (1998). `n` may be an effective number. #}

{% macro wilson_lower(share, n, quantile) -%}{{ wilson_limit(share, n, quantile, '-') }}{%- endmacro %}

{% macro wilson_upper(share, n, quantile) -%}{{ wilson_limit(share, n, quantile, '+') }}{%- endmacro %}

{% macro wilson_limit(share, n, quantile, sign) -%}
{#- A limit of 3e-18 where it is 0 is set to 0; n of 0 or NULL gives NULL. -#}
case
    when {{ n }} > 0 and {{ share }} = {{ 0 if sign == '-' else 1 }} then {{ 0.0 if sign == '-' else 1.0 }}
    when {{ n }} > 0
        then
            (
                {{ share }} + {{ quantile }} * {{ quantile }} / (2.0 * {{ n }})
                {{ sign }} {{ quantile }} * sqrt({{ share }} * (1 - {{ share }}) / {{ n }} + {{ quantile }} * {{ quantile }} / (4.0 * {{ n }} * {{ n }}))
            )
            / (1 + {{ quantile }} * {{ quantile }} / {{ n }})
end
{%- endmacro %}

{% macro newcombe_half_width(near, far, correlation) -%}
{#-
  Distance from a difference to one of its limits, from the distances of the two estimates to theirs (hybrid score interval; method 10 of
  Newcombe 1998 where the estimates are correlated, Zou and Donner 2008 for estimates other than shares). The lower limit takes
  (p1 - l1, u0 - p0), the upper one (u1 - p1, p0 - l0).
-#}
{{ root('(' ~ near ~ ') * (' ~ near ~ ') - 2 * ' ~ correlation ~ ' * (' ~ near ~ ') * (' ~ far ~ ') + (' ~ far ~ ') * (' ~ far ~ ')') }}
{%- endmacro %}

{% macro root(x) -%}
{#- A square root; what is below 0 by rounding alone counts as 0, where sqrt() would stop the build. -#}
case when {{ x }} > 0 then sqrt({{ x }}) when {{ x }} <= 0 then 0.0 end
{%- endmacro %}
