{# Messages are not independent: the variance of a ratio whose rows come in clusters, from sums over the clusters. #}

{% macro cluster_variance(ratio, clusters, sum_m, sum_xx, sum_xm, sum_mm) -%}
{#-
  Variance of sum(x)/sum(m) over `clusters` clusters with x of m each (linearised ratio estimator, Cochran 1977, 6.4):
  K/(K-1) sum (x - ratio m)^2 / (sum m)^2. NULL for fewer than two clusters.
-#}
case
    when {{ clusters }} > 1
        then
            (cast({{ clusters }} as double) / ({{ clusters }} - 1))
            * ({{ sum_xx }} - 2.0 * {{ ratio }} * {{ sum_xm }} + {{ ratio }} * {{ ratio }} * {{ sum_mm }})
            / (cast({{ sum_m }} as double) * {{ sum_m }})
end
{%- endmacro %}

{% macro design_effect(ratio, clusters, sum_m, sum_xx, sum_xm, sum_mm) -%}
{#-
  Cluster variance over binomial variance, ratio (1 - ratio) / (sum m - 1), at least 1; clusters of one row each give exactly 1. Where all
  rows agree (a share of 0 or 1) both are 0: each cluster then counts as one observation of its size, deff = sum(m^2)/sum(m), since
  nothing in the data says less. NULL for fewer than two clusters.
-#}
case
    when {{ clusters }} > 1 and ({{ ratio }} <= 0 or {{ ratio }} >= 1) then cast({{ sum_mm }} as double) / {{ sum_m }}
    when
        {{ clusters }} > 1 and {{ sum_mm }} > {{ sum_m }}
        and {{ cluster_variance(ratio, clusters, sum_m, sum_xx, sum_xm, sum_mm) }} * ({{ sum_m }} - 1) > {{ ratio }} * (1 - {{ ratio }})
        then {{ cluster_variance(ratio, clusters, sum_m, sum_xx, sum_xm, sum_mm) }} * ({{ sum_m }} - 1) / ({{ ratio }} * (1 - {{ ratio }}))
    when {{ clusters }} > 1 then 1.0
end
{%- endmacro %}
