"""Reading a hand derivation: whatever form it has, claims come out. Nothing is judged or run."""
