"""persian: see the modules."""
