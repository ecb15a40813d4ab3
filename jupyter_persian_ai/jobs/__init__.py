"""jobs: see the modules."""
