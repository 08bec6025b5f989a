"""neuron: dense

Made by symbprop 0.1.0 from neuron.yaml (sha256 b165d28068bbdbf8).
To change it, change neuron.yaml and run: symbprop compile neuron.yaml
Verified by 14 probes; the certificate is sha256 858eec1afba73f83.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z (1)    k  x (4)

Forward
    (1)  z[n,j] = Σₖ x[n,k] W[k,j] + b[j]
    (2)  a[n,j] = 1 / (1 + exp(−z[n,j]))
    (3)  L = Σₙⱼ (a[n,j] − y[n,j])² / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (4)  ā[n,j] = 2 (a[n,j] − y[n,j]) / N                                 from (3)
    (5)  z̄[n,j] = ā[n,j] a[n,j] (1 − a[n,j])                              from (2)
    (6)  b̄[j] = Σₙ z̄[n,j]                                                 from (1)
    (7)  W̄[k,j] = Σₙ x[n,k] z̄[n,j]                                        from (1)

Cost of one call of the last function
    58 N + 2 floating-point operations, 184 N + 112 bytes read or written (float64)
    5 parameters
    8 N bytes kept from forward to backward: a
"""

import numpy as np

NAME = "neuron"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W": (4, 1),
    "b": (1,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 4),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "y": ("N", 1),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "a": ("N", 1),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "y": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W": "\\bar{W}_{kj} = \\sum_{n} x_{nk} \\bar{z}_{nj}",
    "b": "\\bar{b}_{j} = \\sum_{n} \\bar{z}_{nj}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W": 1.0954451150103321 * rng.uniform(-1, 1, (4, 1)),  # glorot_uniform
        "b": np.zeros((1,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: a [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W, b, x = arrays
    z = x.dot(W)  # (1)
    z += b  # (1)
    t = np.negative(z)  # (2) −z
    np.minimum(z, t, out=t)  # (2) −|z|
    np.exp(t, out=t)  # (2) exp(−|z|)
    u = np.add(1, t)  # (2) 1 + exp(−|z|)
    v = np.greater_equal(z, 0)
    np.maximum(t, v, out=t)  # (2) {1 if z ≥ 0 else exp(−|z|)}
    a = np.divide(t, u, out=t)  # (2)
    return a


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W, b, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z = x.dot(W)  # (1)
    z += b  # (1)
    t = np.negative(z)  # (3) −z
    np.minimum(z, t, out=t)  # (3) −|z|
    np.exp(t, out=t)  # (3) exp(−|z|)
    u = np.add(1, t)  # (3) 1 + exp(−|z|)
    np.multiply(u, u, out=u)  # (3) (1 + exp(−|z|))²
    v = np.greater_equal(z, 0)
    w = np.multiply(y, t)
    r = np.subtract(y, 1)  # (3) y − 1
    np.add(w, r, out=w)  # (3) y exp(−|z|) + y − 1
    np.multiply(w, w, out=w)  # (3) (y exp(−|z|) + y − 1)²
    np.multiply(r, t, out=r)
    np.add(y, r, out=r)  # (3) y + exp(−|z|) (y − 1)
    np.multiply(r, r, out=r)  # (3) (y + exp(−|z|) (y − 1))²
    _either(v, w, r, out=w)  # (3)
    L_term = np.divide(w, u, out=w)  # (3)
    L = np.sum(L_term)  # (3)
    L = L / N  # (3)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
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
    A batch of 131266 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W, b, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 30242 stay in the cache
        microbatch = N if N < 131266 else -(-N // (N // 30242))
    if microbatch < N:
        return _in_parts(
            params, {"x": x, "y": y}, cotangent, out, microbatch, map, dtype, N
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, y)
    work = _borrow(_LossAndGradWork, dtype, N)
    z = x.dot(W, out=work.z)  # (1)
    work.spread[...] = b  # (1)
    z += work.spread  # (1)
    t = np.negative(z, out=work.z_wide_exp)  # (3) −z
    np.minimum(z, t, out=t)  # (3) −|z|
    z_wide_exp = _wide_exp(t, out=t)  # (3)
    t = np.add(work.one, z_wide_exp, out=work.t)  # (3) 1 + z_wide_exp
    np.multiply(t, t, out=t)  # (3) (1 + z_wide_exp)²
    u = np.greater_equal(z, work.zero, out=work.u)
    v = np.multiply(y, z_wide_exp, out=work.L_term)
    w = np.subtract(y, work.one, out=work.w)  # (3) y − 1
    np.add(v, w, out=v)  # (3) y z_wide_exp + y − 1
    np.multiply(v, v, out=v)  # (3) (y z_wide_exp + y − 1)²
    np.multiply(w, z_wide_exp, out=w)
    np.add(y, w, out=w)  # (3) y + z_wide_exp (y − 1)
    np.multiply(w, w, out=w)  # (3) (y + z_wide_exp (y − 1))²
    _either(u, v, w, out=v)  # (3)
    L_term = np.divide(v, t, out=v)  # (3)
    L = np.add.reduce(L_term, axis=None)  # (3)
    L = L / N  # (3)
    t = np.add(work.one, z_wide_exp, out=work.t)  # (5) 1 + z_wide_exp
    u = np.multiply(t, t, out=work.u2)
    np.multiply(u, t, out=u)  # (5) (1 + z_wide_exp)³
    t = np.less(z, work.zero, out=work.t2)
    v = np.maximum(z_wide_exp, t, out=work.v)  # (5) {1 if z < 0 else z_wide_exp}
    t = np.multiply(work.two, y, out=work.t)
    np.multiply(t, z_wide_exp, out=t)
    np.multiply(t, v, out=t)
    v = np.subtract(work.one, y, out=work.L_term)  # (5) 1 − y
    w = np.greater_equal(z, work.zero, out=work.w2)
    r = np.maximum(z_wide_exp, w, out=work.r)  # (5) {1 if z ≥ 0 else z_wide_exp}
    np.multiply(work.two, v, out=v)
    np.multiply(v, z_wide_exp, out=v)
    np.multiply(v, r, out=v)
    np.subtract(v, t, out=v)  # (5)
    work.scale[...] = cotangent / N
    np.multiply(work.scale, v, out=v)
    z_bar = np.divide(v, u, out=v)  # (5)
    b_bar = work.ones.dot(z_bar, out=out["b"])  # (6)
    W_bar = x.T.dot(z_bar, out=out["W"])  # (7)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W": W_bar,
        "b": b_bar,
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
        self.z = np.empty((N, 1), dtype)
        self.spread = np.empty((N, 1), dtype)
        self.z_wide_exp = np.empty((N, 1), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.t = np.empty((N, 1), dtype)
        self.u = np.empty((N, 1), bool)
        self.L_term = np.empty((N, 1), dtype)
        self.w = np.empty((N, 1), dtype)
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.u2 = np.empty((N, 1), dtype)
        self.t2 = np.empty((N, 1), bool)
        self.v = np.empty((N, 1), dtype)
        self.w2 = np.empty((N, 1), bool)
        self.r = np.empty((N, 1), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False


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


def _either(
    condition: np.ndarray,
    chosen: np.ndarray,
    other: np.ndarray,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """``np.where(condition, chosen, other)``, for many elements without a branch for each.

    Then bits that differ are changed where the condition holds: several times as fast.
    """
    few = condition.size < 4096 or not condition.shape == chosen.shape == other.shape
    if few or chosen.dtype != other.dtype or chosen.dtype.char not in "fd":
        found = np.where(condition, chosen, other)
        if out is None:
            return found
        out[...] = found
        return out
    bits = np.int32 if chosen.itemsize == 4 else np.int64
    kept = other.view(bits)
    changed = np.bitwise_xor(chosen.view(bits), kept)
    changed *= condition
    if out is None:
        return np.bitwise_xor(changed, kept, out=changed).view(chosen.dtype)
    np.bitwise_xor(changed, kept, out=out.view(bits))
    return out


def _wide_exp(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The exponential, in double precision also where x is single: to half an ulp."""
    if x.dtype != np.float32:
        return np.exp(x, out=out)
    into = np.empty_like(x) if out is None else out
    return np.exp(x, out=into, dtype=np.float64, casting="same_kind")


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
