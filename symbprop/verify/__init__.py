"""Verification of an emitted module on itself: contract, complex step, finite differences, the certificate."""
