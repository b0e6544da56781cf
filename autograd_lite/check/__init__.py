"""Hand derivations: what their names mean, what they claim, and whether it is right."""
