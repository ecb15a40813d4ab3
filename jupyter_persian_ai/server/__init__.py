"""server: see the modules."""
