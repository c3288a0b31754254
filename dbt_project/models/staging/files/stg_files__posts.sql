{{ files_entity('posts') }}
