"""Moving the bytes of files: several ranges at once, resumable, verified before they count.

Knows addresses, sizes and hashes; must know nothing of repositories, which `hub.fetch` turns into
`Wanted` files. `Engine` moves them, `partial` keeps what has arrived, `connection` talks.
"""
