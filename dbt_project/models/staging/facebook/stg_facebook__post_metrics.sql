{{ social_post_metrics('facebook', ['impressions', 'reach', 'clicks', 'video_views']) }}
