"""SymPy's algebra, each expression treated once: the rooms try the same identities on the same expressions."""

from __future__ import annotations

from functools import cache

import sympy
import sympy.tensor.tensor  # SymPy would load it at the first sum that anybody writes

cancel = cache(sympy.cancel)
expand = cache(sympy.expand)
factor = cache(sympy.factor)
factor_list = cache(sympy.factor_list)
factor_terms = cache(sympy.factor_terms)
together = cache(sympy.together)
