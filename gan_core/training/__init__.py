"""Training: the loop, the run folder it writes, and what both are made of."""
