"""autoencoder: dense → dense → dense → dense

Made by symbprop 0.1.0 from autoencoder.yaml (sha256 dd7b7fe84f5c6733).
To change it, change autoencoder.yaml and run: symbprop compile autoencoder.yaml

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
    (9)  īmage[n,k] = (image[n,k] − x[n,k]) / (32 N)                      from (8)
    (10) z̄_image[n,k] = īmage[n,k] image[n,k] (1 − image[n,k])           from (7)
    (11) b̄_image[k] = Σₙ z̄_image[n,k]                                   from (6)
    (12) t̄urned[n,l] = Σₖ W_image[l,k] z̄_image[n,k]                     from (6)
    (13) W̄_image[l,k] = Σₙ turned[n,l] z̄_image[n,k]                     from (6)
    (14) z̄_turned[n,l] = t̄urned[n,l] 1[z_turned[n,l] > 0]               from (5)
    (15) b̄_turned[l] = Σₙ z̄_turned[n,l]                                 from (4)
    (16) c̄ode[n,m] = Σₗ W_turned[m,l] z̄_turned[n,l]                     from (4)
    (17) W̄_turned[m,l] = Σₙ code[n,m] z̄_turned[n,l]                     from (4)
    (18) b̄_code[m] = Σₙ c̄ode[n,m]                                       from (3)
    (19) s̄een[n,j] = Σₘ W_code[j,m] c̄ode[n,m]                           from (3)
    (20) W̄_code[j,m] = Σₙ seen[n,j] c̄ode[n,m]                           from (3)
    (21) z̄_seen[n,j] = s̄een[n,j] 1[z_seen[n,j] > 0]                     from (2)
    (22) b̄_seen[j] = Σₙ z̄_seen[n,j]                                     from (1)
    (23) W̄_seen[k,j] = Σₙ x[n,k] z̄_seen[n,j]                            from (1)

Cost of one call of the last function
    41016 N + 3 floating-point operations, 17536 N + 153312 bytes read or written (float64)
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
    "W_code": "\\bar{W}^{(\\mathrm{code})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\overline{\\mathrm{code}}_{nm}",
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


def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: image [N, 64]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, 0, out=z_seen)  # (2); seen lives in z_seen
    code = np.dot(seen, W_code)  # (3)
    code += b_code  # (3)
    z_turned = np.dot(code, W_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, 0, out=z_turned)  # (5); turned lives in z_turned
    z_image = np.dot(turned, W_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image)  # (7) −z_image
    np.minimum(z_image, t, out=t)  # (7) −|z_image|
    np.exp(t, out=t)  # (7) exp(−|z_image|)
    u = np.add(1, t)  # (7) 1 + exp(−|z_image|)
    v = np.greater_equal(z_image, 0)
    w = np.where(v, 1, t)  # (7) {1 if z_image ≥ 0 else exp(−|z_image|)}
    image = np.divide(w, u, out=w)  # (7)
    return image


def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, 0, out=z_seen)  # (2); seen lives in z_seen
    code = np.dot(seen, W_code)  # (3)
    code += b_code  # (3)
    z_turned = np.dot(code, W_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, 0, out=z_turned)  # (5); turned lives in z_turned
    z_image = np.dot(turned, W_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image)  # (8) −z_image
    np.minimum(z_image, t, out=t)  # (8) −|z_image|
    u = _wide_exp(t)  # (8) wide_exp(−|z_image|)
    t = np.add(1, u)  # (8) 1 + wide_exp(−|z_image|)
    np.multiply(t, t, out=t)  # (8) (1 + wide_exp(−|z_image|))²
    v = np.multiply(x, u)
    w = np.subtract(x, 1)  # (8) x − 1
    np.add(v, w, out=v)  # (8) x wide_exp(−|z_image|) + x − 1
    np.multiply(v, v, out=v)  # (8) (x wide_exp(−|z_image|) + x − 1)²
    np.multiply(w, u, out=w)
    np.add(x, w, out=w)  # (8) x + wide_exp(−|z_image|) (x − 1)
    np.multiply(w, w, out=w)  # (8) (x + wide_exp(−|z_image|) (x − 1))²
    u = np.greater_equal(z_image, 0)
    r = np.where(u, v, w)  # (8)
    L_term = np.divide(r, t, out=r)  # (8)
    L = np.sum(L_term)  # (8)
    L = L / (64 * N)  # (8)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W_seen, b_seen, W_code, b_code, W_turned, b_turned, W_image, b_image, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.maximum(z_seen, 0)  # (2)
    code = np.dot(seen, W_code)  # (3)
    code += b_code  # (3)
    z_turned = np.dot(code, W_turned)  # (4)
    z_turned += b_turned  # (4)
    turned = np.maximum(z_turned, 0)  # (5)
    z_image = np.dot(turned, W_image)  # (6)
    z_image += b_image  # (6)
    t = np.negative(z_image)  # (8) −z_image
    np.minimum(z_image, t, out=t)  # (8) −|z_image|
    u = _wide_exp(t)  # (8) wide_exp(−|z_image|)
    t = np.add(1, u)  # (8) 1 + wide_exp(−|z_image|)
    np.multiply(t, t, out=t)  # (8) (1 + wide_exp(−|z_image|))²
    v = np.multiply(x, u)
    w = np.subtract(x, 1)  # (8) x − 1
    np.add(v, w, out=v)  # (8) x wide_exp(−|z_image|) + x − 1
    np.multiply(v, v, out=v)  # (8) (x wide_exp(−|z_image|) + x − 1)²
    np.multiply(w, u, out=w)
    np.add(x, w, out=w)  # (8) x + wide_exp(−|z_image|) (x − 1)
    np.multiply(w, w, out=w)  # (8) (x + wide_exp(−|z_image|) (x − 1))²
    u = np.greater_equal(z_image, 0)
    r = np.where(u, v, w)  # (8)
    L_term = np.divide(r, t, out=r)  # (8)
    L = np.sum(L_term)  # (8)
    L = L / (64 * N)  # (8)
    t = np.negative(z_image)  # (10) −z_image
    np.minimum(z_image, t, out=t)  # (10) −|z_image|
    u = _wide_exp(t)  # (10) wide_exp(−|z_image|)
    t = np.add(1, u)  # (10) 1 + wide_exp(−|z_image|)
    v = np.multiply(t, t)
    np.multiply(v, t, out=v)  # (10) (1 + wide_exp(−|z_image|))³
    t = np.multiply(x, u)
    w = np.subtract(x, 1)  # (10) x − 1
    np.add(t, w, out=t)  # (10) x wide_exp(−|z_image|) + x − 1
    np.multiply(w, u, out=w)
    np.add(x, w, out=w)  # (10) x + wide_exp(−|z_image|) (x − 1)
    r = np.greater_equal(z_image, 0)
    q = np.where(r, t, w)  # (10)
    np.multiply(cotangent / (32 * N), u, out=u)
    np.multiply(u, q, out=u)
    np.negative(u, out=u)
    z_image_bar = np.divide(u, v, out=u)  # (10)
    b_image_bar = np.sum(z_image_bar, axis=0)  # (11)
    turned_bar = np.dot(z_image_bar, W_image.T)  # (12)
    W_image_bar = np.dot(turned.T, z_image_bar)  # (13)
    t = np.greater(z_turned, 0)
    z_turned_bar = np.multiply(turned_bar, t, out=turned_bar)  # (14);
    b_turned_bar = np.sum(z_turned_bar, axis=0)  # (15)
    code_bar = np.dot(z_turned_bar, W_turned.T)  # (16)
    W_turned_bar = np.dot(code.T, z_turned_bar)  # (17)
    b_code_bar = np.sum(code_bar, axis=0)  # (18)
    seen_bar = np.dot(code_bar, W_code.T)  # (19)
    W_code_bar = np.dot(seen.T, code_bar)  # (20)
    t = np.greater(z_seen, 0)
    z_seen_bar = np.multiply(seen_bar, t, out=seen_bar)  # (21);
    b_seen_bar = np.sum(z_seen_bar, axis=0)  # (22)
    W_seen_bar = np.dot(x.T, z_seen_bar)  # (23)
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
