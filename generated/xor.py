"""xor: dense → dense

Made by symbprop 0.1.0 from xor.yaml (sha256 e0fc7e746301ac6e).
To change it, change xor.yaml and run: symbprop compile xor.yaml
Verified by 36 probes; the certificate is sha256 84e1bb7b03d22711.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z1 (4)    k  x (2)    m  z2 (1)

Forward
    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j] + b1[j]
    (2)  h[n,j] = tanh(z1[n,j])
    (3)  z2[n,m] = Σⱼ h[n,j] W2[j,m] + b2[m]
    (4)  a[n,m] = 1 / (1 + exp(−z2[n,m]))
    (5)  L = Σₙₘ (log(1 + exp(z2[n,m])) − y[n,m] z2[n,m]) / N
    (6)  q[n,m] = a[n,m]
    (7)  A = Σₙₘ {1[y[n,m] > 1/2] if q[n,m] > 1/2 else 1[y[n,m] ≤ 1/2]} / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (8)  z̄2[n,m] = (a[n,m] − y[n,m]) / N                                  from (5)
    (9)  b̄2[m] = Σₙ z̄2[n,m]                                               from (3)
    (10) h̄[n,j] = Σₘ W2[j,m] z̄2[n,m]                                      from (3)
    (11) W̄2[j,m] = Σₙ h[n,j] z̄2[n,m]                                      from (3)
    (12) z̄1[n,j] = h̄[n,j] (1 − h[n,j]²)                                   from (2)
    (13) b̄1[j] = Σₙ z̄1[n,j]                                               from (1)
    (14) W̄1[k,j] = Σₙ x[n,k] z̄1[n,j]                                      from (1)

Cost of one call of the last function
    151 N + 2 floating-point operations, 544 N + 336 bytes read or written (float64)
    17 parameters
    40 N bytes kept from forward to backward: a, h
"""

import numpy as np

NAME = "xor"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W1": (2, 4),
    "b1": (4,),
    "W2": (4, 1),
    "b2": (1,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 2),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "y": ("N", 1),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "a": ("N", 1),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
    "y": (0.0, 1.0),
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
        "W1": rng.uniform(-1, 1, (2, 4)),  # glorot_uniform
        "b1": np.zeros((4,)),
        "W2": 1.0954451150103321 * rng.uniform(-1, 1, (4, 1)),  # glorot_uniform
        "b2": np.zeros((1,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: a [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W1, b1, W2, b2, x = arrays
    z1 = x.dot(W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1, out=z1)  # (2); h lives in z1
    z2 = h.dot(W2)  # (3)
    z2 += b2  # (3)
    t = np.negative(z2)  # (4) −z2
    np.minimum(z2, t, out=t)  # (4) −|z2|
    np.exp(t, out=t)  # (4) exp(−|z2|)
    u = np.add(1, t)  # (4) 1 + exp(−|z2|)
    v = np.greater_equal(z2, 0)
    np.maximum(t, v, out=t)  # (4) {1 if z2 ≥ 0 else exp(−|z2|)}
    a = np.divide(t, u, out=t)  # (4)
    return a


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W1, b1, W2, b2, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z1 = x.dot(W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1, out=z1)  # (2); h lives in z1
    z2 = h.dot(W2)  # (3)
    z2 += b2  # (3)
    t = np.negative(y)  # (5) −y
    u = np.greater_equal(z2, 0)
    np.add(t, u, out=t)  # (5) {1 − y if z2 ≥ 0 else −y}
    np.multiply(z2, t, out=t)
    u = np.negative(z2)  # (5) −z2
    np.minimum(z2, u, out=u)  # (5) −|z2|
    np.exp(u, out=u)  # (5) exp(−|z2|)
    np.log1p(u, out=u)  # (5) log1p(exp(−|z2|))
    L_term = np.add(t, u, out=t)  # (5)
    L = np.sum(L_term)  # (5)
    L = L / N  # (5)
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
    A batch of 65585 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W1, b1, W2, b2, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 11280 stay in the cache
        microbatch = N if N < 65585 else -(-N // (N // 11280))
    if microbatch < N:
        return _in_parts(
            params, {"x": x, "y": y}, cotangent, out, microbatch, map, dtype, N
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, y)
    work = _borrow(_LossAndGradWork, dtype, N)
    z1 = x.dot(W1, out=work.z1)  # (1)
    work.spread[...] = b1  # (1)
    z1 += work.spread  # (1)
    h = np.tanh(z1, out=work.h)  # (2)
    z2 = h.dot(W2, out=work.z2)  # (3)
    work.spread2[...] = b2  # (3)
    z2 += work.spread2  # (3)
    t = np.negative(z2, out=work.z2_exp)  # (5) −z2
    np.minimum(z2, t, out=t)  # (5) −|z2|
    z2_exp = np.exp(t, out=t)  # (5)
    t = np.negative(y, out=work.L_term)  # (5) −y
    u = np.greater_equal(z2, work.zero, out=work.u)
    np.add(t, u, out=t)  # (5) {1 − y if z2 ≥ 0 else −y}
    np.multiply(z2, t, out=t)
    u = np.log1p(z2_exp, out=work.u2)  # (5) log1p(z2_exp)
    L_term = np.add(t, u, out=t)  # (5)
    L = np.add.reduce(L_term, axis=None)  # (5)
    L = L / N  # (5)
    t = np.add(work.one, z2_exp, out=work.t)  # (8) 1 + z2_exp
    u = np.less(z2, work.zero, out=work.u)
    v = np.maximum(z2_exp, u, out=work.v)  # (8) {1 if z2 < 0 else z2_exp}
    np.multiply(y, v, out=v)
    u = np.subtract(work.one, y, out=work.L_term)  # (8) 1 − y
    w = np.greater_equal(z2, work.zero, out=work.w)
    r = np.maximum(z2_exp, w, out=work.r)  # (8) {1 if z2 ≥ 0 else z2_exp}
    np.multiply(u, r, out=u)
    np.subtract(u, v, out=u)  # (8)
    work.scale[...] = cotangent / N
    np.multiply(work.scale, u, out=u)
    z2_bar = np.divide(u, t, out=u)  # (8)
    b2_bar = work.ones.dot(z2_bar, out=out["b2"])  # (9)
    h_bar = z2_bar.dot(W2.T, out=work.h_bar)  # (10)
    W2_bar = h.T.dot(z2_bar, out=out["W2"])  # (11)
    t = np.negative(z1, out=work.t2)  # (12) −z1
    np.minimum(z1, t, out=t)  # (12) −|z1|
    np.exp(t, out=t)  # (12) exp(−|z1|)
    np.multiply(t, t, out=t)  # (12) exp(−|z1|)²
    u = np.add(work.one, t, out=work.u3)  # (12) exp(−|z1|)² + 1
    np.multiply(u, u, out=u)  # (12) (exp(−|z1|)² + 1)²
    np.multiply(work.four, h_bar, out=h_bar)
    np.multiply(h_bar, t, out=h_bar)
    z1_bar = np.divide(h_bar, u, out=h_bar)  # (12); z1_bar lives in h_bar
    b1_bar = work.ones.dot(z1_bar, out=out["b1"])  # (13)
    W1_bar = x.T.dot(z1_bar, out=out["W1"])  # (14)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W1": W1_bar,
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
    }
    return L, grads


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def metrics(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
) -> dict[str, float]:
    """The metrics, by name."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W1, b1, W2, b2, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z1 = x.dot(W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1, out=z1)  # (2); h lives in z1
    z2 = h.dot(W2)  # (3)
    z2 += b2  # (3)
    t = np.negative(z2)  # (4) −z2
    np.minimum(z2, t, out=t)  # (4) −|z2|
    np.exp(t, out=t)  # (4) exp(−|z2|)
    u = np.add(1, t)  # (4) 1 + exp(−|z2|)
    v = np.greater_equal(z2, 0)
    np.maximum(t, v, out=t)  # (4) {1 if z2 ≥ 0 else exp(−|z2|)}
    a = np.divide(t, u, out=t)  # (4)
    q = a  # (6)
    t = np.greater(q, 0.5)
    u = np.greater(y, 0.5)
    v = np.multiply(np.asarray(1, dtype), u)  # (7) 1[y > 1/2]
    w = np.where(u, np.asarray(0, dtype), np.asarray(1, dtype))  # (7) 1[y ≤ 1/2]
    A_term = _either(t, v, w, out=v)  # (7)
    A = np.sum(A_term)  # (7)
    A = A / N  # (7)
    values = {
        "accuracy": float(A),
    }
    return values


def init_optimizer(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The optimiser's state before the first step, its vectors in the order of ``PARAMETERS``."""
    return {
        "step": np.asarray(0),
    }


def learning_rate(step: int) -> float:
    """The learning rate after ``step`` steps.

    (1)  r = 1
    """
    r = 1  # (1)
    return float(r)


@np.errstate(under="ignore")
def step(
    params: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    optimizer_state: dict[str, np.ndarray],
    *,
    rate: float | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The parameters and the optimiser's state after a step. What is given stays as it is.

    ``rate`` is the learning rate if it is not to be that of the schedule.
    """
    taken = int(optimizer_state["step"])
    if rate is None:
        rate = learning_rate(taken)
    packed = _packed(params)
    gradient = _packed(grads).astype(packed.dtype, copy=False)
    new = _update(
        packed,
        gradient,
        rate,
    )
    arrays = [np.asarray(each, packed.dtype) for each in new]
    return _unpacked(arrays[0]), {
        "step": np.asarray(taken + 1),
    }


def _update(
    w: np.ndarray,
    g: np.ndarray,
    learning_rate: float,
) -> tuple[np.ndarray, ...]:
    """A step of sgd for all parameters in one vector; v′ is the value of v after it.

    (1)  w′[i] = w[i] − learning_rate g[i]
    """
    u = np.multiply(learning_rate, g)
    w_next = np.subtract(w, u, out=u)  # (1)
    return (w_next,)


def _packed(values: dict[str, np.ndarray]) -> np.ndarray:
    """All parameters, or their gradients, in one vector, in the order of ``PARAMETERS``."""
    if values.keys() != PARAMETERS.keys():
        raise KeyError(f"there are {list(values)}, not {list(PARAMETERS)}")
    for name, shape in PARAMETERS.items():
        if np.shape(values[name]) != shape:
            raise ValueError(f"{name} has shape {np.shape(values[name])}, not {shape}")
    packed = np.concatenate([values[name] for name in PARAMETERS], axis=None)
    kind = np.dtype(DTYPE) if packed.dtype.kind in "biu" else packed.dtype
    return packed.astype(kind.newbyteorder("="), copy=False)


def _unpacked(packed: np.ndarray) -> dict[str, np.ndarray]:
    """The parameters in a vector of them all."""
    return {
        "W1": packed[0:8].reshape(2, 4),
        "b1": packed[8:12],
        "W2": packed[12:16].reshape(4, 1),
        "b2": packed[16:17],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int = 500,
    batch_size: int | None = 4,
    seed: int = 0,
    shuffle: bool = True,
    validation: float | tuple[np.ndarray, ...] = 0.0,
    monitor: str | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    restore_best: bool = True,
    rate: float | None = None,
    callback=None,
    resume: dict | None = None,
) -> tuple[dict[str, np.ndarray], list[dict[str, float]]]:
    """Train on examples; give new parameters and a row of losses for each epoch.

    A ``batch_size`` of None is all examples. ``validation`` is the share of the examples,
    the last ones, that is held out, or examples of their own. Training stops after
    ``patience`` epochs in which ``monitor`` (``loss`` or ``validation_loss``) has not
    fallen by more than ``min_delta``; ``restore_best`` gives the parameters of the best
    epoch. ``rate`` stands for the schedule. ``callback`` gets the run after each epoch,
    a dictionary, and stops it by returning True; given as ``resume``, a run goes on with
    the same numbers as if it had never stopped. Raises FloatingPointError when the loss
    is no longer finite.
    """
    data = (x, y)
    data, held_out = _split(data, validation)
    count = _examples(data)
    size = count if batch_size is None else batch_size
    if size < 1:
        raise ValueError(f"a batch of {size} examples is none")
    watched = monitor or ("loss" if held_out is None else "validation_loss")
    run = _begin(params) if resume is None else dict(resume)
    while run["epoch"] < epochs:
        if patience is not None and run["epoch"] - run["best_epoch"] >= patience:
            break
        epoch = run["epoch"] + 1
        params, optimizer = run["params"], run["optimizer_state"]
        order = np.arange(count)
        if shuffle:  # the order of an epoch follows from the seed and its number alone
            order = np.random.default_rng([seed, epoch]).permutation(count)
        total = 0.0
        for start in range(0, count, size):
            rows = order[start : start + size]
            batch = data if size >= count else _rows(data, rows)
            value, grads = loss_and_grad(params, *batch)
            params, optimizer = step(params, grads, optimizer, rate=rate)
            total += float(value) * len(rows)
        row = {"epoch": epoch, "loss": total / count}
        if held_out is not None:
            row["validation_loss"] = float(loss(params, *held_out))
        if not all(np.isfinite(each) for each in row.values()):
            raise FloatingPointError(f"the loss is {row['loss']} in epoch {epoch}")
        taken = int(optimizer["step"])
        row["learning_rate"] = learning_rate(taken - 1) if rate is None else rate
        run = {
            **run,
            "epoch": epoch,
            "params": params,
            "optimizer_state": optimizer,
            "history": [*run["history"], row],
        }
        if row[watched] < run["best_value"] - min_delta:
            run = {
                **run,
                "best_epoch": epoch,
                "best_value": row[watched],
                "best_params": params,
            }
        if callback is not None and callback(run):
            break
    best = patience is not None and restore_best
    return run["best_params" if best else "params"], run["history"]


def _begin(params: dict[str, np.ndarray]) -> dict:
    """A run before its first epoch."""
    return {
        "epoch": 0,
        "params": _unpacked(_packed(params)),
        "optimizer_state": init_optimizer(params),
        "history": [],
        "best_epoch": 0,
        "best_value": float("inf"),
        "best_params": _unpacked(_packed(params)),
    }


def _split(
    data: tuple[np.ndarray, ...], validation: float | tuple[np.ndarray, ...]
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...] | None]:
    """The examples to train on, and those held out, if there are any."""
    data = tuple(np.asarray(each) for each in data)
    if isinstance(validation, tuple):
        return data, validation
    count = _examples(data)
    held = round(count * validation)
    if held == 0:
        return data, None
    rows = np.arange(count)
    return _rows(data, rows[: count - held]), _rows(data, rows[count - held :])


def _examples(data: tuple[np.ndarray, ...]) -> int:
    """How many examples there are: 1 where nothing is given by example."""
    shapes = (*INPUTS.values(), *TARGETS.values())
    counts = {len(a) for a, shape in zip(data, shapes) if shape[:1] == ("N",)}
    if len(counts) > 1:
        raise ValueError(f"the arrays hold different numbers of examples: {counts}")
    count = counts.pop() if counts else 1
    if count == 0:
        raise ValueError("there is no example to train on")
    return count


def _rows(data: tuple[np.ndarray, ...], rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Some of the examples."""
    shapes = (*INPUTS.values(), *TARGETS.values())
    return tuple(a[rows] if s[:1] == ("N",) else a for a, s in zip(data, shapes))


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
        self.z1 = np.empty((N, 4), dtype)
        self.spread = np.empty((N, 4), dtype)
        self.h = np.empty((N, 4), dtype)
        self.z2 = np.empty((N, 1), dtype)
        self.spread2 = np.empty((N, 1), dtype)
        self.z2_exp = np.empty((N, 1), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.L_term = np.empty((N, 1), dtype)
        self.u = np.empty((N, 1), bool)
        self.u2 = np.empty((N, 1), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.t = np.empty((N, 1), dtype)
        self.v = np.empty((N, 1), dtype)
        self.w = np.empty((N, 1), bool)
        self.r = np.empty((N, 1), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.h_bar = np.empty((N, 4), dtype)
        self.four = np.asarray(4, dtype=dtype)
        self.four.flags.writeable = False
        self.t2 = np.empty((N, 4), dtype)
        self.u3 = np.empty((N, 4), dtype)


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
