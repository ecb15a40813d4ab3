"""The version, where every layer can read it: the package's own module imports the top ones."""

__version__ = "0.1.0"
