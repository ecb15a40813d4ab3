"""datasets: see the modules."""
