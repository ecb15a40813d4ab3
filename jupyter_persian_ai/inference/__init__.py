"""inference: see the modules."""
