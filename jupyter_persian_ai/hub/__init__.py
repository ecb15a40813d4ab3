"""hub: see the modules."""
