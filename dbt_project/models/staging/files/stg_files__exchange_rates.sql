{{ files_entity('exchange_rates') }}
