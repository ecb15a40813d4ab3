"""widgets: see the modules."""
