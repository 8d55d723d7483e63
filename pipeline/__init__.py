"""sourcemark: articles in which every sentence shows where it came from."""

__version__ = "0.1.0"
