"""The version of gocnn, apart from the public face so that nothing inside needs to import that."""

__version__ = "0.1.0"
