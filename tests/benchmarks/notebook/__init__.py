"""The notebook's network as others write it: as a class in NumPy, in PyTorch, in C, and so on."""
