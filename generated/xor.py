"""xor: dense → dense

Made by symbprop 0.1.0 from xor.yaml (sha256 e0fc7e746301ac6e).
To change it, change xor.yaml and run: symbprop compile xor.yaml

Axes
    n  example (N)    j  z1 (4)    k  x (2)    m  z2 (1)

Forward
    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j] + b1[j]
    (2)  h[n,j] = tanh(z1[n,j])
    (3)  z2[n,m] = Σⱼ h[n,j] W2[j,m] + b2[m]
    (4)  a[n,m] = 1 / (1 + exp(−z2[n,m]))
    (5)  L = Σₙₘ (log(1 + exp(z2[n,m])) − y[n,m] z2[n,m]) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (6)  z̄2[n,m] = (a[n,m] − y[n,m]) / N                                  from (5)
    (7)  b̄2[m] = Σₙ z̄2[n,m]                                               from (3)
    (8)  h̄[n,j] = Σₘ W2[j,m] z̄2[n,m]                                      from (3)
    (9)  W̄2[j,m] = Σₙ h[n,j] z̄2[n,m]                                      from (3)
    (10) z̄1[n,j] = h̄[n,j] (1 − h[n,j]²)                                   from (2)
    (11) b̄1[j] = Σₙ z̄1[n,j]                                               from (1)
    (12) W̄1[k,j] = Σₙ x[n,k] z̄1[n,j]                                      from (1)

Cost of one call of the last function
    158 N + 2 floating-point operations, 512 N + 336 bytes read or written (float64)
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


def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: a [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W1, b1, W2, b2, x = arrays
    z1 = np.dot(x, W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1, out=z1)  # (2); h lives in z1
    z2 = np.dot(h, W2)  # (3)
    z2 += b2  # (3)
    t = np.negative(z2)  # (4) −z2
    np.minimum(z2, t, out=t)  # (4) −|z2|
    np.exp(t, out=t)  # (4) exp(−|z2|)
    u = np.add(1, t)  # (4) 1 + exp(−|z2|)
    v = np.greater_equal(z2, 0)
    w = np.where(v, 1, t)  # (4) {1 if z2 ≥ 0 else exp(−|z2|)}
    a = np.divide(w, u, out=w)  # (4)
    return a


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
    z1 = np.dot(x, W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1, out=z1)  # (2); h lives in z1
    z2 = np.dot(h, W2)  # (3)
    z2 += b2  # (3)
    t = np.subtract(1, y)  # (5) 1 − y
    u = np.negative(y)  # (5) −y
    v = np.greater_equal(z2, 0)
    w = np.where(v, t, u)  # (5) {1 − y if z2 ≥ 0 else −y}
    np.multiply(z2, w, out=w)
    u = np.negative(z2)  # (5) −z2
    np.minimum(z2, u, out=u)  # (5) −|z2|
    np.exp(u, out=u)  # (5) exp(−|z2|)
    np.log1p(u, out=u)  # (5) log1p(exp(−|z2|))
    L_term = np.add(w, u, out=w)  # (5)
    L = np.sum(L_term)  # (5)
    L = L / N  # (5)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "y": y})
    W1, b1, W2, b2, x, y = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z1 = np.dot(x, W1)  # (1)
    z1 += b1  # (1)
    h = np.tanh(z1)  # (2)
    z2 = np.dot(h, W2)  # (3)
    z2 += b2  # (3)
    t = np.subtract(1, y)  # (5) 1 − y
    u = np.negative(y)  # (5) −y
    v = np.greater_equal(z2, 0)
    w = np.where(v, t, u)  # (5) {1 − y if z2 ≥ 0 else −y}
    np.multiply(z2, w, out=w)
    u = np.negative(z2)  # (5) −z2
    np.minimum(z2, u, out=u)  # (5) −|z2|
    np.exp(u, out=u)  # (5) exp(−|z2|)
    np.log1p(u, out=u)  # (5) log1p(exp(−|z2|))
    L_term = np.add(w, u, out=w)  # (5)
    L = np.sum(L_term)  # (5)
    L = L / N  # (5)
    t = np.negative(z2)  # (6) −z2
    np.minimum(z2, t, out=t)  # (6) −|z2|
    u = _wide_exp(t)  # (6) wide_exp(−|z2|)
    t = np.add(1, u)  # (6) 1 + wide_exp(−|z2|)
    v = np.multiply(y, u)
    w = np.subtract(y, 1)  # (6) y − 1
    np.negative(v, out=v)
    np.subtract(v, w, out=v)  # (6) −y wide_exp(−|z2|) − (y − 1)
    np.multiply(w, u, out=w)
    u = np.negative(y)
    np.subtract(u, w, out=u)  # (6) −y − wide_exp(−|z2|) (y − 1)
    w = np.greater_equal(z2, 0)
    r = np.where(w, v, u)  # (6)
    np.multiply(cotangent / N, r, out=r)
    z2_bar = np.divide(r, t, out=r)  # (6)
    b2_bar = np.sum(z2_bar, axis=0)  # (7)
    h_bar = np.dot(z2_bar, W2.T)  # (8)
    W2_bar = np.dot(h.T, z2_bar)  # (9)
    t = np.negative(z1)  # (10) −z1
    np.minimum(z1, t, out=t)  # (10) −|z1|
    np.exp(t, out=t)  # (10) exp(−|z1|)
    np.multiply(t, t, out=t)  # (10) exp(−|z1|)²
    u = np.add(1, t)  # (10) exp(−|z1|)² + 1
    np.multiply(u, u, out=u)  # (10) (exp(−|z1|)² + 1)²
    np.multiply(4, h_bar, out=h_bar)
    np.multiply(h_bar, t, out=h_bar)
    z1_bar = np.divide(h_bar, u, out=h_bar)  # (10); z1_bar lives in h_bar
    b1_bar = np.sum(z1_bar, axis=0)  # (11)
    W1_bar = np.dot(x.T, z1_bar)  # (12)
    grads = {
        "W1": W1_bar,
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
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


def _wide_exp(x: np.ndarray) -> np.ndarray:
    """The exponential, in double precision also where x is single: to half an ulp."""
    if x.dtype != np.float32:
        return np.exp(x)
    return np.exp(x, dtype=np.float64).astype(np.float32)
