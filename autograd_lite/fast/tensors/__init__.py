"""Programs of tensors: a straight list of calls into arrays that are allocated once."""
