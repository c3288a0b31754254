{{ ad_metrics('google_ads') }}
