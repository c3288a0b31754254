{{ files_entity('surveys') }}
