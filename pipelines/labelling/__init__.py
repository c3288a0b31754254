"""Messages that people read -> their labels, by which the machine's moods are corrected (METRICS section 4, sentiment_net)."""
