{{ union_entity('ad_metrics') }}
