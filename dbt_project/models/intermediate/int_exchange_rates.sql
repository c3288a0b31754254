{{ union_entity('exchange_rates') }}
