"""The same graph, compiled: one straight list of steps, run by the fastest means at hand."""
