"""The Hugging Face Hub, and model folders from anywhere: what may be fetched, what may be loaded.

`inspect` judges a folder without loading it (always through `jobs.confined`), `download` is the
job that fetches a repository. Nothing here imports torch or transformers.
"""
