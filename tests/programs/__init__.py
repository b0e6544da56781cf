"""Programs for the tests: a handful with names, and random ones with every view compared."""
