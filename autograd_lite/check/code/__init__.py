"""Hand-written NumPy code: what each of its variables becomes when it runs."""
