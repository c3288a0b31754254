"""What is promised about the numbers at both borders of the warehouse: suites of expectations as data, and the bridge that judges them."""
