{{ files_entity('opportunities') }}
