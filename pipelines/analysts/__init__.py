"""Analysts' own models: a copy of the warehouse to build them in, a draft of their contract, and the rules that they are held to."""
