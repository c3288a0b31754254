{{ files_entity('ad_metrics') }}
