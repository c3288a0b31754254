{{ union_entity('story_submissions') }}
