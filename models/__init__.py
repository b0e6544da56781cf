"""Models built on autograd_lite, each one runnable with ``python -m models.<name>``."""
