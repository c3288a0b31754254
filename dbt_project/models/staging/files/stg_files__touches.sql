{{ files_entity('touches') }}
