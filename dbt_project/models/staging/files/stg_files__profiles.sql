{{ files_entity('profiles') }}
