{{ files_entity('subscriptions') }}
