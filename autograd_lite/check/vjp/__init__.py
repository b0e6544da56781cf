"""The check of a hand-written fused backward: a vector-Jacobian product in plain NumPy."""
