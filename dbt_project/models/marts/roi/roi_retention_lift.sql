select
    {{ empty_columns() }}
where false
