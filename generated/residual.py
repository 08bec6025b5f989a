"""residual: dense → dense → add → dense

Made by symbprop 0.1.0 from residual.yaml (sha256 cb242ac9c76eda00).
To change it, change residual.yaml and run: symbprop compile residual.yaml
Verified by 73 probes; the certificate is sha256 d3c357af1dde2319.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_hidden (16)    k  x (8)    m  output (3)

Forward
    (1)  z_hidden[n,j] = Σₖ x[n,k] W_hidden[k,j] + b_hidden[j]
    (2)  hidden[n,j] = max(z_hidden[n,j], 0)
    (3)  z_inner[n,j] = Σ_{j'} hidden[n,j'] W_inner[j',j] + b_inner[j]
    (4)  inner[n,j] = max(z_inner[n,j], 0)
    (5)  sum[n,j] = hidden[n,j] + inner[n,j]
    (6)  output[n,m] = Σⱼ sum[n,j] W_output[j,m] + b_output[m]
    (7)  L = Σₙₘ (output[n,m] − y[n,m])² / (3 N)

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (8)  o̅u̅t̅p̅u̅t̅[n,m] = 2 (output[n,m] − y[n,m]) / (3 N)                   from (7)
    (9)  b̄_output[m] = Σₙ o̅u̅t̅p̅u̅t̅[n,m]                                     from (6)
    (10) s̅u̅m̅[n,j] = Σₘ W_output[j,m] o̅u̅t̅p̅u̅t̅[n,m]                          from (6)
    (11) W̄_output[j,m] = Σₙ sum[n,j] o̅u̅t̅p̅u̅t̅[n,m]                          from (6)
    (12) i̅n̅n̅e̅r̅[n,j] = s̅u̅m̅[n,j]                                            from (5)
    (13) z̄_inner[n,j] = i̅n̅n̅e̅r̅[n,j] 1[z_inner[n,j] > 0]                    from (4)
    (14) b̄_inner[j] = Σₙ z̄_inner[n,j]                                     from (3)
    (15) h̅i̅d̅d̅e̅n̅[n,j] = s̅u̅m̅[n,j] + Σ_{j'} W_inner[j,j'] z̄_inner[n,j']      from (5), (3)
    (16) W̄_inner[j',j] = Σₙ hidden[n,j'] z̄_inner[n,j]                     from (3)
    (17) z̄_hidden[n,j] = h̅i̅d̅d̅e̅n̅[n,j] 1[z_hidden[n,j] > 0]                 from (2)
    (18) b̄_hidden[j] = Σₙ z̄_hidden[n,j]                                   from (1)
    (19) W̄_hidden[k,j] = Σₙ x[n,k] z̄_hidden[n,j]                          from (1)

Cost of one call of the last function
    2542 N + 3 floating-point operations, 4256 N + 9936 bytes read or written (float64)
    467 parameters
    536 N bytes kept from forward to backward: output, sum, z_inner, hidden, z_hidden
"""

import numpy as np

NAME = "residual"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_hidden": (8, 16),
    "b_hidden": (16,),
    "W_inner": (16, 16),
    "b_inner": (16,),
    "W_output": (16, 3),
    "b_output": (3,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 8),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "y": ("N", 3),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "output": ("N", 3),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {}
FORMULAS: dict[str, str] = {
    "W_hidden": "\\bar{W}^{(\\mathrm{hidden})}_{kj} = \\sum_{n} x_{nk} \\bar{z}^{(\\mathrm{hidden})}_{nj}",
    "b_hidden": "\\bar{b}^{(\\mathrm{hidden})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{hidden})}_{nj}",
    "W_inner": "\\bar{W}^{(\\mathrm{inner})}_{j'j} = \\sum_{n} \\mathrm{hidden}_{nj'} \\bar{z}^{(\\mathrm{inner})}_{nj}",
    "b_inner": "\\bar{b}^{(\\mathrm{inner})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{inner})}_{nj}",
    "W_output": "\\bar{W}^{(\\mathrm{output})}_{jm} = \\sum_{n} \\mathrm{sum}_{nj} \\, \\overline{\\mathrm{output}}_{nm}",
    "b_output": "\\bar{b}^{(\\mathrm{output})}_{m} = \\sum_{n} \\overline{\\mathrm{output}}_{nm}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W_hidden": rng.uniform(-1, 1, (8, 16)) / 2,  # glorot_uniform
        "b_hidden": np.zeros((16,)),
        "W_inner": 0.4330127018922193 * rng.uniform(-1, 1, (16, 16)),  # glorot_uniform
        "b_inner": np.zeros((16,)),
        "W_output": 0.5619514869490164 * rng.uniform(-1, 1, (16, 3)),  # glorot_uniform
        "b_output": np.zeros((3,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: output [N, 3]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_hidden, b_hidden, W_inner, b_inner, W_output, b_output, x = arrays
    z_hidden = x.dot(W_hidden)  # (1)
    z_hidden += b_hidden  # (1)
    hidden = np.maximum(z_hidden, 0, out=z_hidden)  # (2); hidden lives in z_hidden
    z_inner = hidden.dot(W_inner)  # (3)
    z_inner += b_inner  # (3)
    inner = np.maximum(z_inner, 0, out=z_inner)  # (4); inner lives in z_inner
    sum = np.add(hidden, inner, out=hidden)  # (5); sum lives in hidden
    output = sum.dot(W_output)  # (6)
    output += b_output  # (6)
    return output


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W_hidden, b_hidden, W_inner, b_inner, W_output, b_output, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_hidden = x.dot(W_hidden)  # (1)
    z_hidden += b_hidden  # (1)
    hidden = np.maximum(z_hidden, 0, out=z_hidden)  # (2); hidden lives in z_hidden
    z_inner = hidden.dot(W_inner)  # (3)
    z_inner += b_inner  # (3)
    inner = np.maximum(z_inner, 0, out=z_inner)  # (4); inner lives in z_inner
    sum = np.add(hidden, inner, out=hidden)  # (5); sum lives in hidden
    output = sum.dot(W_output)  # (6)
    output += b_output  # (6)
    t = np.subtract(output, y)  # (7) output − y
    L_term = np.multiply(t, t, out=t)  # (7)
    L = np.sum(L_term)  # (7)
    L = L / (3 * N)  # (7)
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
    A batch of 11320 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W_hidden, b_hidden, W_inner, b_inner, W_output, b_output, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 2423 stay in the cache
        microbatch = N if N < 11320 else -(-N // (N // 2423))
    if microbatch < N:
        return _in_parts(
            params, {"x": x, "y": y}, cotangent, out, microbatch, map, dtype, N
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, y)
    work = _borrow(_LossAndGradWork, dtype, N)
    z_hidden = x.dot(W_hidden, out=work.z_hidden)  # (1)
    work.spread[...] = b_hidden  # (1)
    z_hidden += work.spread  # (1)
    hidden = np.maximum(z_hidden, work.zero, out=work.hidden)  # (2)
    z_inner = hidden.dot(W_inner, out=work.z_inner)  # (3)
    work.spread[...] = b_inner  # (3)
    z_inner += work.spread  # (3)
    inner = np.maximum(z_inner, work.zero, out=work.inner)  # (4)
    sum = np.add(hidden, inner, out=inner)  # (5); sum lives in inner
    output = sum.dot(W_output, out=work.output)  # (6)
    work.spread2[...] = b_output  # (6)
    output += work.spread2  # (6)
    output_less = np.subtract(output, y, out=work.output_less)  # (7)
    L = output_less.ravel().dot(output_less.ravel())  # (7)
    L = L / (3 * N)  # (7)
    work.scale[...] = 2 * cotangent / (3 * N)
    output_bar = np.multiply(work.scale, output_less, out=work.output)  # (8)
    b_output_bar = work.ones.dot(output_bar, out=out["b_output"])  # (9)
    sum_bar = output_bar.dot(W_output.T, out=work.sum_bar)  # (10)
    W_output_bar = sum.T.dot(output_bar, out=out["W_output"])  # (11)
    t = np.greater(z_inner, work.zero, out=work.t)
    z_inner_bar = np.multiply(sum_bar, t, out=work.inner)  # (13)
    b_inner_bar = work.ones.dot(z_inner_bar, out=out["b_inner"])  # (14)
    hidden_bar = sum_bar  # (15)
    t = z_inner_bar.dot(W_inner.T, out=work.t2)  # (15)
    hidden_bar += t  # (15)
    W_inner_bar = hidden.T.dot(z_inner_bar, out=out["W_inner"])  # (16)
    t = np.greater(z_hidden, work.zero, out=work.t)
    z_hidden_bar = np.multiply(hidden_bar, t, out=hidden_bar)  # (17)
    b_hidden_bar = work.ones.dot(z_hidden_bar, out=out["b_hidden"])  # (18)
    W_hidden_bar = x.T.dot(z_hidden_bar, out=out["W_hidden"])  # (19)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W_hidden": W_hidden_bar,
        "b_hidden": b_hidden_bar,
        "W_inner": W_inner_bar,
        "b_inner": b_inner_bar,
        "W_output": W_output_bar,
        "b_output": b_output_bar,
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
        self.z_hidden = np.empty((N, 16), dtype)
        self.spread = np.empty((N, 16), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.hidden = np.empty((N, 16), dtype)
        self.z_inner = np.empty((N, 16), dtype)
        self.inner = np.empty((N, 16), dtype)
        self.output = np.empty((N, 3), dtype)
        self.spread2 = np.empty((N, 3), dtype)
        self.output_less = np.empty((N, 3), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.sum_bar = np.empty((N, 16), dtype)
        self.t = np.empty((N, 16), bool)
        self.t2 = np.empty((N, 16), dtype)


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
