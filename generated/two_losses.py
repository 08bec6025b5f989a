"""two_losses: dense → dense → dense → concatenate → dense

Made by symbprop 0.1.0 from two_losses.yaml (sha256 6f3bb99cb312b946).
To change it, change two_losses.yaml and run: symbprop compile two_losses.yaml
Verified by 70 probes; the certificate is sha256 82ef90262c211cf4.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_left_code (12)    k  left (64)    m  z_digit (10)    l  apart (1)

Forward
    (1)  z_left_code[n,j] = Σₖ left[n,k] W_left_code[k,j] + b_left_code[j]
    (2)  left_code[n,j] = tanh(z_left_code[n,j])
    (3)  z_right_code[n,j] = Σₖ right[n,k] W_left_code[k,j] + b_left_code[j]
    (4)  right_code[n,j] = tanh(z_right_code[n,j])
    (5)  z_digit[n,m] = Σⱼ left_code[n,j] W_digit[j,m] + b_digit[m]
    (6)  z_digit_max[n] = maxₘ z_digit[n,m]
    (7)  s_digit_term[n,m] = exp(z_digit[n,m] − z_digit_max[n])
    (8)  s_digit[n] = Σₘ s_digit_term[n,m]
    (9)  digit[n,m] = s_digit_term[n,m] / s_digit[n]
    (10) both[n,j] = left_code[n,j]   (j < 12)
    (11) both[n,j+12] = right_code[n,j]
    (12) apart[n,l] = Σⱼ both[n,j] W_apart[j,l] + b_apart[l]
    (13) L1 = −Σₙ (z_digit[n,label[n]] − z_digit_max[n] − log(s_digit[n])) / N
    (14) L2 = Σₙₗ (apart[n,l] − distance[n,l])² / N
    (15) L_total = L1 + L2 / 2

Backward, with v̄ = ∂L_total/∂v (v_bar in the code)
    (16) a̅p̅a̅r̅t̅[n,l] = (apart[n,l] − distance[n,l]) / N                    from (15)
    (17) b̄_apart[l] = Σₙ a̅p̅a̅r̅t̅[n,l]                                       from (12)
    (18) b̅o̅t̅h̅[n,j] = Σₗ W_apart[j,l] a̅p̅a̅r̅t̅[n,l]                           from (12)
    (19) W̄_apart[j,l] = Σₙ both[n,j] a̅p̅a̅r̅t̅[n,l]                           from (12)
    (20) r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,j] = b̅o̅t̅h̅[n,j+12]                                   from (10), (11)
    (21) z̄_digit[n,m] = (digit[n,m] − δ[m,label[n]]) / N                  from (15)
    (22) b̄_digit[m] = Σₙ z̄_digit[n,m]                                     from (5)
    (23) l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,j] = b̅o̅t̅h̅[n,j] + Σₘ W_digit[j,m] z̄_digit[n,m]        from (10), (11), (5)
    (24) W̄_digit[j,m] = Σₙ left_code[n,j] z̄_digit[n,m]                    from (5)
    (25) z̄_right_code[n,j] = r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,j] (1 − right_code[n,j]²)       from (4)
    (26) z̄_left_code[n,j] = l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,j] (1 − left_code[n,j]²)          from (2)
    (27) b̄_left_code[j] = Σₙ z̄_right_code[n,j] + Σₙ z̄_left_code[n,j]      from (3), (1)
    (28) W̄_left_code[k,j] = Σₙ right[n,k] z̄_right_code[n,j] + Σₙ left[n,k] z̄_left_code[n,j]  from (3), (1)

Cost of one call of the last function
    7558 N + 7 floating-point operations, 8064 N + 28696 bytes read or written (float64)
    935 parameters
    472 N bytes kept from forward to backward: apart, both, digit, left_code, right_code
"""

import numpy as np

NAME = "two_losses"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_left_code": (64, 12),
    "b_left_code": (12,),
    "W_digit": (12, 10),
    "b_digit": (10,),
    "W_apart": (24, 1),
    "b_apart": (1,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "left": ("N", 64),
    "right": ("N", 64),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "label": ("N",),
    "distance": ("N", 1),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "digit": ("N", 10),
    "apart": ("N", 1),
}
INTEGERS: dict[str, int] = {
    "label": 10,
}
RANGES: dict[str, tuple[float, float]] = {
    "left": (0.0, 1.0),
    "right": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W_left_code": "\\bar{W}^{(\\mathrm{left\\_code})}_{kj} = \\sum_{n} \\mathrm{right}_{nk} \\bar{z}^{(\\mathrm{right\\_code})}_{nj} + \\sum_{n} \\mathrm{left}_{nk} \\bar{z}^{(\\mathrm{left\\_code})}_{nj}",
    "b_left_code": "\\bar{b}^{(\\mathrm{left\\_code})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{right\\_code})}_{nj} + \\sum_{n} \\bar{z}^{(\\mathrm{left\\_code})}_{nj}",
    "W_digit": "\\bar{W}^{(\\mathrm{digit})}_{jm} = \\sum_{n} \\mathrm{left\\_code}_{nj} \\bar{z}^{(\\mathrm{digit})}_{nm}",
    "b_digit": "\\bar{b}^{(\\mathrm{digit})}_{m} = \\sum_{n} \\bar{z}^{(\\mathrm{digit})}_{nm}",
    "W_apart": "\\bar{W}^{(\\mathrm{apart})}_{jl} = \\sum_{n} \\mathrm{both}_{nj} \\, \\overline{\\mathrm{apart}}_{nl}",
    "b_apart": "\\bar{b}^{(\\mathrm{apart})}_{l} = \\sum_{n} \\overline{\\mathrm{apart}}_{nl}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        # glorot_uniform
        "W_left_code": 0.2809757434745082 * rng.uniform(-1, 1, (64, 12)),
        "b_left_code": np.zeros((12,)),
        "W_digit": 0.5222329678670935 * rng.uniform(-1, 1, (12, 10)),  # glorot_uniform
        "b_digit": np.zeros((10,)),
        "W_apart": 0.4898979485566356 * rng.uniform(-1, 1, (24, 1)),  # glorot_uniform
        "b_apart": np.zeros((1,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The outputs: digit [N, 10]; apart [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"left": left, "right": right})
    W_left_code, b_left_code, W_digit, b_digit, W_apart, b_apart, left, right = arrays
    N = sizes["N"]
    z_left_code = left.dot(W_left_code)  # (1)
    z_left_code += b_left_code  # (1)
    left_code = np.tanh(z_left_code, out=z_left_code)  # (2)
    z_right_code = right.dot(W_left_code)  # (3)
    z_right_code += b_left_code  # (3)
    right_code = np.tanh(z_right_code, out=z_right_code)  # (4)
    z_digit = left_code.dot(W_digit)  # (5)
    z_digit += b_digit  # (5)
    z_digit_max = np.max(z_digit, axis=1)  # (6)
    np.subtract(z_digit, z_digit_max[:, None], out=z_digit)  # (7) z_digit − z_digit_max
    s_digit_term = np.exp(z_digit, out=z_digit)  # (7); s_digit_term lives in z_digit
    s_digit = np.sum(s_digit_term, axis=1)  # (8)
    digit = np.divide(s_digit_term, s_digit[:, None], out=s_digit_term)  # (9)
    both = np.empty((N, 24), dtype)  # (10)
    both[:, :12] = left_code  # (10)
    both[:, 12:] = right_code  # (11)
    apart = both.dot(W_apart)  # (12)
    apart += b_apart  # (12)
    return digit, apart


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    label: np.ndarray,
    distance: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "label": label, "distance": distance}
    )
    (
        W_left_code,
        b_left_code,
        W_digit,
        b_digit,
        W_apart,
        b_apart,
        left,
        right,
        label,
        distance,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_left_code = left.dot(W_left_code)  # (1)
    z_left_code += b_left_code  # (1)
    left_code = np.tanh(z_left_code, out=z_left_code)  # (2)
    z_right_code = right.dot(W_left_code)  # (3)
    z_right_code += b_left_code  # (3)
    right_code = np.tanh(z_right_code, out=z_right_code)  # (4)
    z_digit = left_code.dot(W_digit)  # (5)
    z_digit += b_digit  # (5)
    z_digit_max = np.max(z_digit, axis=1)  # (6)
    t = np.subtract(z_digit, z_digit_max[:, None])  # (7) z_digit − z_digit_max
    s_digit_term = np.exp(t, out=t)  # (7)
    s_digit_place = z_digit.argmax(axis=1)  # (8)
    s_digit_rest_term = s_digit_term  # (8)
    s_digit_rest_term[np.arange(N), s_digit_place] = 0  # (8)
    s_digit_rest = np.sum(s_digit_rest_term, axis=1)  # (8)
    both = np.empty((N, 24), dtype)  # (10)
    both[:, :12] = left_code  # (10)
    both[:, 12:] = right_code  # (11)
    apart = both.dot(W_apart)  # (12)
    apart += b_apart  # (12)
    t = np.subtract(z_digit[np.arange(N), label], z_digit_max)  # (13)
    u = np.log1p(s_digit_rest)  # (13) log1p(s_digit_rest)
    L1_term = np.subtract(t, u, out=t)  # (13)
    L1 = np.sum(L1_term)  # (13)
    L1 = (-L1) / N  # (13)
    t = np.subtract(apart, distance)  # (14) apart − distance
    L2_term = np.multiply(t, t, out=t)  # (14)
    L2 = np.sum(L2_term)  # (14)
    L2 = L2 / N  # (14)
    L_total = L1  # (15)
    L_total += L2 / 2  # (15)
    return L_total


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    label: np.ndarray,
    distance: np.ndarray,
    *,
    cotangent: float = 1.0,
    out: dict[str, np.ndarray] | None = None,
    microbatch: int | None = None,
    map=map,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``.

    Where ``out`` is given, such as an earlier gradient, its arrays are written into and
    handed back; they may share no memory with what is read.

    With ``microbatch`` the examples go through in parts of that many, in memory for one
    part; the result is that of the whole batch to rounding. The ``map`` of a pool of
    threads computes parts at the same time, and adds them up in the same order.
    A batch of 4486 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "label": label, "distance": distance}
    )
    (
        W_left_code,
        b_left_code,
        W_digit,
        b_digit,
        W_apart,
        b_apart,
        left,
        right,
        label,
        distance,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 1891 stay in the cache
        microbatch = N if N < 4486 else -(-N // (N // 1891))
    if microbatch < N:
        return _in_parts(
            params,
            {"left": left, "right": right, "label": label, "distance": distance},
            cotangent,
            out,
            microbatch,
            map,
            dtype,
            N,
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, left, right, label, distance)
    work = _borrow(_LossAndGradWork, dtype, N)
    z_left_code = left.dot(W_left_code, out=work.z_left_code)  # (1)
    work.spread[...] = b_left_code  # (1)
    z_left_code += work.spread  # (1)
    left_code = np.tanh(z_left_code, out=work.left_code)  # (2)
    z_right_code = right.dot(W_left_code, out=work.z_right_code)  # (3)
    work.spread[...] = b_left_code  # (3)
    z_right_code += work.spread  # (3)
    right_code = np.tanh(z_right_code, out=work.right_code)  # (4)
    z_digit = work.z_digit
    W_digit.T.dot(left_code.T, out=z_digit.T)  # (5)
    work.spread2[...] = b_digit  # (5)
    z_digit += work.spread2  # (5)
    z_digit_max = np.maximum.reduce(z_digit, axis=1, out=work.z_digit_max)  # (6)
    work.spread2[...] = z_digit_max[:, None]  # (7)
    t = np.subtract(z_digit, work.spread2, out=work.s_digit_term)  # (7)
    s_digit_term = np.exp(t, out=t)  # (7)
    s_digit = work.ones.dot(s_digit_term.T, out=work.s_digit)  # (8)
    s_digit_place = z_digit.argmax(axis=1)  # (8)
    s_digit_rest_term = work.s_digit_rest_term
    np.copyto(s_digit_rest_term, s_digit_term)  # (8)
    s_digit_rest_term[work.numbers, s_digit_place] = 0  # (8)
    s_digit_rest = work.ones.dot(s_digit_rest_term.T, out=work.s_digit_rest)  # (8)
    work.spread2[...] = s_digit[:, None]  # (9)
    digit = np.divide(s_digit_term, work.spread2, out=work.s_digit_rest_term)  # (9)
    both = work.both  # (10)
    both[:, :12] = left_code  # (10)
    both[:, 12:] = right_code  # (11)
    apart = both.dot(W_apart, out=work.apart)  # (12)
    work.spread3[...] = b_apart  # (12)
    apart += work.spread3  # (12)
    t = np.subtract(z_digit[work.numbers, label], z_digit_max, out=work.L1_term)  # (13)
    u = np.log1p(s_digit_rest, out=work.u)  # (13) log1p(s_digit_rest)
    L1_term = np.subtract(t, u, out=t)  # (13)
    L1 = np.add.reduce(L1_term)  # (13)
    L1 = (-L1) / N  # (13)
    apart_less = np.subtract(apart, distance, out=work.apart_less)  # (14)
    L2 = apart_less.ravel().dot(apart_less.ravel())  # (14)
    L2 = L2 / N  # (14)
    L_total = L1  # (15)
    L_total += L2 / 2  # (15)
    work.scale[...] = cotangent / N
    apart_bar = np.multiply(work.scale, apart_less, out=work.apart)  # (16)
    b_apart_bar = work.ones2.dot(apart_bar, out=out["b_apart"])  # (17)
    both_bar = apart_bar.dot(W_apart.T, out=work.both_bar)  # (18)
    W_apart_bar = both.T.dot(apart_bar, out=out["W_apart"])  # (19)
    # (21) 1 − s_digit_term
    t = np.subtract(work.one, s_digit_term[work.numbers, label], out=work.L1_term)
    np.add(s_digit_rest, t, out=t)  # (21) s_digit_rest + 1 − s_digit_term
    work.scale[...] = -cotangent / N
    np.multiply(work.scale, t, out=t)
    z_digit_bar_chosen = np.divide(t, s_digit, out=t)  # (21)
    work.scale[...] = cotangent / N
    z_digit_bar = np.multiply(work.scale, digit, out=work.s_digit_term)  # (21)
    z_digit_bar[work.numbers, label] = z_digit_bar_chosen  # (21)
    b_digit_bar = z_digit_bar.T.dot(work.ones2, out=out["b_digit"])  # (22)
    left_code_bar = work.right_code
    np.copyto(left_code_bar, both_bar[:, :12])  # (23)
    t = z_digit_bar.dot(W_digit.T, out=work.t)  # (23)
    left_code_bar += t  # (23)
    W_digit_bar = left_code.T.dot(z_digit_bar, out=out["W_digit"])  # (24)
    for some, u in work.blocks:  # (25)
        t = work.z_right_code_to_z_left_code[some]
        np.negative(t, out=u)  # (25), (26) −z_right_code
        np.minimum(t, u, out=t)  # (25), (26) −|z_right_code|
        np.exp(t, out=t)  # (25), (26) exp(−|z_right_code|)
        np.multiply(t, t, out=t)  # (25), (26) exp(−|z_right_code|)²
        np.add(work.one, t, out=u)  # (25), (26) exp(−|z_right_code|)² + 1
        np.multiply(u, u, out=u)  # (25), (26) (exp(−|z_right_code|)² + 1)²
        np.multiply(work.four, t, out=t)
        np.divide(t, u, out=t)  # (25), (26)
    z_right_code_factors = work.z_right_code_to_z_left_code
    # (25)
    z_right_code_bar = np.multiply(
        both_bar[:, 12:], z_right_code_factors[0], out=work.left_code
    )
    # (26); z_left_code_bar lives in left_code_bar
    z_left_code_bar = np.multiply(
        left_code_bar, z_right_code_factors[1], out=left_code_bar
    )
    b_left_code_bar = work.ones2.dot(z_right_code_bar, out=out["b_left_code"])  # (27)
    t = work.ones2.dot(z_left_code_bar, out=work.t2)  # (27)
    b_left_code_bar += t  # (27)
    W_left_code_bar = right.T.dot(z_right_code_bar, out=out["W_left_code"])  # (28)
    t = left.T.dot(z_left_code_bar, out=work.t3)  # (28)
    W_left_code_bar += t  # (28)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W_left_code": W_left_code_bar,
        "b_left_code": b_left_code_bar,
        "W_digit": W_digit_bar,
        "b_digit": b_digit_bar,
        "W_apart": W_apart_bar,
        "b_apart": b_apart_bar,
    }
    return L_total, grads


def _arguments(
    params: dict[str, np.ndarray], given: dict[str, np.ndarray]
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """The parameters and what was given, checked and of one dtype, and the free sizes.

    The dtype is that of the parameters; complex or object inputs raise it. Types, shapes
    and dtypes that have passed once pass at once from then on.
    """
    key = []
    try:
        arrays = [*map(params.get, PARAMETERS), *given.values()]
        for array in arrays:
            key += type(array), array.shape, array.dtype
        key.append(len(params))
        dtype, sizes, casts, labels = _PASSED[tuple(key)]
    except (AttributeError, KeyError):
        return _examined(params, given, tuple(key))
    for position in casts:
        arrays[position] = arrays[position].astype(dtype)
    for position, name in labels:
        arrays[position] = _labels(name, arrays[position], INTEGERS[name])
    return dtype, arrays, sizes


_PASSED: dict[tuple, tuple[np.dtype, dict[str, int], list, list]] = {}


def _examined(
    params: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    key: tuple,
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """What ``_arguments`` returns, looked at one by one, and kept under ``key``."""
    unknown = [name for name in params if name not in PARAMETERS]
    missing = [name for name in PARAMETERS if name not in params]
    if unknown or missing:
        raise KeyError(f"params: unknown {unknown}, missing {missing}")
    sizes: dict[str, int] = {}
    shapes = {**PARAMETERS, **INPUTS, **TARGETS}
    values = {**{name: params[name] for name in PARAMETERS}, **given}
    arrays = [_fitted(name, each, shapes[name], sizes) for name, each in values.items()]
    leading = [n in PARAMETERS or a.dtype.kind in "cO" for n, a in zip(values, arrays)]
    wide = [a for a, leads in zip(arrays, leading) if leads]
    dtypes = {a.dtype for a in wide} or {np.dtype(DTYPE)}
    dtype = dtypes.pop() if len(dtypes) == 1 else np.result_type(*dtypes)
    dtype = np.dtype(DTYPE) if dtype.kind in "biu" else dtype.newbyteorder("=")
    plain = all(a is value for a, value in zip(arrays, values.values()))
    casts, labels = [], []
    for position, name in enumerate(values):
        if name in INTEGERS:
            labels.append((position, name))
            arrays[position] = _labels(name, arrays[position], INTEGERS[name])
        elif arrays[position].dtype != dtype:
            casts.append(position)
            arrays[position] = arrays[position].astype(dtype)
    if plain:
        if len(_PASSED) >= 64:
            _PASSED.clear()
        _PASSED[key] = dtype, sizes, casts, labels
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
    if array.dtype != np.intp:
        array = array.astype(np.intp)
    counts = array.view(np.uintp)  # in which what is below 0 is far above
    if array.size and not np.maximum.reduce(counts, axis=None) < classes:
        raise ValueError(
            f"{name} holds {array.min()} … {array.max()}, not 0 … {classes - 1}"
        )
    return array


def _require_examples(sizes: dict[str, int]) -> None:
    """A mean over nothing is not a number."""
    if 0 in sizes.values():
        empty = next(name for name, length in sizes.items() if length == 0)
        raise ValueError(f"{empty} is 0: the loss of no examples is not defined")


def _in_parts(
    params: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    cotangent: float,
    out: dict[str, np.ndarray] | None,
    microbatch: int,
    map,
    dtype: np.dtype,
    N: int,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, from those of parts of the batch."""
    if microbatch < 1:
        raise ValueError(f"microbatch is {microbatch}, not a number of examples")
    if out is not None:
        _require_fit(out, dtype, params, *given.values())
    shapes = {**INPUTS, **TARGETS}
    sliced = [shapes[name][:1] == ("N",) for name in given]

    def part(start: int) -> tuple[float, dict[str, np.ndarray]]:
        rows = slice(start, start + microbatch)
        some = [a[rows] if cut else a for a, cut in zip(given.values(), sliced)]
        share = min(microbatch, N - start) / N  # of the mean
        place = out if start == 0 else None  # the others are added to it
        value, grads = loss_and_grad(
            params,
            *some,
            cotangent=cotangent * share,
            out=place,
            microbatch=microbatch,
        )
        return share * value, grads

    total, sums = dtype.type(0), {}
    for value, grads in map(part, range(0, N, microbatch)):
        total += value
        for name, grad in grads.items():
            if name in sums:
                sums[name] += grad
            else:
                sums[name] = grad
    return total, sums


def release() -> None:
    """Let go of all arrays that are kept for the next call."""
    _IDLE.clear()


class _LossAndGradWork:
    """What loss_and_grad works in, for one dtype and one set of sizes."""

    def __init__(self, dtype: np.dtype, N: int) -> None:
        self.z_right_code_to_z_left_code = np.empty((2, N, 12), dtype)
        self.z_left_code = self.z_right_code_to_z_left_code[1]
        self.spread = np.empty((N, 12), dtype)
        self.left_code = np.empty((N, 12), dtype)
        self.z_right_code = self.z_right_code_to_z_left_code[0]
        self.right_code = np.empty((N, 12), dtype)
        self.z_digit = np.empty((10, N), dtype).T
        self.spread2 = np.empty((10, N), dtype).T
        self.z_digit_max = np.empty((N,), dtype)
        self.s_digit_term = np.empty((10, N), dtype).T
        self.s_digit = np.empty((N,), dtype)
        self.ones = np.ones((10,), dtype)
        self.ones.flags.writeable = False
        self.s_digit_rest_term = np.empty((10, N), dtype).T
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s_digit_rest = np.empty((N,), dtype)
        self.both = np.empty((N, 24), dtype)
        self.apart = np.empty((N, 1), dtype)
        self.spread3 = np.empty((N, 1), dtype)
        self.L1_term = np.empty((N,), dtype)
        self.u = np.empty((N,), dtype)
        self.apart_less = np.empty((N, 1), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.ones2 = np.ones((N,), dtype)
        self.ones2.flags.writeable = False
        self.both_bar = np.empty((N, 24), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.t = np.empty((N, 12), dtype)
        self.four = np.asarray(4, dtype=dtype)
        self.four.flags.writeable = False
        self.u2 = np.empty((_block(2, 12 * N, dtype), N, 12), dtype)
        self.blocks = _blocks(2, self.u2)
        self.t2 = np.empty((12,), dtype)
        self.t3 = np.empty((64, 12), dtype)


_IDLE: dict[tuple, list] = {}  # by class, dtype and sizes, what no call is using


def _borrow(kind: type, dtype: np.dtype, *sizes: int):
    """Arrays to work in, an object of this kind: those of an earlier call, else new ones.

    They belong to the call until it gives them back, so two threads never share any.
    """
    key = (kind, dtype, *sizes)
    try:
        return _IDLE[key].pop()
    except IndexError:
        return kind(dtype, *sizes)
    except KeyError:
        for oldest in list(_IDLE)[:-7]:
            _IDLE.pop(oldest, None)
        return kind(dtype, *sizes)


def _give_back(work: object, kind: type, dtype: np.dtype, *sizes: int) -> None:
    """Keep these arrays for the next call."""
    _IDLE.setdefault((kind, dtype, *sizes), []).append(work)


_BLOCK = 2**18  # bytes of each array that a long chain of calls works on at a time


def _block(count: int, elements: int, dtype: np.dtype) -> int:
    """How many rows of so many elements make a block: all, if they are few."""
    return max(1, min(count, _BLOCK // max(1, elements * np.dtype(dtype).itemsize)))


def _blocks(count: int, *arrays: np.ndarray) -> list[tuple]:
    """The rows from 0 to ``count`` in blocks, and with each as many rows of ``arrays``."""
    step = len(arrays[0])
    starts = range(0, count, step)
    return [(slice(i, i + step), *(a[: count - i] for a in arrays)) for i in starts]


_ANEW: dict[str, None] = dict.fromkeys(PARAMETERS)  # for each gradient: a new array


def _require_fit(
    out: dict[str, np.ndarray],
    dtype: np.dtype,
    params: dict[str, np.ndarray],
    *given: np.ndarray,
) -> None:
    """Gradients go into arrays of their kind, apart from each other and from what is read."""
    if out.keys() != PARAMETERS.keys():
        raise KeyError(f"out has the keys {list(out)}, not {list(PARAMETERS)}")
    held: dict[int, list[np.ndarray]] = {}  # by whose memory it is
    for array in (*params.values(), *given):
        held.setdefault(_owner(array), []).append(array)
    for name, array in out.items():
        shape = np.shape(params[name])
        if not isinstance(array, np.ndarray):
            raise TypeError(f"out[{name!r}] is no array")
        if array.shape != shape or array.dtype != dtype:
            found = f"has shape {array.shape} and dtype {array.dtype}"
            raise ValueError(f"out[{name!r}] {found}, not {shape} and {dtype}")
        if not (array.flags.c_contiguous and array.flags.writeable):
            raise ValueError(f"out[{name!r}] is not contiguous and writeable")
        others = held.setdefault(_owner(array), [])
        if any(np.may_share_memory(array, other) for other in others):
            raise ValueError(f"out[{name!r}] shares memory with another array")
        others.append(array)


def _owner(array: np.ndarray) -> int:
    """Which object has the memory of an array."""
    if isinstance(array, np.ndarray) and array.base is not None:
        return id(array.base)
    return id(array)
