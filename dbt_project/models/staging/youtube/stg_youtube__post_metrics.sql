{{ social_post_metrics('youtube', ['video_views']) }}
