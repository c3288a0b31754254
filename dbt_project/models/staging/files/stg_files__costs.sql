{{ files_entity('costs') }}
