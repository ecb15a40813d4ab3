"""Recipes: one flat, readable file each, with the verbs load_checkpoint … cleanup."""
