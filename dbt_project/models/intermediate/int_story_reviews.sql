{{ union_entity('story_reviews') }}
