"""formula_layer: dense → formula → formula

Made by symbprop 0.1.0 from formula_layer.yaml (sha256 6a5efa1af66ae875).
To change it, change formula_layer.yaml and run: symbprop compile formula_layer.yaml
Verified by 56 probes; the certificate is sha256 5a1b6fc740f51a5b.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z (6)    k  features (7)    o  y3 (3)

Forward
    (1)  z[n,j] = Σₖ features[n,k] W[k,j] + b[j]
    (2)  y2[n,j] = z[n,j] / (1 + exp(−z[n,j] beta[j]))
    (3)  y3[n,o] = Σ_{j,j'} y2[n,j] B[o,j,j'] y2[n,j'] + c[o]
    (4)  L = Σₙₒ (y3[n,o] − y[n,o])² / (3 N)

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (5)  ȳ3[n,o] = 2 (y3[n,o] − y[n,o]) / (3 N)                           from (4)
    (6)  c̄[o] = Σₙ ȳ3[n,o]                                                from (3)
    (7)  B̄[o,j,j'] = Σₙ y2[n,j] y2[n,j'] ȳ3[n,o]                          from (3)
    (8)  ȳ2[n,j] = Σ_{o,j'} y2[n,j'] ȳ3[n,o] (B[o,j,j'] + B[o,j',j])      from (3)
    (9)  z̄[n,j] = ȳ2[n,j] (beta[j] y2[n,j] + exp(z[n,j] beta[j])) / (1 + exp(z[n,j] beta[j]))  from (2)
    (10) b̅e̅t̅a̅[j] = Σₙ z[n,j]² ȳ2[n,j] exp(−z[n,j] beta[j]) / (1 + exp(−z[n,j] beta[j]))²  from (2)
    (11) b̄[j] = Σₙ z̄[n,j]                                                 from (1)
    (12) W̄[k,j] = Σₙ features[n,k] z̄[n,j]                                 from (1)

Cost of one call of the last function
    1254 N + 111 floating-point operations, 2224 N + 6224 bytes read or written (float64)
    165 parameters
    120 N bytes kept from forward to backward: y3, y2, z
"""

import numpy as np

NAME = "formula_layer"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W": (7, 6),
    "b": (6,),
    "beta": (6,),
    "B": (3, 6, 6),
    "c": (3,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "features": ("N", 7),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "y": ("N", 3),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "y3": ("N", 3),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {}
FORMULAS: dict[str, str] = {
    "W": "\\bar{W}_{kj} = \\sum_{n} \\mathrm{features}_{nk} \\bar{z}_{nj}",
    "b": "\\bar{b}_{j} = \\sum_{n} \\bar{z}_{nj}",
    "beta": "\\bar{\\beta}_{j} = \\sum_{n} \\frac{z_{nj}^{2} \\bar{y}^{(2)}_{nj} \\exp\\left(-z_{nj} \\beta_{j}\\right)}{{\\left(1 + \\exp\\left(-z_{nj} \\beta_{j}\\right)\\right)}^{2}}",
    "B": "\\bar{B}_{ojj'} = \\sum_{n} y^{(2)}_{nj} y^{(2)}_{nj'} \\bar{y}^{(3)}_{no}",
    "c": "\\bar{c}_{o} = \\sum_{n} \\bar{y}^{(3)}_{no}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W": 0.6793662204867574 * rng.uniform(-1, 1, (7, 6)),  # glorot_uniform
        "b": np.zeros((6,)),
        "beta": np.full((6,), 1),
        "B": 0.408248290463863 * rng.uniform(-1, 1, (3, 6, 6)),  # glorot_uniform
        "c": np.zeros((3,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    features: np.ndarray,
) -> np.ndarray:
    """The output: y3 [N, 3]."""
    dtype, arrays, sizes = _arguments(params, {"features": features})
    W, b, beta, B, c, features = arrays
    N = sizes["N"]
    z = features.dot(W)  # (1)
    z += b  # (1)
    np.maximum(-(2.0**100), z, out=z)  # (2) max(−2¹⁰⁰, z)
    t = np.multiply(beta, z)
    u = np.negative(t)  # (2) −beta max(−2¹⁰⁰, z)
    np.minimum(t, u, out=u)  # (2)
    np.exp(u, out=u)  # (2)
    v = np.add(1, u)  # (2)
    w = np.greater_equal(t, 0)
    np.maximum(u, w, out=u)  # (2)
    np.multiply(z, u, out=z)
    y2 = np.divide(z, v, out=z)  # (2); y2 lives in z
    y3_part = y2.dot(B.transpose(1, 0, 2).reshape(6, 18)).reshape(N, 3, 6)  # (3)
    y3 = np.matmul(y2[:, None, :], y3_part.transpose(0, 2, 1))[:, 0]  # (3)
    y3 += c  # (3)
    return y3


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    features: np.ndarray,
    y: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"features": features, "y": y})
    W, b, beta, B, c, features, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z = features.dot(W)  # (1)
    z += b  # (1)
    np.maximum(-(2.0**100), z, out=z)  # (2) max(−2¹⁰⁰, z)
    t = np.multiply(beta, z)
    u = np.negative(t)  # (2) −beta max(−2¹⁰⁰, z)
    np.minimum(t, u, out=u)  # (2)
    np.exp(u, out=u)  # (2)
    v = np.add(1, u)  # (2)
    w = np.greater_equal(t, 0)
    np.maximum(u, w, out=u)  # (2)
    np.multiply(z, u, out=z)
    y2 = np.divide(z, v, out=z)  # (2); y2 lives in z
    y3_part = y2.dot(B.transpose(1, 0, 2).reshape(6, 18)).reshape(N, 3, 6)  # (3)
    y3 = np.matmul(y2[:, None, :], y3_part.transpose(0, 2, 1))[:, 0]  # (3)
    y3 += c  # (3)
    t = np.subtract(y3, y)  # (4) y3 − y
    L_term = np.multiply(t, t, out=t)  # (4)
    L = np.sum(L_term)  # (4)
    L = L / (3 * N)  # (4)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    features: np.ndarray,
    y: np.ndarray,
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
    A batch of 22796 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"features": features, "y": y})
    W, b, beta, B, c, features, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 2850 stay in the cache
        microbatch = N if N < 22796 else -(-N // (N // 2850))
    if microbatch < N:
        return _in_parts(
            params,
            {"features": features, "y": y},
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
        _require_fit(out, dtype, params, features, y)
    work = _borrow(_LossAndGradWork, dtype, N)
    z = features.dot(W, out=work.z)  # (1)
    work.spread[...] = b  # (1)
    z += work.spread  # (1)
    t = np.maximum(-(2.0**100), z, out=work.y2)  # (2) max(−2¹⁰⁰, z)
    work.spread[...] = beta
    u = np.multiply(work.spread, t, out=work.u)
    v = np.negative(u, out=work.v)  # (2) −beta max(−2¹⁰⁰, z)
    np.minimum(u, v, out=v)  # (2)
    np.exp(v, out=v)  # (2)
    w = np.add(work.one, v, out=work.w)  # (2)
    r = np.greater_equal(u, work.zero, out=work.r)
    np.maximum(v, r, out=v)  # (2)
    np.multiply(t, v, out=t)
    y2 = np.divide(t, w, out=t)  # (2)
    y3_part = work.y3_part
    y2.dot(B.transpose(1, 0, 2).reshape(6, 18), out=y3_part.reshape(N, 18))  # (3)
    y3 = np.matmul(y2[:, None, :], y3_part.transpose(0, 2, 1))[:, 0]  # (3)
    work.spread2[...] = c  # (3)
    y3 += work.spread2  # (3)
    y3_less = np.subtract(y3, y, out=work.y3_less)  # (4)
    L = y3_less.ravel().dot(y3_less.ravel())  # (4)
    L = L / (3 * N)  # (4)
    work.scale[...] = 2 * cotangent / (3 * N)
    y3_bar = np.multiply(work.scale, y3_less, out=work.y3_bar)  # (5)
    c_bar = work.ones.dot(y3_bar, out=out["c"])  # (6)
    B_bar_part = np.multiply(y2[:, None], y3_bar[:, :, None], out=work.y3_part)  # (7)
    B_bar = B_bar_part.reshape(-1, 18).T.dot(y2).reshape(3, 6, 6)  # (7)
    y2_bar_term = np.add(B, B.transpose(0, 2, 1), out=work.y2_bar_term)  # (8)
    y2_bar_part = np.multiply(y2[:, None], y3_bar[:, :, None], out=work.y3_part)  # (8)
    # (8)
    y2_bar = np.dot(
        y2_bar_part.reshape(-1, 18),
        y2_bar_term.transpose(0, 2, 1).reshape(18, 6),
        out=work.y2_bar,
    )
    work.spread[...] = beta
    t = np.multiply(work.spread, z, out=work.t)
    u = np.negative(t, out=work.u)  # (9) −z beta
    np.minimum(t, u, out=u)  # (9) −|z beta|
    np.exp(u, out=u)  # (9) exp(−|z beta|)
    v = np.add(work.one, u, out=work.v)  # (9) 1 + exp(−|z beta|)
    w = np.minimum(2.0**100, y2, out=work.z_bar)  # (9) min(2¹⁰⁰, y2)
    r = np.less(t, work.zero, out=work.r)
    q = np.maximum(u, r, out=work.q)  # (9) {1 if z beta < 0 else exp(−|z beta|)}
    work.spread[...] = beta
    np.multiply(work.spread, w, out=w)
    np.multiply(w, q, out=w)
    q = np.greater_equal(t, work.zero, out=work.q2)
    np.maximum(u, q, out=u)  # (9) {1 if z beta ≥ 0 else exp(−|z beta|)}
    np.add(w, u, out=w)  # (9)
    np.multiply(y2_bar, w, out=w)
    z_bar = np.divide(w, v, out=w)  # (9)
    t = np.minimum(2.0**100, z, out=work.t)  # (10) min(2¹⁰⁰, z)
    np.maximum(-(2.0**100), t, out=t)  # (10) max(−2¹⁰⁰, min(2¹⁰⁰, z))
    work.spread[...] = beta
    u = np.multiply(work.spread, t, out=work.u)
    v = np.negative(u, out=work.v)  # (10) −beta max(−2¹⁰⁰, min(2¹⁰⁰, z))
    np.minimum(u, v, out=u)  # (10)
    np.exp(u, out=u)  # (10)
    v = np.add(work.one, u, out=work.v)  # (10)
    np.multiply(v, v, out=v)  # (10)
    np.multiply(t, t, out=t)  # (10) max(−2¹⁰⁰, min(2¹⁰⁰, z))²
    np.multiply(y2_bar, u, out=y2_bar)
    np.multiply(y2_bar, t, out=y2_bar)
    beta_bar_term = np.divide(y2_bar, v, out=y2_bar)  # (10)
    beta_bar = work.ones.dot(beta_bar_term, out=out["beta"])  # (10)
    b_bar = work.ones.dot(z_bar, out=out["b"])  # (11)
    W_bar = features.T.dot(z_bar, out=out["W"])  # (12)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W": W_bar,
        "b": b_bar,
        "beta": beta_bar,
        "B": _into(out["B"], B_bar),
        "c": c_bar,
    }
    return L, grads


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
        self.z = np.empty((N, 6), dtype)
        self.spread = np.empty((N, 6), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.y2 = np.empty((N, 6), dtype)
        self.u = np.empty((N, 6), dtype)
        self.v = np.empty((N, 6), dtype)
        self.w = np.empty((N, 6), dtype)
        self.r = np.empty((N, 6), bool)
        self.y3_part = np.empty((N, 3, 6), dtype)
        self.spread2 = np.empty((N, 3), dtype)
        self.y3_less = np.empty((N, 3), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.y3_bar = np.empty((N, 3), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.y2_bar_term = np.empty((3, 6, 6), dtype)
        self.y2_bar = np.empty((N, 6), dtype)
        self.t = np.empty((N, 6), dtype)
        self.z_bar = np.empty((N, 6), dtype)
        self.q = np.empty((N, 6), dtype)
        self.q2 = np.empty((N, 6), bool)


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


def _into(place: np.ndarray | None, gradient: np.ndarray) -> np.ndarray:
    """A gradient in its place, if it has one."""
    if place is None:
        return gradient
    place[...] = gradient
    return place


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
