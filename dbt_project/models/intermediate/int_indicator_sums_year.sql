{{ indicator_sums('year') }}
