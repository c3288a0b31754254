{{ files_entity('revenue') }}
