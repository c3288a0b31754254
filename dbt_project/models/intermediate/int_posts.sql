{{ union_entity('posts') }}
