{{ union_entity('sentiment_labels') }}
