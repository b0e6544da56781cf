"""What is true of every quantity of a graph, at its point and at random ones."""
