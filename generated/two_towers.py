"""two_towers: dense → dense → dense → dense → cosine → formula

Made by symbprop 0.1.0 from two_towers.yaml (sha256 e079cd47905f0e81).
To change it, change two_towers.yaml and run: symbprop compile two_towers.yaml

Axes
    n  example (N)    j  z_left_hidden (64)    k  left (64)    m  left_code (16)

Forward
    (1)  z_left_hidden[n,j] = Σₖ left[n,k] W_left_hidden[k,j] + b_left_hidden[j]
    (2)  left_hidden[n,j] = max(z_left_hidden[n,j], 0)
    (3)  left_code[n,m] = Σⱼ left_hidden[n,j] W_left_code[j,m] + b_left_code[m]
    (4)  z_right_hidden[n,j] = Σₖ right[n,k] W_left_hidden[k,j] + b_left_hidden[j]
    (5)  right_hidden[n,j] = max(z_right_hidden[n,j], 0)
    (6)  right_code[n,m] = Σⱼ right_hidden[n,j] W_left_code[j,m] + b_left_code[m]
    (7)  s3_angle[n] = Σₘ left_code[n,m]²
    (8)  s4_angle[n] = Σₘ right_code[n,m]²
    (9)  s5_angle[n] = Σₘ left_code[n,m] right_code[n,m]
    (10) angle[n] = s5_angle[n] / √(s3_angle[n] s4_angle[n])
    (11) odds[n] = offset_odds + slope_odds angle[n]
    (12) L = Σₙ (log(1 + exp(odds[n])) − same[n] odds[n]) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (13) ōdds[n] = (1 − same[n] − same[n] exp(−odds[n])) / (N (1 + exp(−odds[n])))  from (12)
    (14) s̄lope_odds = Σₙ angle[n] ōdds[n]                                from (11)
    (15) āngle[n] = slope_odds ōdds[n]                                    from (11)
    (16) ōffset_odds = Σₙ ōdds[n]                                         from (11)
    (17) s̄3_angle[n] = −āngle[n] angle[n] / (2 s3_angle[n])              from (10)
    (18) s̄4_angle[n] = −āngle[n] angle[n] / (2 s4_angle[n])              from (10)
    (19) s̄5_angle[n] = āngle[n] / √(s3_angle[n] s4_angle[n])             from (10)
    (20) r̄ight_code[n,m] = left_code[n,m] s̄5_angle[n] + 2 right_code[n,m] s̄4_angle[n]  from (9), (8)
    (21) l̄eft_code[n,m] = right_code[n,m] s̄5_angle[n] + 2 left_code[n,m] s̄3_angle[n]  from (9), (7)
    (22) r̄ight_hidden[n,j] = Σₘ W_left_code[j,m] r̄ight_code[n,m]        from (6)
    (23) z̄_right_hidden[n,j] = r̄ight_hidden[n,j] 1[z_right_hidden[n,j] > 0]  from (5)
    (24) b̄_left_code[m] = Σₙ r̄ight_code[n,m] + Σₙ l̄eft_code[n,m]       from (6), (3)
    (25) l̄eft_hidden[n,j] = Σₘ W_left_code[j,m] l̄eft_code[n,m]          from (3)
    (26) W̄_left_code[j,m] = Σₙ right_hidden[n,j] r̄ight_code[n,m] + Σₙ left_hidden[n,j] l̄eft_code[n,m]  from (6), (3)
    (27) z̄_left_hidden[n,j] = l̄eft_hidden[n,j] 1[z_left_hidden[n,j] > 0]  from (2)
    (28) b̄_left_hidden[j] = Σₙ z̄_right_hidden[n,j] + Σₙ z̄_left_hidden[n,j]  from (4), (1)
    (29) W̄_left_hidden[k,j] = Σₙ right[n,k] z̄_right_hidden[n,j] + Σₙ left[n,k] z̄_left_hidden[n,j]  from (4), (1)

Cost of one call of the last function
    46118 N + 2 floating-point operations, 17672 N + 182856 bytes read or written (float64)
    5,202 parameters
    2336 N bytes kept from forward to backward: odds, angle, s3_angle, s4_angle, right_code, left_code, right_hidden, z_right_hidden, left_hidden, z_left_hidden
"""

import numpy as np

NAME = "two_towers"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_left_hidden": (64, 64),
    "b_left_hidden": (64,),
    "W_left_code": (64, 16),
    "b_left_code": (16,),
    "slope_odds": (),
    "offset_odds": (),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "left": ("N", 64),
    "right": ("N", 64),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "same": ("N",),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "odds": ("N",),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "left": (0.0, 1.0),
    "right": (0.0, 1.0),
    "same": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W_left_hidden": "\\bar{W}^{(\\mathrm{left\\_hidden})}_{kj} = \\sum_{n} \\mathrm{right}_{nk} \\bar{z}^{(\\mathrm{right\\_hidden})}_{nj} + \\sum_{n} \\mathrm{left}_{nk} \\bar{z}^{(\\mathrm{left\\_hidden})}_{nj}",
    "b_left_hidden": "\\bar{b}^{(\\mathrm{left\\_hidden})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{right\\_hidden})}_{nj} + \\sum_{n} \\bar{z}^{(\\mathrm{left\\_hidden})}_{nj}",
    "W_left_code": "\\bar{W}^{(\\mathrm{left\\_code})}_{jm} = \\sum_{n} \\mathrm{right\\_hidden}_{nj} \\overline{\\mathrm{right\\_code}}_{nm} + \\sum_{n} \\mathrm{left\\_hidden}_{nj} \\overline{\\mathrm{left\\_code}}_{nm}",
    "b_left_code": "\\bar{b}^{(\\mathrm{left\\_code})}_{m} = \\sum_{n} \\overline{\\mathrm{right\\_code}}_{nm} + \\sum_{n} \\overline{\\mathrm{left\\_code}}_{nm}",
    "slope_odds": "\\overline{\\mathrm{slope\\_odds}} = \\sum_{n} \\mathrm{angle}_{n} \\overline{\\mathrm{odds}}_{n}",
    "offset_odds": "\\overline{\\mathrm{offset\\_odds}} = \\sum_{n} \\overline{\\mathrm{odds}}_{n}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        # glorot_uniform
        "W_left_hidden": 0.21650635094610965 * rng.uniform(-1, 1, (64, 64)),
        "b_left_hidden": np.zeros((64,)),
        # glorot_uniform
        "W_left_code": 0.27386127875258304 * rng.uniform(-1, 1, (64, 16)),
        "b_left_code": np.zeros((16,)),
        "slope_odds": np.full((), 1),
        "offset_odds": np.zeros(()),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def forward(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """The output: odds [N]."""
    dtype, arrays, sizes = _arguments(params, {"left": left, "right": right})
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
    ) = arrays
    z_left_hidden = np.dot(left, W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0, out=z_left_hidden)  # (2);
    left_code = np.dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = np.dot(right, W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0, out=z_right_hidden)  # (5);
    right_code = np.dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    s3_angle = np.einsum("nm,nm->n", left_code, left_code)  # (7)
    s4_angle = np.einsum("nm,nm->n", right_code, right_code)  # (8)
    s5_angle = np.einsum("nm,nm->n", left_code, right_code)  # (9)
    np.multiply(s3_angle, s4_angle, out=s3_angle)
    np.sqrt(s3_angle, out=s3_angle)  # (10) √(s3_angle s4_angle)
    angle = np.divide(s5_angle, s3_angle, out=s3_angle)  # (10); angle lives in s3_angle
    np.multiply(slope_odds, angle, out=angle)
    odds = np.add(offset_odds, angle, out=angle)  # (11); odds lives in angle
    return odds


def loss(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "same": same}
    )
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
        same,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_left_hidden = np.dot(left, W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0, out=z_left_hidden)  # (2);
    left_code = np.dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = np.dot(right, W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0, out=z_right_hidden)  # (5);
    right_code = np.dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    s3_angle = np.einsum("nm,nm->n", left_code, left_code)  # (7)
    s4_angle = np.einsum("nm,nm->n", right_code, right_code)  # (8)
    s5_angle = np.einsum("nm,nm->n", left_code, right_code)  # (9)
    np.multiply(s3_angle, s4_angle, out=s3_angle)
    np.sqrt(s3_angle, out=s3_angle)  # (10) √(s3_angle s4_angle)
    angle = np.divide(s5_angle, s3_angle, out=s3_angle)  # (10); angle lives in s3_angle
    np.multiply(slope_odds, angle, out=angle)
    odds = np.add(offset_odds, angle, out=angle)  # (11); odds lives in angle
    t = np.subtract(1, same)  # (12) 1 − same
    u = np.negative(same)  # (12) −same
    v = np.greater_equal(odds, 0)
    w = np.where(v, t, u)  # (12) {1 − same if odds ≥ 0 else −same}
    np.multiply(odds, w, out=w)
    u = np.negative(odds)  # (12) −odds
    np.minimum(odds, u, out=u)  # (12) −|odds|
    np.exp(u, out=u)  # (12) exp(−|odds|)
    np.log1p(u, out=u)  # (12) log1p(exp(−|odds|))
    L_term = np.add(w, u, out=w)  # (12)
    L = np.sum(L_term)  # (12)
    L = L / N  # (12)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "same": same}
    )
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
        same,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_left_hidden = np.dot(left, W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0)  # (2)
    left_code = np.dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = np.dot(right, W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0)  # (5)
    right_code = np.dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    s3_angle = np.einsum("nm,nm->n", left_code, left_code)  # (7)
    s4_angle = np.einsum("nm,nm->n", right_code, right_code)  # (8)
    s5_angle = np.einsum("nm,nm->n", left_code, right_code)  # (9)
    t = np.multiply(s3_angle, s4_angle)
    np.sqrt(t, out=t)  # (10) √(s3_angle s4_angle)
    angle = np.divide(s5_angle, t, out=s5_angle)  # (10); angle lives in s5_angle
    t = np.multiply(slope_odds, angle)
    odds = np.add(offset_odds, t, out=t)  # (11)
    t = np.subtract(1, same)  # (12) 1 − same
    u = np.negative(same)  # (12) −same
    v = np.greater_equal(odds, 0)
    w = np.where(v, t, u)  # (12) {1 − same if odds ≥ 0 else −same}
    np.multiply(odds, w, out=w)
    u = np.negative(odds)  # (12) −odds
    np.minimum(odds, u, out=u)  # (12) −|odds|
    np.exp(u, out=u)  # (12) exp(−|odds|)
    np.log1p(u, out=u)  # (12) log1p(exp(−|odds|))
    L_term = np.add(w, u, out=w)  # (12)
    L = np.sum(L_term)  # (12)
    L = L / N  # (12)
    t = np.negative(odds)  # (13) −odds
    np.exp(t, out=t)  # (13) exp(−odds)
    u = np.add(1, t)  # (13) 1 + exp(−odds)
    np.multiply(same, t, out=t)
    v = np.subtract(1, same)
    np.subtract(v, t, out=v)  # (13) 1 − same − same exp(−odds)
    np.multiply(cotangent / N, v, out=v)
    odds_bar = np.divide(v, u, out=v)  # (13)
    slope_odds_bar = np.dot(angle, odds_bar)  # (14)
    angle_bar = np.multiply(slope_odds, odds_bar)  # (15)
    offset_odds_bar = np.sum(odds_bar)  # (16)
    t = np.multiply(s3_angle, s4_angle)
    np.sqrt(t, out=t)  # (19) √(s3_angle s4_angle)
    s5_angle_bar = np.divide(angle_bar, t, out=t)  # (19)
    right_code_bar = np.multiply(s5_angle_bar[:, None], left_code)  # (20)
    t = np.multiply(angle_bar[:, None], angle[:, None])
    u = np.multiply(t, right_code)
    np.divide(u, s4_angle[:, None], out=u)  # (20) right_code āngle angle / s4_angle
    right_code_bar -= u  # (20)
    left_code_bar = np.multiply(s5_angle_bar[:, None], right_code)  # (21)
    t = np.multiply(angle_bar[:, None], angle[:, None])
    u = np.multiply(t, left_code)
    np.divide(u, s3_angle[:, None], out=u)  # (21) left_code āngle angle / s3_angle
    left_code_bar -= u  # (21)
    right_hidden_bar = np.dot(right_code_bar, W_left_code.T)  # (22)
    t = np.greater(z_right_hidden, 0)
    z_right_hidden_bar = np.multiply(right_hidden_bar, t, out=right_hidden_bar)  # (23);
    b_left_code_bar = np.sum(right_code_bar, axis=0)  # (24)
    b_left_code_bar += np.sum(left_code_bar, axis=0)  # (24)
    left_hidden_bar = np.dot(left_code_bar, W_left_code.T)  # (25)
    W_left_code_bar = np.dot(right_hidden.T, right_code_bar)  # (26)
    W_left_code_bar += np.dot(left_hidden.T, left_code_bar)  # (26)
    t = np.greater(z_left_hidden, 0)
    z_left_hidden_bar = np.multiply(left_hidden_bar, t, out=left_hidden_bar)  # (27);
    b_left_hidden_bar = np.sum(z_right_hidden_bar, axis=0)  # (28)
    b_left_hidden_bar += np.sum(z_left_hidden_bar, axis=0)  # (28)
    W_left_hidden_bar = np.dot(right.T, z_right_hidden_bar)  # (29)
    W_left_hidden_bar += np.dot(left.T, z_left_hidden_bar)  # (29)
    grads = {
        "W_left_hidden": W_left_hidden_bar,
        "b_left_hidden": b_left_hidden_bar,
        "W_left_code": W_left_code_bar,
        "b_left_code": b_left_code_bar,
        "slope_odds": np.asarray(slope_odds_bar),
        "offset_odds": np.asarray(offset_odds_bar),
    }
    return L, grads


def _arguments(
    params: dict[str, np.ndarray], given: dict[str, np.ndarray]
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """The parameters and what was given, checked and of one dtype, and the free sizes.

    The dtype is that of the parameters; complex or object inputs raise it.
    """
    unknown = [name for name in params if name not in PARAMETERS]
    missing = [name for name in PARAMETERS if name not in params]
    if unknown or missing:
        raise KeyError(f"params: unknown {unknown}, missing {missing}")
    sizes: dict[str, int] = {}
    arrays = []
    for name, shape in PARAMETERS.items():
        arrays.append(_fitted(name, params[name], shape, sizes))
    for name, value in given.items():
        shape = INPUTS[name] if name in INPUTS else TARGETS[name]
        arrays.append(_fitted(name, value, shape, sizes))
    names = [*PARAMETERS, *given]
    wide = [a for n, a in zip(names, arrays) if n in PARAMETERS or a.dtype.kind in "cO"]
    dtypes = {a.dtype for a in wide} or {np.dtype(DTYPE)}
    dtype = dtypes.pop() if len(dtypes) == 1 else np.result_type(*dtypes)
    dtype = np.dtype(DTYPE) if dtype.kind in "biu" else dtype.newbyteorder("=")
    for position, name in enumerate(names):
        if name in INTEGERS:
            arrays[position] = _labels(name, arrays[position], INTEGERS[name])
        elif arrays[position].dtype != dtype:
            arrays[position] = arrays[position].astype(dtype)
    return dtype, arrays, sizes


def _fitted(
    name: str, value: np.ndarray, shape: tuple[int | str, ...], sizes: dict[str, int]
) -> np.ndarray:
    """``value`` as an array of this shape; a free size takes the length it meets first."""
    array = np.asarray(value)
    if array.dtype.kind not in "biufcO":
        raise TypeError(f"{name} has dtype {array.dtype}, which is not numeric")
    fits = array.ndim == len(shape)
    for length, size in zip(array.shape, shape):
        fits = fits and length == (
            sizes.setdefault(size, length) if isinstance(size, str) else size
        )
    if not fits:
        wanted = ", ".join(f"{s}={sizes[s]}" if s in sizes else str(s) for s in shape)
        raise ValueError(f"{name} has shape {array.shape}, not ({wanted})")
    return array


def _labels(name: str, array: np.ndarray, classes: int) -> np.ndarray:
    """Integers from 0 to ``classes`` - 1, checked."""
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} has dtype {array.dtype}, it must hold integers")
    if array.size and not 0 <= array.min() <= array.max() < classes:
        raise ValueError(
            f"{name} holds {array.min()} … {array.max()}, not 0 … {classes - 1}"
        )
    return array.astype(np.intp, copy=False)


def _require_examples(sizes: dict[str, int]) -> None:
    """A mean over nothing is not a number."""
    for name, length in sizes.items():
        if length == 0:
            raise ValueError(f"{name} is 0: the loss of no examples is not defined")
