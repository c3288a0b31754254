"""What SQL cannot estimate, by subject; pipelines/estimate.py writes what these give."""
