{{ files_entity('post_metrics') }}
