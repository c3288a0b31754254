{{ indicator_sums('quarter') }}
