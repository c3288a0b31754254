{{ indicator_sums('all') }}
