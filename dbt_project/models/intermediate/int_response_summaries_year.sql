{{ response_summaries('year') }}
