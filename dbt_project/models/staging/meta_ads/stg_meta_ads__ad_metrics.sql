{{ ad_metrics('meta_ads') }}
