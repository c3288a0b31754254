{{ files_entity('objectives') }}
