"""Simulated small companies whose truth is known -> how often each interval of the product contains it."""
