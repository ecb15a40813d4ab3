"""Text that models learn from: reading what a user has, and keeping it in one canonical form.

`importing` is the way in (always through `jobs.confined`), `rows` the way out, `samples` what a
newcomer starts with. Nothing here knows of users, jobs or a database.
"""
