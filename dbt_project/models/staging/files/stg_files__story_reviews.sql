{{ files_entity('story_reviews') }}
