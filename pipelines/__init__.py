"""Python that moves data, left to right: sources, load, transform, estimate, check, publish."""
