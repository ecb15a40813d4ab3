"""Making another model of one, or files of it for elsewhere: merging and exporting.

Runs in workers only; `kinds` alone is free of torch, so that a request can be judged before it
becomes a job. Must not know of store, services and server.
"""
