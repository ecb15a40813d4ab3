"""Jobs of kind `bundle`, as a worker runs them. Must not import `store`, `services` or `server`."""
