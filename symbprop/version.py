"""The one place that says the version; reading it imports nothing."""

__version__ = "0.1.0"
