{{ social_post_metrics('linkedin', ['impressions', 'reach', 'clicks']) }}
