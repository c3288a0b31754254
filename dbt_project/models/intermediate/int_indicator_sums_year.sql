{{ config(materialized='in_parts', rows_of='int_actor_months', copies=3) }}

{{ indicator_sums('year') }}
