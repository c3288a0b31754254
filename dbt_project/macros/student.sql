{# Quantiles and tail areas that SQL engines lack, in closed form. #}

{% macro normal_quantile() -%}1.959963984540054{%- endmacro %}

{% macro t_quantile(degrees) -%}
{#-
  The 97.5 % quantile of Student's t: Cornish-Fisher expansion about the normal quantile, Abramowitz and Stegun 26.7.5, four terms.
  Error below 1e-4 from 8 degrees of freedom on, below 1e-6 from 20 on; NULL below 8, where it would not hold.
-#}
{%- set z = normal_quantile() | float -%}
{%- set g1 = (z ** 3 + z) / 4 -%}
{%- set g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 -%}
{%- set g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 -%}
{%- set g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 -%}
case
    when {{ degrees }} >= 8
        then {{ z }} + ({{ g1 }} + ({{ g2 }} + ({{ g3 }} + {{ g4 }} / {{ degrees }}) / {{ degrees }}) / {{ degrees }}) / {{ degrees }}
end
{%- endmacro %}

{% macro two_sided_p(z) -%}
{#- P(|Z| > |z|) of a standard normal Z: the complementary error function by Chebyshev fit (Press et al., Numerical Recipes, erfcc); relative error below 1.2e-7. -#}
{%- set x = '(abs(' ~ z ~ ') / 1.4142135623730951)' -%}
{%- set t = '(1 / (1 + ' ~ x ~ ' / 2))' -%}
{%- set fit = namespace(polynomial='0.17087277') -%}
{%- for c in ['-0.82215223', '1.48851587', '-1.13520398', '0.27886807', '-0.18628806', '0.09678418', '0.37409196', '1.00002368', '-1.26551223'] -%}
{%- set fit.polynomial = '(' ~ c ~ ' + ' ~ t ~ ' * ' ~ fit.polynomial ~ ')' -%}
{%- endfor -%}
{#- the fit is 1.00000003 at 0 -#}
least(1.0, {{ t }} * exp(-{{ x }} * {{ x }} + {{ fit.polynomial }}))
{%- endmacro %}
