"""vae: dense → dense → dense → formula → dense → dense

Made by symbprop 0.1.0 from vae.yaml (sha256 8d825cc0a7dac3e5).
To change it, change vae.yaml and run: symbprop compile vae.yaml

Axes
    n  example (N)    j  z_seen (48)    k  x (64)    m  mean (4)    l  z_turned (48)

Forward
    (1)  z_seen[n,j] = Σₖ x[n,k] W_seen[k,j] + b_seen[j]
    (2)  seen[n,j] = tanh(z_seen[n,j])
    (3)  mean[n,m] = Σⱼ seen[n,j] W_mean[j,m] + b_mean[m]
    (4)  logvar[n,m] = Σⱼ seen[n,j] W_logvar[j,m] + b_logvar[m]
    (5)  code[n,m] = mean[n,m] + noise[n,m] exp(logvar[n,m] / 2)
    (6)  z_turned[n,l] = Σₘ code[n,m] W_turned[m,l] + b_turned[l]
    (7)  turned[n,l] = tanh(z_turned[n,l])
    (8)  image[n,k] = Σₗ turned[n,l] W_image[l,k] + b_image[k]
    (9)  s1[n] = Σₖ (log(1 + exp(image[n,k])) − x[n,k] image[n,k])
    (10) L = Σₙ s1[n] / N
    (11) s2[n] = Σₘ (mean[n,m]² + exp(logvar[n,m]) − 1 − logvar[n,m])
    (12) D = Σₙ s2[n] / (2 N)
    (13) L_total = L + D

Backward, with v̄ = ∂L_total/∂v (v_bar in the code)
    (14) īmage[n,k] = (1 − x[n,k] − x[n,k] exp(−image[n,k])) / (N (1 + exp(−image[n,k])))  from (13)
    (15) b̄_image[k] = Σₙ īmage[n,k]                                      from (8)
    (16) t̄urned[n,l] = Σₖ W_image[l,k] īmage[n,k]                        from (8)
    (17) W̄_image[l,k] = Σₙ turned[n,l] īmage[n,k]                        from (8)
    (18) z̄_turned[n,l] = t̄urned[n,l] (1 − turned[n,l]²)                 from (7)
    (19) b̄_turned[l] = Σₙ z̄_turned[n,l]                                 from (6)
    (20) c̄ode[n,m] = Σₗ W_turned[m,l] z̄_turned[n,l]                     from (6)
    (21) W̄_turned[m,l] = Σₙ code[n,m] z̄_turned[n,l]                     from (6)
    (22) m̄ean[n,m] = mean[n,m] / N + c̄ode[n,m]                          from (13), (5)
    (23) l̄ogvar[n,m] = ((exp(logvar[n,m]) − 1) / N + noise[n,m] c̄ode[n,m] exp(logvar[n,m] / 2)) / 2  from (13), (5)
    (24) b̄_logvar[m] = Σₙ l̄ogvar[n,m]                                   from (4)
    (25) W̄_logvar[j,m] = Σₙ seen[n,j] l̄ogvar[n,m]                       from (4)
    (26) b̄_mean[m] = Σₙ m̄ean[n,m]                                       from (3)
    (27) s̄een[n,j] = Σₘ W_logvar[j,m] l̄ogvar[n,m] + Σₘ W_mean[j,m] m̄ean[n,m]  from (4), (3)
    (28) W̄_mean[j,m] = Σₙ seen[n,j] m̄ean[n,m]                           from (3)
    (29) z̄_seen[n,j] = s̄een[n,j] (1 − seen[n,j]²)                       from (2)
    (30) b̄_seen[j] = Σₙ z̄_seen[n,j]                                     from (1)
    (31) W̄_seen[k,j] = Σₙ x[n,k] z̄_seen[n,j]                            from (1)

Cost of one call of the last function
    38262 N + 6 floating-point operations, 18880 N + 139496 bytes read or written (float64)
    6,888 parameters
    1376 N bytes kept from forward to backward: mean, image, turned, code, logvar, seen
"""

import numpy as np

NAME = "vae"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_seen": (64, 48),
    "b_seen": (48,),
    "W_mean": (48, 4),
    "b_mean": (4,),
    "W_logvar": (48, 4),
    "b_logvar": (4,),
    "W_turned": (4, 48),
    "b_turned": (48,),
    "W_image": (48, 64),
    "b_image": (64,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 64),
    "noise": ("N", 4),
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
    "W_mean": "\\bar{W}^{(\\mathrm{mean})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\overline{\\mathrm{mean}}_{nm}",
    "b_mean": "\\bar{b}^{(\\mathrm{mean})}_{m} = \\sum_{n} \\overline{\\mathrm{mean}}_{nm}",
    "W_logvar": "\\bar{W}^{(\\mathrm{logvar})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\overline{\\mathrm{logvar}}_{nm}",
    "b_logvar": "\\bar{b}^{(\\mathrm{logvar})}_{m} = \\sum_{n} \\overline{\\mathrm{logvar}}_{nm}",
    "W_turned": "\\bar{W}^{(\\mathrm{turned})}_{ml} = \\sum_{n} \\mathrm{code}_{nm} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "b_turned": "\\bar{b}^{(\\mathrm{turned})}_{l} = \\sum_{n} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "W_image": "\\bar{W}^{(\\mathrm{image})}_{lk} = \\sum_{n} \\mathrm{turned}_{nl} \\overline{\\mathrm{image}}_{nk}",
    "b_image": "\\bar{b}^{(\\mathrm{image})}_{k} = \\sum_{n} \\overline{\\mathrm{image}}_{nk}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W_seen": 0.23145502494313785 * rng.uniform(-1, 1, (64, 48)),  # glorot_uniform
        "b_seen": np.zeros((48,)),
        "W_mean": 0.3396831102433787 * rng.uniform(-1, 1, (48, 4)),  # glorot_uniform
        "b_mean": np.zeros((4,)),
        "W_logvar": 0.3396831102433787 * rng.uniform(-1, 1, (48, 4)),  # glorot_uniform
        "b_logvar": np.zeros((4,)),
        "W_turned": 0.3396831102433787 * rng.uniform(-1, 1, (4, 48)),  # glorot_uniform
        "b_turned": np.zeros((48,)),
        "W_image": 0.23145502494313785 * rng.uniform(-1, 1, (48, 64)),  # glorot_uniform
        "b_image": np.zeros((64,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    noise: np.ndarray,
) -> np.ndarray:
    """The output: image [N, 64]."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "noise": noise})
    (
        W_seen,
        b_seen,
        W_mean,
        b_mean,
        W_logvar,
        b_logvar,
        W_turned,
        b_turned,
        W_image,
        b_image,
        x,
        noise,
    ) = arrays
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
    mean = np.dot(seen, W_mean)  # (3)
    mean += b_mean  # (3)
    logvar = np.dot(seen, W_logvar)  # (4)
    logvar += b_logvar  # (4)
    t = np.divide(logvar, 2)  # (5) logvar / 2
    np.exp(t, out=t)  # (5) exp(logvar / 2)
    np.multiply(noise, t, out=t)
    code = np.add(mean, t, out=mean)  # (5); code lives in mean
    z_turned = np.dot(code, W_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
    image = np.dot(turned, W_image)  # (8)
    image += b_image  # (8)
    return image


def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    noise: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "noise": noise})
    (
        W_seen,
        b_seen,
        W_mean,
        b_mean,
        W_logvar,
        b_logvar,
        W_turned,
        b_turned,
        W_image,
        b_image,
        x,
        noise,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
    mean = np.dot(seen, W_mean)  # (3)
    mean += b_mean  # (3)
    logvar = np.dot(seen, W_logvar)  # (4)
    logvar += b_logvar  # (4)
    t = np.divide(logvar, 2)  # (5) logvar / 2
    np.exp(t, out=t)  # (5) exp(logvar / 2)
    np.multiply(noise, t, out=t)
    code = np.add(mean, t, out=t)  # (5)
    z_turned = np.dot(code, W_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
    image = np.dot(turned, W_image)  # (8)
    image += b_image  # (8)
    t = np.subtract(1, x)  # (9) 1 − x
    u = np.negative(x)  # (9) −x
    v = np.greater_equal(image, 0)
    w = np.where(v, t, u)  # (9) {1 − x if image ≥ 0 else −x}
    np.multiply(image, w, out=w)
    u = np.negative(image)  # (9) −image
    np.minimum(image, u, out=image)  # (9) −|image|
    np.exp(image, out=image)  # (9) exp(−|image|)
    np.log1p(image, out=image)  # (9) log1p(exp(−|image|))
    s1_term = np.add(w, image, out=w)  # (9)
    s1 = np.sum(s1_term, axis=1)  # (9)
    L = np.sum(s1)  # (10)
    L = L / N  # (10)
    t = np.multiply(mean, mean)  # (11) mean²
    u = np.expm1(logvar)  # (11) expm1(logvar)
    np.add(t, u, out=t)
    s2_term = np.subtract(t, logvar, out=t)  # (11)
    s2 = np.sum(s2_term, axis=1)  # (11)
    D = np.sum(s2)  # (12)
    D = D / (2 * N)  # (12)
    L_total = L  # (13)
    L_total += D  # (13)
    return L_total


def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    noise: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "noise": noise})
    (
        W_seen,
        b_seen,
        W_mean,
        b_mean,
        W_logvar,
        b_logvar,
        W_turned,
        b_turned,
        W_image,
        b_image,
        x,
        noise,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_seen = np.dot(x, W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen)  # (2)
    mean = np.dot(seen, W_mean)  # (3)
    mean += b_mean  # (3)
    logvar = np.dot(seen, W_logvar)  # (4)
    logvar += b_logvar  # (4)
    t = np.divide(logvar, 2)  # (5) logvar / 2
    np.exp(t, out=t)  # (5) exp(logvar / 2)
    np.multiply(noise, t, out=t)
    code = np.add(mean, t, out=t)  # (5)
    z_turned = np.dot(code, W_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned)  # (7)
    image = np.dot(turned, W_image)  # (8)
    image += b_image  # (8)
    t = np.subtract(1, x)  # (9) 1 − x
    u = np.negative(x)  # (9) −x
    v = np.greater_equal(image, 0)
    w = np.where(v, t, u)  # (9) {1 − x if image ≥ 0 else −x}
    np.multiply(image, w, out=w)
    u = np.negative(image)  # (9) −image
    np.minimum(image, u, out=u)  # (9) −|image|
    np.exp(u, out=u)  # (9) exp(−|image|)
    np.log1p(u, out=u)  # (9) log1p(exp(−|image|))
    s1_term = np.add(w, u, out=w)  # (9)
    s1 = np.sum(s1_term, axis=1)  # (9)
    L = np.sum(s1)  # (10)
    L = L / N  # (10)
    t = np.multiply(mean, mean)  # (11) mean²
    u = np.expm1(logvar)  # (11) expm1(logvar)
    np.add(t, u, out=t)
    s2_term = np.subtract(t, logvar, out=t)  # (11)
    s2 = np.sum(s2_term, axis=1)  # (11)
    D = np.sum(s2)  # (12)
    D = D / (2 * N)  # (12)
    L_total = L  # (13)
    L_total += D  # (13)
    t = np.negative(image)  # (14) −image
    np.minimum(image, t, out=t)  # (14) −|image|
    u = _wide_exp(t)  # (14) wide_exp(−|image|)
    t = np.add(1, u)  # (14) 1 + wide_exp(−|image|)
    v = np.multiply(x, u)
    w = np.subtract(x, 1)  # (14) x − 1
    np.negative(v, out=v)
    np.subtract(v, w, out=v)  # (14) −x wide_exp(−|image|) − (x − 1)
    np.multiply(w, u, out=w)
    u = np.negative(x)
    np.subtract(u, w, out=u)  # (14) −x − wide_exp(−|image|) (x − 1)
    w = np.greater_equal(image, 0)
    r = np.where(w, v, u)  # (14)
    np.multiply(cotangent / N, r, out=r)
    image_bar = np.divide(r, t, out=r)  # (14)
    b_image_bar = np.sum(image_bar, axis=0)  # (15)
    turned_bar = np.dot(image_bar, W_image.T)  # (16)
    W_image_bar = np.dot(turned.T, image_bar)  # (17)
    t = np.negative(z_turned)  # (18) −z_turned
    np.minimum(z_turned, t, out=t)  # (18) −|z_turned|
    np.exp(t, out=t)  # (18) exp(−|z_turned|)
    np.multiply(t, t, out=t)  # (18) exp(−|z_turned|)²
    u = np.add(1, t)  # (18) exp(−|z_turned|)² + 1
    np.multiply(u, u, out=u)  # (18) (exp(−|z_turned|)² + 1)²
    np.multiply(4, turned_bar, out=turned_bar)
    np.multiply(turned_bar, t, out=turned_bar)
    z_turned_bar = np.divide(turned_bar, u, out=turned_bar)  # (18);
    b_turned_bar = np.sum(z_turned_bar, axis=0)  # (19)
    code_bar = np.dot(z_turned_bar, W_turned.T)  # (20)
    W_turned_bar = np.dot(code.T, z_turned_bar)  # (21)
    mean_bar = np.multiply(cotangent / N, mean)  # (22)
    mean_bar += code_bar  # (22)
    t = np.expm1(logvar)  # (23) expm1(logvar)
    np.multiply(cotangent / (2 * N), t, out=t)
    u = np.divide(logvar, 2)  # (23) logvar / 2
    np.exp(u, out=u)  # (23) exp(logvar / 2)
    np.multiply(noise, code_bar, out=code_bar)
    np.multiply(code_bar, u, out=code_bar)
    np.divide(code_bar, 2, out=code_bar)  # (23) noise c̄ode exp(logvar / 2) / 2
    logvar_bar = np.add(t, code_bar, out=t)  # (23)
    b_logvar_bar = np.sum(logvar_bar, axis=0)  # (24)
    W_logvar_bar = np.dot(seen.T, logvar_bar)  # (25)
    b_mean_bar = np.sum(mean_bar, axis=0)  # (26)
    seen_bar = np.dot(logvar_bar, W_logvar.T)  # (27)
    seen_bar += np.dot(mean_bar, W_mean.T)  # (27)
    W_mean_bar = np.dot(seen.T, mean_bar)  # (28)
    t = np.negative(z_seen)  # (29) −z_seen
    np.minimum(z_seen, t, out=t)  # (29) −|z_seen|
    np.exp(t, out=t)  # (29) exp(−|z_seen|)
    np.multiply(t, t, out=t)  # (29) exp(−|z_seen|)²
    u = np.add(1, t)  # (29) exp(−|z_seen|)² + 1
    np.multiply(u, u, out=u)  # (29) (exp(−|z_seen|)² + 1)²
    np.multiply(4, seen_bar, out=seen_bar)
    np.multiply(seen_bar, t, out=seen_bar)
    z_seen_bar = np.divide(seen_bar, u, out=seen_bar)  # (29);
    b_seen_bar = np.sum(z_seen_bar, axis=0)  # (30)
    W_seen_bar = np.dot(x.T, z_seen_bar)  # (31)
    grads = {
        "W_seen": W_seen_bar,
        "b_seen": b_seen_bar,
        "W_mean": W_mean_bar,
        "b_mean": b_mean_bar,
        "W_logvar": W_logvar_bar,
        "b_logvar": b_logvar_bar,
        "W_turned": W_turned_bar,
        "b_turned": b_turned_bar,
        "W_image": W_image_bar,
        "b_image": b_image_bar,
    }
    return L_total, grads


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
