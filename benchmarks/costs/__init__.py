"""The cost model against the clock."""
