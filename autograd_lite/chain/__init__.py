"""The chain rule as data: names, scalars, terms, paths. All that a person sees reads these."""
