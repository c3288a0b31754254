{{ files_entity('experiments') }}
