{{ social_post_metrics('x', ['impressions', 'clicks']) }}
