"""Demo company -> inbox and vendor APIs: one seeded world with a planted truth, for tests, `make run` and bench; the product never imports it."""
