"""vae: dense → dense → dense → drawn → dense → dense

Made by symbprop 0.1.0 from vae.yaml (sha256 bd6860e98b7c7839).
To change it, change vae.yaml and run: symbprop compile vae.yaml
Verified by 122 probes; the certificate is sha256 02fa39b62104930f.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_seen (48)    k  x (64)    m  mean (4)    l  z_turned (48)

Forward, in training
    (1)  z_seen[n,j] = Σₖ x[n,k] W_seen[k,j] + b_seen[j]
    (2)  seen[n,j] = tanh(z_seen[n,j])
    (3)  mean[n,m] = Σⱼ seen[n,j] W_mean[j,m] + b_mean[m]
    (4)  logvar[n,m] = Σⱼ seen[n,j] W_logvar[j,m] + b_logvar[m]
    (5)  code[n,m] = mean[n,m] + e_code[n,m] exp(logvar[n,m] / 2)
    (6)  z_turned[n,l] = Σₘ code[n,m] W_turned[m,l] + b_turned[l]
    (7)  turned[n,l] = tanh(z_turned[n,l])
    (8)  image[n,k] = Σₗ turned[n,l] W_image[l,k] + b_image[k]
    (9)  s1[n] = Σₖ (log(1 + exp(image[n,k])) − x[n,k] image[n,k])
    (10) L = Σₙ s1[n] / N
    (11) s2[n] = Σₘ (mean[n,m]² + exp(logvar[n,m]) − 1 − logvar[n,m])
    (12) D = Σₙ s2[n] / (2 N)
    (13) L_total = L + D

Backward, with v̄ = ∂L_total/∂v (v_bar in the code)
    (14) i̅m̅a̅g̅e̅[n,k] = (1 − x[n,k] − x[n,k] exp(−image[n,k])) / (N (1 + exp(−image[n,k])))  from (13)
    (15) b̄_image[k] = Σₙ i̅m̅a̅g̅e̅[n,k]                                       from (8)
    (16) t̅u̅r̅n̅e̅d̅[n,l] = Σₖ W_image[l,k] i̅m̅a̅g̅e̅[n,k]                         from (8)
    (17) W̄_image[l,k] = Σₙ turned[n,l] i̅m̅a̅g̅e̅[n,k]                         from (8)
    (18) z̄_turned[n,l] = t̅u̅r̅n̅e̅d̅[n,l] (1 − turned[n,l]²)                   from (7)
    (19) b̄_turned[l] = Σₙ z̄_turned[n,l]                                   from (6)
    (20) c̅o̅d̅e̅[n,m] = Σₗ W_turned[m,l] z̄_turned[n,l]                       from (6)
    (21) W̄_turned[m,l] = Σₙ code[n,m] z̄_turned[n,l]                       from (6)
    (22) m̅e̅a̅n̅[n,m] = mean[n,m] / N + c̅o̅d̅e̅[n,m]                            from (13), (5)
    (23) l̅o̅g̅v̅a̅r̅[n,m] = ((exp(logvar[n,m]) − 1) / N + e_code[n,m] c̅o̅d̅e̅[n,m] exp(logvar[n,m] / 2)) / 2  from (13), (5)
    (24) b̄_logvar[m] = Σₙ l̅o̅g̅v̅a̅r̅[n,m]                                     from (4)
    (25) W̄_logvar[j,m] = Σₙ seen[n,j] l̅o̅g̅v̅a̅r̅[n,m]                         from (4)
    (26) b̄_mean[m] = Σₙ m̅e̅a̅n̅[n,m]                                         from (3)
    (27) s̅e̅e̅n̅[n,j] = Σₘ W_logvar[j,m] l̅o̅g̅v̅a̅r̅[n,m] + Σₘ W_mean[j,m] m̅e̅a̅n̅[n,m]  from (4), (3)
    (28) W̄_mean[j,m] = Σₙ seen[n,j] m̅e̅a̅n̅[n,m]                             from (3)
    (29) z̄_seen[n,j] = s̅e̅e̅n̅[n,j] (1 − seen[n,j]²)                         from (2)
    (30) b̄_seen[j] = Σₙ z̄_seen[n,j]                                       from (1)
    (31) W̄_seen[k,j] = Σₙ x[n,k] z̄_seen[n,j]                              from (1)

Forward, in inference: the same but for
    (32) code[n,m] = mean[n,m]

Cost of one call of the last function
    37814 N + 6 floating-point operations, 22560 N + 139496 bytes read or written (float64)
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
}
TARGETS: dict[str, tuple[int | str, ...]] = {}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "image": ("N", 64),
}
NOISE: dict[str, tuple[int | str, ...]] = {
    "e_code": ("N", 4),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W_seen": "\\bar{W}^{(\\mathrm{seen})}_{kj} = \\sum_{n} x_{nk} \\bar{z}^{(\\mathrm{seen})}_{nj}",
    "b_seen": "\\bar{b}^{(\\mathrm{seen})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{seen})}_{nj}",
    "W_mean": "\\bar{W}^{(\\mathrm{mean})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\, \\overline{\\mathrm{mean}}_{nm}",
    "b_mean": "\\bar{b}^{(\\mathrm{mean})}_{m} = \\sum_{n} \\overline{\\mathrm{mean}}_{nm}",
    "W_logvar": "\\bar{W}^{(\\mathrm{logvar})}_{jm} = \\sum_{n} \\mathrm{seen}_{nj} \\, \\overline{\\mathrm{logvar}}_{nm}",
    "b_logvar": "\\bar{b}^{(\\mathrm{logvar})}_{m} = \\sum_{n} \\overline{\\mathrm{logvar}}_{nm}",
    "W_turned": "\\bar{W}^{(\\mathrm{turned})}_{ml} = \\sum_{n} \\mathrm{code}_{nm} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "b_turned": "\\bar{b}^{(\\mathrm{turned})}_{l} = \\sum_{n} \\bar{z}^{(\\mathrm{turned})}_{nl}",
    "W_image": "\\bar{W}^{(\\mathrm{image})}_{lk} = \\sum_{n} \\mathrm{turned}_{nl} \\, \\overline{\\mathrm{image}}_{nk}",
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


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    training: bool = False,
    seed: int | np.random.Generator = 0,
) -> np.ndarray:
    """The output: image [N, 64]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
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
    ) = arrays
    N = sizes["N"]
    if training:
        rng = np.random.default_rng(seed)
        e_code = np.asarray(rng.standard_normal((N, 4)), dtype)
        z_seen = x.dot(W_seen)  # (1)
        z_seen += b_seen  # (1)
        seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
        mean = seen.dot(W_mean)  # (3)
        mean += b_mean  # (3)
        logvar = seen.dot(W_logvar)  # (4)
        logvar += b_logvar  # (4)
        t = np.divide(logvar, 2)  # (5) logvar / 2
        np.exp(t, out=t)  # (5) exp(logvar / 2)
        np.multiply(e_code, t, out=t)
        code = np.add(mean, t, out=mean)  # (5); code lives in mean
        z_turned = code.dot(W_turned)  # (6)
        z_turned += b_turned  # (6)
        turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
        image = turned.dot(W_image)  # (8)
        image += b_image  # (8)
        return image
    z_seen = x.dot(W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
    mean = seen.dot(W_mean)  # (3)
    mean += b_mean  # (3)
    code = mean  # (32)
    z_turned = code.dot(W_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
    image = turned.dot(W_image)  # (8)
    image += b_image  # (8)
    return image


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    training: bool = False,
    seed: int | np.random.Generator = 0,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
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
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if training:
        rng = np.random.default_rng(seed)
        e_code = np.asarray(rng.standard_normal((N, 4)), dtype)
        z_seen = x.dot(W_seen)  # (1)
        z_seen += b_seen  # (1)
        seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
        mean = seen.dot(W_mean)  # (3)
        mean += b_mean  # (3)
        logvar = seen.dot(W_logvar)  # (4)
        logvar += b_logvar  # (4)
        t = np.divide(logvar, 2)  # (5) logvar / 2
        np.exp(t, out=t)  # (5) exp(logvar / 2)
        np.multiply(e_code, t, out=t)
        code = np.add(mean, t, out=t)  # (5)
        z_turned = code.dot(W_turned)  # (6)
        z_turned += b_turned  # (6)
        turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
        image = turned.dot(W_image)  # (8)
        image += b_image  # (8)
        t = np.negative(x)  # (9) −x
        u = np.greater_equal(image, 0)
        np.add(t, u, out=t)  # (9) {1 − x if image ≥ 0 else −x}
        np.multiply(image, t, out=t)
        u = np.negative(image)  # (9) −image
        np.minimum(image, u, out=image)  # (9) −|image|
        _wide_exp(image, out=image)  # (9) wide_exp(−|image|)
        np.log1p(image, out=image)  # (9) log1p(wide_exp(−|image|))
        s1_term = np.add(t, image, out=t)  # (9)
        s1 = np.sum(s1_term, axis=1)  # (9)
        L = np.sum(s1)  # (10)
        L = L / N  # (10)
        t = np.multiply(mean, mean)  # (11) mean²
        np.minimum(2.0**100, logvar, out=logvar)  # (11) min(2¹⁰⁰, logvar)
        u = np.expm1(logvar)  # (11) expm1(min(2¹⁰⁰, logvar))
        np.add(t, u, out=t)
        s2_term = np.subtract(t, logvar, out=t)  # (11)
        s2 = np.sum(s2_term, axis=1)  # (11)
        D = np.sum(s2)  # (12)
        D = D / (2 * N)  # (12)
        L_total = L  # (13)
        L_total += D  # (13)
        return L_total
    z_seen = x.dot(W_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen, out=z_seen)  # (2); seen lives in z_seen
    mean = seen.dot(W_mean)  # (3)
    mean += b_mean  # (3)
    logvar = seen.dot(W_logvar)  # (4)
    logvar += b_logvar  # (4)
    code = mean  # (32)
    z_turned = code.dot(W_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned, out=z_turned)  # (7); turned lives in z_turned
    image = turned.dot(W_image)  # (8)
    image += b_image  # (8)
    t = np.negative(x)  # (9) −x
    u = np.greater_equal(image, 0)
    np.add(t, u, out=t)  # (9) {1 − x if image ≥ 0 else −x}
    np.multiply(image, t, out=t)
    u = np.negative(image)  # (9) −image
    np.minimum(image, u, out=image)  # (9) −|image|
    _wide_exp(image, out=image)  # (9) wide_exp(−|image|)
    np.log1p(image, out=image)  # (9) log1p(wide_exp(−|image|))
    s1_term = np.add(t, image, out=t)  # (9)
    s1 = np.sum(s1_term, axis=1)  # (9)
    L = np.sum(s1)  # (10)
    L = L / N  # (10)
    t = np.multiply(mean, mean)  # (11) mean²
    np.minimum(2.0**100, logvar, out=logvar)  # (11) min(2¹⁰⁰, logvar)
    u = np.expm1(logvar)  # (11) expm1(min(2¹⁰⁰, logvar))
    np.add(t, u, out=t)
    s2_term = np.subtract(t, logvar, out=t)  # (11)
    s2 = np.sum(s2_term, axis=1)  # (11)
    D = np.sum(s2)  # (12)
    D = D / (2 * N)  # (12)
    L_total = L  # (13)
    L_total += D  # (13)
    return L_total


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    seed: int | np.random.Generator = 0,
    cotangent: float = 1.0,
    out: dict[str, np.ndarray] | None = None,
    microbatch: int | None = None,
    map=map,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``.

    Where ``out`` is given, such as an earlier gradient, its arrays are written into and
    handed back; they may share no memory with what is read.
    """
    if microbatch is not None:
        raise ValueError(
            "the loss of a batch is not made of the losses of its parts: e_code is drawn for the whole batch at once",
        )
    dtype, arrays, sizes = _arguments(params, {"x": x})
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
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x)
    work = _borrow(_LossAndGradWork, dtype, N)
    rng = np.random.default_rng(seed)
    e_code = np.asarray(rng.standard_normal((N, 4)), dtype)
    z_seen = x.dot(W_seen, out=work.z_seen)  # (1)
    z_seen += b_seen  # (1)
    seen = np.tanh(z_seen, out=work.seen)  # (2)
    mean = work.mean
    W_mean.T.dot(seen.T, out=mean.T)  # (3)
    work.spread[...] = b_mean  # (3)
    mean += work.spread  # (3)
    logvar = work.logvar
    W_logvar.T.dot(seen.T, out=logvar.T)  # (4)
    work.spread[...] = b_logvar  # (4)
    logvar += work.spread  # (4)
    t = np.divide(logvar, work.two, out=work.logvar_exp)  # (5) logvar / 2
    logvar_exp = np.exp(t, out=t)  # (5)
    t = np.multiply(e_code, logvar_exp, out=work.code)
    code = np.add(mean, t, out=t)  # (5)
    z_turned = code.dot(W_turned, out=work.z_turned)  # (6)
    z_turned += b_turned  # (6)
    turned = np.tanh(z_turned, out=work.turned)  # (7)
    image = turned.dot(W_image, out=work.image)  # (8)
    image += b_image  # (8)
    t = np.negative(image, out=work.image_wide_exp)  # (9) −image
    np.minimum(image, t, out=t)  # (9) −|image|
    image_wide_exp = _wide_exp(t, out=t)  # (9)
    t = np.negative(x, out=work.s1_term)  # (9) −x
    u = np.greater_equal(image, work.zero, out=work.u)
    np.add(t, u, out=t)  # (9) {1 − x if image ≥ 0 else −x}
    np.multiply(image, t, out=t)
    u = np.log1p(image_wide_exp, out=work.u2)  # (9) log1p(image_wide_exp)
    s1_term = np.add(t, u, out=t)  # (9)
    s1 = s1_term.dot(work.ones, out=work.s1)  # (9)
    L = np.add.reduce(s1)  # (10)
    L = L / N  # (10)
    t = np.multiply(mean, mean, out=work.s2_term)  # (11) mean²
    u = np.minimum(2.0**100, logvar, out=work.u3)  # (11) min(2¹⁰⁰, logvar)
    v = np.expm1(u, out=work.v)  # (11) expm1(min(2¹⁰⁰, logvar))
    np.add(t, v, out=t)
    s2_term = np.subtract(t, u, out=t)  # (11)
    s2 = work.ones2.dot(s2_term.T, out=work.s1)  # (11)
    D = np.add.reduce(s2)  # (12)
    D = D / (2 * N)  # (12)
    L_total = L  # (13)
    L_total += D  # (13)
    t = np.add(work.one, image_wide_exp, out=work.t)  # (14) 1 + image_wide_exp
    u = np.less(image, work.zero, out=work.u)
    v = np.maximum(image_wide_exp, u, out=work.v2)  # (14)
    np.multiply(x, v, out=v)
    u = np.subtract(work.one, x, out=work.s1_term)  # (14) 1 − x
    w = np.greater_equal(image, work.zero, out=work.w)
    r = np.maximum(image_wide_exp, w, out=work.r)  # (14)
    np.multiply(u, r, out=u)
    np.subtract(u, v, out=u)  # (14)
    np.multiply(cotangent / N, u, out=u)
    image_bar = np.divide(u, t, out=u)  # (14)
    b_image_bar = work.ones3.dot(image_bar, out=out["b_image"])  # (15)
    turned_bar = image_bar.dot(W_image.T, out=work.turned_bar)  # (16)
    W_image_bar = turned.T.dot(image_bar, out=out["W_image"])  # (17)
    for some, u in work.blocks:  # (18), (29) some of z_turned to z_seen at a time
        t = work.z_turned_to_z_seen[some]
        np.negative(t, out=u)  # (18), (29) −z_turned
        np.minimum(t, u, out=t)  # (18), (29) −|z_turned|
        np.exp(t, out=t)  # (18), (29) exp(−|z_turned|)
        np.multiply(t, t, out=t)  # (18), (29) exp(−|z_turned|)²
        np.add(work.one, t, out=u)  # (18), (29) exp(−|z_turned|)² + 1
        np.multiply(u, u, out=u)  # (18), (29) (exp(−|z_turned|)² + 1)²
        np.multiply(work.four, t, out=t)
        np.divide(t, u, out=t)  # (18), (29)
    z_turned_factors = work.z_turned_to_z_seen
    z_turned_bar = np.multiply(turned_bar, z_turned_factors[0], out=turned_bar)  # (18)
    b_turned_bar = work.ones3.dot(z_turned_bar, out=out["b_turned"])  # (19)
    code_bar = work.s2_term
    W_turned.dot(z_turned_bar.T, out=code_bar.T)  # (20)
    W_turned_bar = code.T.dot(z_turned_bar, out=out["W_turned"])  # (21)
    work.scale[...] = cotangent / N
    mean_bar = np.multiply(work.scale, mean, out=work.code)  # (22)
    mean_bar += code_bar  # (22)
    t = np.expm1(logvar, out=work.logvar_bar2)  # (23) expm1(logvar)
    work.scale[...] = cotangent / (2 * N)
    np.multiply(work.scale, t, out=t)
    np.multiply(e_code, code_bar, out=code_bar)
    np.multiply(code_bar, logvar_exp, out=code_bar)
    np.divide(code_bar, work.two, out=code_bar)  # (23) e_code c̅o̅d̅e̅ logvar_exp / 2
    logvar_bar = np.add(t, code_bar, out=t)  # (23)
    b_logvar_bar = logvar_bar.T.dot(work.ones3, out=out["b_logvar"])  # (24)
    W_logvar_bar = seen.T.dot(logvar_bar, out=out["W_logvar"])  # (25)
    b_mean_bar = mean_bar.T.dot(work.ones3, out=out["b_mean"])  # (26)
    seen_bar = logvar_bar.dot(W_logvar.T, out=work.turned_bar)  # (27)
    t = mean_bar.dot(W_mean.T, out=work.t2)  # (27)
    seen_bar += t  # (27)
    W_mean_bar = seen.T.dot(mean_bar, out=out["W_mean"])  # (28)
    z_seen_bar = np.multiply(seen_bar, z_turned_factors[1], out=seen_bar)  # (29)
    b_seen_bar = work.ones3.dot(z_seen_bar, out=out["b_seen"])  # (30)
    W_seen_bar = x.T.dot(z_seen_bar, out=out["W_seen"])  # (31)
    _give_back(work, _LossAndGradWork, dtype, N)
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


def init_optimizer(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The optimiser's state before the first step, its vectors in the order of ``PARAMETERS``."""
    return {
        "step": np.asarray(0),
    }


def learning_rate(step: int) -> float:
    """The learning rate after ``step`` steps.

    (1)  r = 0.02
    """
    r = 0.02  # (1)
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
        "W_mean": packed[3120:3312].reshape(48, 4),
        "b_mean": packed[3312:3316],
        "W_logvar": packed[3316:3508].reshape(48, 4),
        "b_logvar": packed[3508:3512],
        "W_turned": packed[3512:3704].reshape(4, 48),
        "b_turned": packed[3704:3752],
        "W_image": packed[3752:6824].reshape(48, 64),
        "b_image": packed[6824:6888],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    epochs: int = 40,
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
        rng = np.random.default_rng([seed, epoch, 1])
        order = np.arange(count)
        if shuffle:  # the order of an epoch follows from the seed and its number alone
            order = np.random.default_rng([seed, epoch]).permutation(count)
        total = 0.0
        for start in range(0, count, size):
            rows = order[start : start + size]
            batch = data if size >= count else _rows(data, rows)
            value, grads = loss_and_grad(params, *batch, seed=rng)
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


def release() -> None:
    """Let go of all arrays that are kept for the next call."""
    _IDLE.clear()


class _LossAndGradWork:
    """What loss_and_grad works in, for one dtype and one set of sizes."""

    def __init__(self, dtype: np.dtype, N: int) -> None:
        self.z_turned_to_z_seen = np.empty((2, N, 48), dtype)
        self.z_seen = self.z_turned_to_z_seen[1]
        self.seen = np.empty((N, 48), dtype)
        self.mean = np.empty((4, N), dtype).T
        self.spread = np.empty((4, N), dtype).T
        self.logvar = np.empty((4, N), dtype).T
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.logvar_exp = np.empty((4, N), dtype).T
        self.code = np.empty((4, N), dtype).T
        self.z_turned = self.z_turned_to_z_seen[0]
        self.turned = np.empty((N, 48), dtype)
        self.image = np.empty((N, 64), dtype)
        self.image_wide_exp = np.empty((N, 64), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.s1_term = np.empty((N, 64), dtype)
        self.u = np.empty((N, 64), bool)
        self.u2 = np.empty((N, 64), dtype)
        self.s1 = np.empty((N,), dtype)
        self.ones = np.ones((64,), dtype)
        self.ones.flags.writeable = False
        self.s2_term = np.empty((4, N), dtype).T
        self.u3 = np.empty((4, N), dtype).T
        self.v = np.empty((4, N), dtype).T
        self.ones2 = np.ones((4,), dtype)
        self.ones2.flags.writeable = False
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.t = np.empty((N, 64), dtype)
        self.v2 = np.empty((N, 64), dtype)
        self.w = np.empty((N, 64), bool)
        self.r = np.empty((N, 64), dtype)
        self.ones3 = np.ones((N,), dtype)
        self.ones3.flags.writeable = False
        self.turned_bar = np.empty((N, 48), dtype)
        self.four = np.asarray(4, dtype=dtype)
        self.four.flags.writeable = False
        self.u4 = np.empty((_block(2, 48 * N, dtype), N, 48), dtype)
        self.blocks = _blocks(2, self.u4)
        self.scale = np.empty((), dtype=dtype)
        self.logvar_bar2 = np.empty((4, N), dtype).T
        self.t2 = np.empty((N, 48), dtype)


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
