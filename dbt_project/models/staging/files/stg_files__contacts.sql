{{ files_entity('contacts') }}
