"""Formulas for people: matrix notation, derivations step by step."""
