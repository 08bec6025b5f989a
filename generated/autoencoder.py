"""autoencoder: dense → dense → dense → dense

Made by symbprop 0.1.0 from autoencoder.yaml (sha256 dd7b7fe84f5c6733).
To change it, change autoencoder.yaml and run: symbprop compile autoencoder.yaml
Verified by 104 probes; the certificate is sha256 31d6e2cffee72e87.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_seen (48)    k  x (64)    m  code (12)    l  z_turned (48)

Forward
    (1)  z_seen[n,j] = Σₖ x[n,k] W_seen[k,j] + b_seen[j]
    (2)  seen[n,j] = max(z_seen[n,j], 0)
    (3)  code[n,m] = Σⱼ seen[n,j] W_code[j,m] + b_code[m]
    (4)  z_turned[n,l] = Σₘ code[n,m] W_turned[m,l] + b_turned[l]
    (5)  turned[n,l] = max(z_turned[n,l], 0)
    (6)  z_image[n,k] = Σₗ turned[n,l] W_image[l,k] + b_image[k]
    (7)  image[n,k] = 1 / (1 + exp(−z_image[n,k]))
    (8)  L = Σₙₖ (image[n,k] − x[n,k])² / (64 N)

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (9)  i̅m̅a̅g̅e̅[n,k] = (image[n,k] − x[n,k]) / (32 N)                      from (8)
    (10) z̄_image[n,k] = i̅m̅a̅g̅e̅[n,k] image[n,k] (1 − image[n,k])            from (7)
    (11) b̄_image[k] = Σₙ z̄_image[n,k]                                     from (6)
    (12) t̅u̅r̅n̅e̅d̅[n,l] = Σₖ W_image[l,k] z̄_image[n,k]                       from (6)
    (13) W̄_image[l,k] = Σₙ turned[n,l] z̄_image[n,k]                       from (6)
    (14) z̄_turned[n,l] = t̅u̅r̅n̅e̅d̅[n,l] 1[z_turned[n,l] > 0]                 from (5)
    (15) b̄_turned[l] = Σₙ z̄_turned[n,l]                                   from (4)
    (16) c̅o̅d̅e̅[n,m] = Σₗ W_turned[m,l] z̄_turned[n,l]                       from (4)
    (17) W̄_turned[m,l] = Σₙ code[n,m] z̄_turned[n,l]                       from (4)
    (18) b̄_code[m] = Σₙ c̅o̅d̅e̅[n,m]                                         from (3)
    (19) s̅e̅e̅n̅[n,j] = Σₘ W_code[j,m] c̅o̅d̅e̅[n,m]                             from (3)
    (20) W̄_code[j,m] = Σₙ seen[n,j] c̅o̅d̅e̅[n,m]                             from (3)
    (21) z̄_seen[n,j] = s̅e̅e̅n̅[n,j] 1[z_seen[n,j] > 0]                       from (2)
    (22) b̄_seen[j] = Σₙ z̄_seen[n,j]                                       from (1)
    (23) W̄_seen[k,j] = Σₙ x[n,k] z̄_seen[n,j]                              from (1)

Cost of one call of the last function
    40824 N + 3 floating-point operations, 19584 N + 153312 bytes read or written (float64)
    7,468 parameters
    2144 N bytes kept from forward to backward: image, turned, z_turned, code, seen, z_seen
"""

import numpy as np

NAME = "autoencoder"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_seen": (64, 48),
    "b_seen": (48,),
    "W_code": (48, 12),
    "b_code": (12,),
    "W_turned": (12, 48),
    "b_turned": (48,),
    "W_image": (48, 64),
    "b_image": (64,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 64),
}
TARGETS: dict[str, tuple[int | str, ...]] = {}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "image": ("N", 64),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W_seen": "\\bar{W}^{(\\mathrm{seen})}_{kj} = \\sum_{n} x_{nk} \\bar{z}^{(\\mathrm{seen})}_{nj}",
    "b_seen": "\\bar{b}^{(\\mathrm{seen})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{seen})}_{nj}",
    "W_code": "\\bar{W}^{(\\mathrm{code})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\, \\overline{\\mathrm{code}}_{nm}",
    "b_code": "\\bar{b}^{(\\mathrm{code})}_{m} = \\sum_{n} \\overline{\\mathrm{code}}_{nm}",
    "W_turned": "\\bar{W}^{(\\mathrm{turned})}_{ml} = \\sum_{n} \\mathrm{code}_{nm} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "b_turned": "\\bar{b}^{(\\mathrm{turned})}_{l} = \\sum_{n} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "W_image": "\\bar{W}^{(\\mathrm{image})}_{lk} = \\sum_{n} \\mathrm{turned}_{nl} \\bar{z}^{(\\mathrm{image})}_{nk}",
    "b_image": "\\bar{b}^{(\\mathrm{image})}_{k} = \\sum_{n} \\bar{z}^{(\\mathrm{image})}_{nk}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W_seen": 0.23145502494313785 * rng.uniform(-1, 1, (64, 48)),  # glorot_uniform
        "b_seen": np.zeros((48,)),
        "W_code": 0.31622776601683794 * rng.uniform(-1, 1, (48, 12)),  # glorot_uniform
        "b_code": np.zeros((12,)),
        # glorot_uniform
        "W_turned": 0.31622776601683794 * rng.uniform(-1, 1, (12, 48)),
        "b_turned": np.zeros((48,)),
        "W_image": 0.23145502494313785 * rng.uniform(-1, 1, (48, 64)),  # glorot_uniform
        "b_image": np.zeros((64,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: image [N, 64]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    z_seen = x.dot(W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, 0, out=z_seen)  # (2); seen lives in z_seen
    code = seen.dot(W_code)  # (3)
    code += b_code  # (3)
    z_turned = code.dot(W_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, 0, out=z_turned)  # (5); turned lives in z_turned
    z_image = turned.dot(W_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image)  # (7) −z_image
    np.minimum(z_image, t, out=t)  # (7) −|z_image|
    np.exp(t, out=t)  # (7) exp(−|z_image|)
    u = np.add(1, t)  # (7) 1 + exp(−|z_image|)
    v = np.greater_equal(z_image, 0)
    np.maximum(t, v, out=t)  # (7) {1 if z_image ≥ 0 else exp(−|z_image|)}
    image = np.divide(t, u, out=t)  # (7)
    return image


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_seen = x.dot(W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, 0, out=z_seen)  # (2); seen lives in z_seen
    code = seen.dot(W_code)  # (3)
    code += b_code  # (3)
    z_turned = code.dot(W_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, 0, out=z_turned)  # (5); turned lives in z_turned
    z_image = turned.dot(W_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image)  # (8) −z_image
    np.minimum(z_image, t, out=t)  # (8) −|z_image|
    np.exp(t, out=t)  # (8) exp(−|z_image|)
    u = np.add(1, t)  # (8) 1 + exp(−|z_image|)
    np.multiply(u, u, out=u)  # (8) (1 + exp(−|z_image|))²
    v = np.greater_equal(z_image, 0)
    w = np.multiply(x, t)
    r = np.subtract(x, 1)  # (8) x − 1
    np.add(w, r, out=w)  # (8) x exp(−|z_image|) + x − 1
    np.multiply(w, w, out=w)  # (8) (x exp(−|z_image|) + x − 1)²
    np.multiply(r, t, out=r)
    np.add(x, r, out=r)  # (8) x + exp(−|z_image|) (x − 1)
    np.multiply(r, r, out=r)  # (8) (x + exp(−|z_image|) (x − 1))²
    _either(v, w, r, out=w)  # (8)
    L_term = np.divide(w, u, out=w)  # (8)
    L = np.sum(L_term)  # (8)
    L = L / (64 * N)  # (8)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
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
    A batch of 2427 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 478 stay in the cache
        microbatch = N if N < 2427 else -(-N // (N // 478))
    if microbatch < N:
        return _in_parts(params, {"x": x}, cotangent, out, microbatch, map, dtype, N)
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x)
    work = _borrow(_LossAndGradWork, dtype, N)
    z_seen = x.dot(W_seen, out=work.z_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, work.zero, out=work.seen)  # (2)
    code = seen.dot(W_code, out=work.code)  # (3)
    work.spread[...] = b_code  # (3)
    code += work.spread  # (3)
    z_turned = code.dot(W_turned, out=work.z_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, work.zero, out=work.turned)  # (5)
    z_image = turned.dot(W_image, out=work.z_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image, out=work.z_image_wide_exp)  # (8) −z_image
    np.minimum(z_image, t, out=t)  # (8) −|z_image|
    z_image_wide_exp = _wide_exp(t, out=t)  # (8)
    t = np.add(work.one, z_image_wide_exp, out=work.t)  # (8) 1 + z_image_wide_exp
    np.multiply(t, t, out=t)  # (8) (1 + z_image_wide_exp)²
    u = np.greater_equal(z_image, work.zero, out=work.u)
    v = np.multiply(x, z_image_wide_exp, out=work.L_term)
    w = np.subtract(x, work.one, out=work.w)  # (8) x − 1
    np.add(v, w, out=v)  # (8) x z_image_wide_exp + x − 1
    np.multiply(v, v, out=v)  # (8) (x z_image_wide_exp + x − 1)²
    np.multiply(w, z_image_wide_exp, out=w)
    np.add(x, w, out=w)  # (8) x + z_image_wide_exp (x − 1)
    np.multiply(w, w, out=w)  # (8) (x + z_image_wide_exp (x − 1))²
    _either(u, v, w, out=v)  # (8)
    L_term = np.divide(v, t, out=v)  # (8)
    L = np.add.reduce(L_term, axis=None)  # (8)
    L = L / (64 * N)  # (8)
    t = np.add(work.one, z_image_wide_exp, out=work.t)  # (10) 1 + z_image_wide_exp
    u = np.multiply(t, t, out=work.u2)
    np.multiply(u, t, out=u)  # (10) (1 + z_image_wide_exp)³
    t = np.less(z_image, work.zero, out=work.t2)
    v = np.maximum(z_image_wide_exp, t, out=work.v)  # (10)
    t = np.multiply(x, z_image_wide_exp, out=work.t)
    np.multiply(t, v, out=t)
    np.divide(t, 32, out=t)  # (10)
    v = np.divide(x, 32, out=work.L_term)  # (10) x / 32
    np.subtract(0.03125, v, out=v)  # (10) (1 − x) / 32
    w = np.greater_equal(z_image, work.zero, out=work.w2)
    r = np.maximum(z_image_wide_exp, w, out=work.r)  # (10)
    np.multiply(v, z_image_wide_exp, out=v)
    np.multiply(v, r, out=v)
    np.subtract(v, t, out=v)  # (10)
    np.multiply(cotangent / N, v, out=v)
    z_image_bar = np.divide(v, u, out=v)  # (10)
    b_image_bar = work.ones.dot(z_image_bar, out=out["b_image"])  # (11)
    turned_bar = z_image_bar.dot(W_image.T, out=work.turned_bar)  # (12)
    W_image_bar = turned.T.dot(z_image_bar, out=out["W_image"])  # (13)
    t = np.greater(z_turned, work.zero, out=work.t3)
    z_turned_bar = np.multiply(turned_bar, t, out=turned_bar)  # (14)
    b_turned_bar = work.ones.dot(z_turned_bar, out=out["b_turned"])  # (15)
    code_bar = z_turned_bar.dot(W_turned.T, out=work.code_bar)  # (16)
    W_turned_bar = code.T.dot(z_turned_bar, out=out["W_turned"])  # (17)
    b_code_bar = work.ones.dot(code_bar, out=out["b_code"])  # (18)
    seen_bar = code_bar.dot(W_code.T, out=work.turned_bar)  # (19)
    W_code_bar = seen.T.dot(code_bar, out=out["W_code"])  # (20)
    t = np.greater(z_seen, work.zero, out=work.t3)
    z_seen_bar = np.multiply(seen_bar, t, out=seen_bar)  # (21)
    b_seen_bar = work.ones.dot(z_seen_bar, out=out["b_seen"])  # (22)
    W_seen_bar = x.T.dot(z_seen_bar, out=out["W_seen"])  # (23)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W_seen": W_seen_bar,
        "b_seen": b_seen_bar,
        "W_code": W_code_bar,
        "b_code": b_code_bar,
        "W_turned": W_turned_bar,
        "b_turned": b_turned_bar,
        "W_image": W_image_bar,
        "b_image": b_image_bar,
    }
    return L, grads


def init_optimizer(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The optimiser's state before the first step, its vectors in the order of ``PARAMETERS``."""
    return {
        "step": np.asarray(0),
    }


def learning_rate(step: int) -> float:
    """The learning rate after ``step`` steps.

    (1)  r = 5
    """
    r = 5  # (1)
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
        "W_seen": packed[0:3072].reshape(64, 48),
        "b_seen": packed[3072:3120],
        "W_code": packed[3120:3696].reshape(48, 12),
        "b_code": packed[3696:3708],
        "W_turned": packed[3708:4284].reshape(12, 48),
        "b_turned": packed[4284:4332],
        "W_image": packed[4332:7404].reshape(48, 64),
        "b_image": packed[7404:7468],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    epochs: int = 60,
    batch_size: int | None = 32,
    seed: int = 0,
    shuffle: bool = True,
    validation: float | tuple[np.ndarray, ...] = 0.2,
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
    data = (x,)
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
        self.z_seen = np.empty((N, 48), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.seen = np.empty((N, 48), dtype)
        self.code = np.empty((N, 12), dtype)
        self.spread = np.empty((N, 12), dtype)
        self.z_turned = np.empty((N, 48), dtype)
        self.turned = np.empty((N, 48), dtype)
        self.z_image = np.empty((N, 64), dtype)
        self.z_image_wide_exp = np.empty((N, 64), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.t = np.empty((N, 64), dtype)
        self.u = np.empty((N, 64), bool)
        self.L_term = np.empty((N, 64), dtype)
        self.w = np.empty((N, 64), dtype)
        self.u2 = np.empty((N, 64), dtype)
        self.t2 = np.empty((N, 64), bool)
        self.v = np.empty((N, 64), dtype)
        self.w2 = np.empty((N, 64), bool)
        self.r = np.empty((N, 64), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.turned_bar = np.empty((N, 48), dtype)
        self.t3 = np.empty((N, 48), bool)
        self.code_bar = np.empty((N, 12), dtype)


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
