{{ social_post_metrics('instagram', ['impressions', 'reach']) }}
