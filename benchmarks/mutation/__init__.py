"""Mutation testing: small changes to symbprop's own source, and whether a test notices."""
