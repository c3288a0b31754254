{{ ad_metrics('linkedin_ads') }}
