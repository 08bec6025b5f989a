"""mnist_keras: dense → dense

Made by symbprop 0.1.0 from mnist_keras.yaml (sha256 145b7c202f88b725).
To change it, change mnist_keras.yaml and run: symbprop compile mnist_keras.yaml
Verified by 52 probes; the certificate is sha256 768f1418e887bc70.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z1 (10)    k  x (784)    m  z2 (10)

Forward
    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j] + b1[j]
    (2)  h[n,j] = max(z1[n,j], 0)
    (3)  z2[n,m] = Σⱼ h[n,j] W2[j,m] + b2[m]
    (4)  z2_max[n] = maxₘ z2[n,m]
    (5)  s_term[n,m] = exp(z2[n,m] − z2_max[n])
    (6)  s[n] = Σₘ s_term[n,m]
    (7)  p[n,m] = s_term[n,m] / s[n]
    (8)  L = −Σₙ (z2[n,label[n]] − z2_max[n] − log(s[n])) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (9)  z̄2[n,m] = (p[n,m] − δ[m,label[n]]) / N                           from (8)
    (10) b̄2[m] = Σₙ z̄2[n,m]                                               from (3)
    (11) h̄[n,j] = Σₘ W2[j,m] z̄2[n,m]                                      from (3)
    (12) W̄2[j,m] = Σₙ h[n,j] z̄2[n,m]                                      from (3)
    (13) z̄1[n,j] = h̄[n,j] 1[z1[n,j] > 0]                                  from (2)
    (14) b̄1[j] = Σₙ z̄1[n,j]                                               from (1)
    (15) W̄1[k,j] = Σₙ x[n,k] z̄1[n,j]                                      from (1)

Cost of one call of the last function
    32167 N + 3 floating-point operations, 15296 N + 128200 bytes read or written (float64)
    7,960 parameters
    240 N bytes kept from forward to backward: p, h, z1
"""

import numpy as np

NAME = "mnist_keras"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W1": (784, 10),
    "b1": (10,),
    "W2": (10, 10),
    "b2": (10,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 784),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "label": ("N",),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "p": ("N", 10),
}
INTEGERS: dict[str, int] = {
    "label": 10,
}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W1": "\\bar{W}^{(1)}_{kj} = \\sum_{n} x_{nk} \\bar{z}^{(1)}_{nj}",
    "b1": "\\bar{b}^{(1)}_{j} = \\sum_{n} \\bar{z}^{(1)}_{nj}",
    "W2": "\\bar{W}^{(2)}_{jm} = \\sum_{n} h_{nj} \\bar{z}^{(2)}_{nm}",
    "b2": "\\bar{b}^{(2)}_{m} = \\sum_{n} \\bar{z}^{(2)}_{nm}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": 0.0869291381699617 * rng.uniform(-1, 1, (784, 10)),  # glorot_uniform
        "b1": np.zeros((10,)),
        "W2": 0.5477225575051661 * rng.uniform(-1, 1, (10, 10)),  # glorot_uniform
        "b2": np.zeros((10,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 10]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W1, b1, W2, b2, x = arrays
    z1 = _narrow_dot(x, W1)  # (1)
    z1 += b1  # (1)
    h = np.maximum(z1, 0, out=z1)  # (2); h lives in z1
    z2 = h.dot(W2)  # (3)
    z2 += b2  # (3)
    z2_max = np.max(z2, axis=1)  # (4)
    np.subtract(z2, z2_max[:, None], out=z2)  # (5) z2 − z2_max
    s_term = np.exp(z2, out=z2)  # (5); s_term lives in z2
    s = np.sum(s_term, axis=1)  # (6)
    p = np.divide(s_term, s[:, None], out=s_term)  # (7); p lives in s_term
    return p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z1 = _narrow_dot(x, W1)  # (1)
    z1 += b1  # (1)
    h = np.maximum(z1, 0, out=z1)  # (2); h lives in z1
    z2 = h.dot(W2)  # (3)
    z2 += b2  # (3)
    z2_max = np.max(z2, axis=1)  # (4)
    t = np.subtract(z2, z2_max[:, None])  # (5) z2 − z2_max
    s_term = np.exp(t, out=t)  # (5)
    s_place = z2.argmax(axis=1)  # (6)
    s_rest_term = s_term  # (6)
    s_rest_term[np.arange(N), s_place] = 0  # (6)
    s_rest = np.sum(s_rest_term, axis=1)  # (6)
    t = np.subtract(z2[np.arange(N), label], z2_max)  # (8) z2 − z2_max
    u = np.log1p(s_rest)  # (8) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (8)
    L = np.sum(L_term)  # (8)
    L = (-L) / N  # (8)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
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
    A batch of 1344 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 672 stay in the cache
        microbatch = N if N < 1344 else -(-N // (N // 672))
    if microbatch < N:
        return _in_parts(
            params, {"x": x, "label": label}, cotangent, out, microbatch, map, dtype, N
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, label)
    work = _borrow(_LossAndGradWork, dtype, N)
    z1 = _narrow_dot(x, W1, out=work.z1)  # (1)
    work.spread[...] = b1  # (1)
    z1 += work.spread  # (1)
    h = np.maximum(z1, work.zero, out=work.h)  # (2)
    z2 = work.z2
    W2.T.dot(h.T, out=z2.T)  # (3)
    work.spread2[...] = b2  # (3)
    z2 += work.spread2  # (3)
    z2_max = np.maximum.reduce(z2, axis=1, out=work.z2_max)  # (4)
    work.spread2[...] = z2_max[:, None]  # (5)
    t = np.subtract(z2, work.spread2, out=work.s_term)  # (5) z2 − z2_max
    s_term = np.exp(t, out=t)  # (5)
    s = work.ones.dot(s_term.T, out=work.s)  # (6)
    s_place = z2.argmax(axis=1)  # (6)
    s_rest_term = work.s_rest_term
    np.copyto(s_rest_term, s_term)  # (6)
    s_rest_term[work.numbers, s_place] = 0  # (6)
    s_rest = work.ones.dot(s_rest_term.T, out=work.s_rest)  # (6)
    work.spread2[...] = s[:, None]  # (7)
    p = np.divide(s_term, work.spread2, out=work.s_rest_term)  # (7)
    t = np.subtract(z2[work.numbers, label], z2_max, out=work.L_term)  # (8) z2 − z2_max
    u = np.log1p(s_rest, out=work.u)  # (8) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (8)
    L = np.add.reduce(L_term)  # (8)
    L = (-L) / N  # (8)
    t = np.subtract(work.one, s_term[work.numbers, label], out=work.L_term)  # (9)
    np.add(s_rest, t, out=t)  # (9) s_rest + 1 − s_term
    work.scale[...] = -cotangent / N
    np.multiply(work.scale, t, out=t)
    z2_bar_chosen = np.divide(t, s, out=t)  # (9)
    work.scale[...] = cotangent / N
    z2_bar = np.multiply(work.scale, p, out=work.s_term)  # (9)
    z2_bar[work.numbers, label] = z2_bar_chosen  # (9)
    b2_bar = z2_bar.T.dot(work.ones2, out=out["b2"])  # (10)
    h_bar = z2_bar.dot(W2.T, out=work.h_bar)  # (11)
    W2_bar = h.T.dot(z2_bar, out=out["W2"])  # (12)
    t = np.greater(z1, work.zero, out=work.t)
    z1_bar = np.multiply(h_bar, t, out=h_bar)  # (13); z1_bar lives in h_bar
    b1_bar = work.ones2.dot(z1_bar, out=out["b1"])  # (14)
    W1_bar = _tall_dot(x, z1_bar)  # (15)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W1": _into(out["W1"], W1_bar),
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
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
        self.z1 = np.empty((N, 10), dtype)
        self.spread = np.empty((N, 10), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.h = np.empty((N, 10), dtype)
        self.z2 = np.empty((10, N), dtype).T
        self.spread2 = np.empty((10, N), dtype).T
        self.z2_max = np.empty((N,), dtype)
        self.s_term = np.empty((10, N), dtype).T
        self.s = np.empty((N,), dtype)
        self.ones = np.ones((10,), dtype)
        self.ones.flags.writeable = False
        self.s_rest_term = np.empty((10, N), dtype).T
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s_rest = np.empty((N,), dtype)
        self.L_term = np.empty((N,), dtype)
        self.u = np.empty((N,), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.ones2 = np.ones((N,), dtype)
        self.ones2.flags.writeable = False
        self.h_bar = np.empty((N, 10), dtype)
        self.t = np.empty((N, 10), bool)


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


def _narrow_dot(
    a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None
) -> np.ndarray:
    """a @ b, where b is narrow: a stack of products of some rows each."""
    pieces = _pieces(len(a), b.size)
    if pieces < 2 or a.dtype == object:
        return a.dot(b, out=out)
    if out is None:
        out = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    rows = len(a) // pieces
    cut = rows * pieces
    stack = a[:cut].reshape(pieces, rows, -1)
    np.matmul(stack, b, out=out[:cut].reshape(pieces, rows, -1))
    if cut < len(a):
        np.dot(a[cut:], b, out=out[cut:])
    return out


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


_SMALL = 10**6  # multiplications of a product for which BLAS has kernels of its own


def _pieces(length: int, numbers: int) -> int:
    """How many pieces of rows make small products: none is left over, if that can be."""
    least = -(-length * numbers // _SMALL)
    if least < 2:
        return 1
    return next((n for n in range(least, 2 * least) if length % n == 0), least)


_STACK = 64  # products whose sum is kept in one array before it is added up


def _tall_dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a.T @ b, where one of them is narrow: the sum of products of some rows each."""
    pieces = _pieces(len(a), a.shape[1] * b.shape[1])
    if not 2 <= pieces <= _STACK or a.dtype == object:
        return a.T.dot(b)
    rows = len(a) // pieces
    cut = rows * pieces
    stack = a[:cut].reshape(pieces, rows, -1).transpose(0, 2, 1)
    total = np.add.reduce(np.matmul(stack, b[:cut].reshape(pieces, rows, -1)), axis=0)
    if cut < len(a):
        total += np.dot(a[cut:].T, b[cut:])
    return total
