"""Statements, programs and the one rule that differentiates them. Nothing here knows a layer, an array or code."""
