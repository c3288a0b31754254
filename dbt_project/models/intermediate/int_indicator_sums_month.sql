{{ indicator_sums('month') }}
