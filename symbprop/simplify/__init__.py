"""Closed forms and safe forms: passes from program to program, each one idea, each optional."""
