"""gmm: formula

Made by symbprop 0.1.0 from gmm.yaml (sha256 e745c4ec68b2831d).
To change it, change gmm.yaml and run: symbprop compile gmm.yaml
Verified by 90 probes; the certificate is sha256 46c857242c9f35f9.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    k  e (3)    i  s (2)

Forward
    (1)  e[n,k] = Σᵢ (−s[k,i] − exp(−2 s[k,i]) (x[n,i] − mu[k,i])² / 2) + a[k]
    (2)  e_max[n] = maxₖ e[n,k]
    (3)  s2_term[n,k] = exp(e[n,k] − e_max[n])
    (4)  s2[n] = Σₖ s2_term[n,k]
    (5)  a_max = maxₖ a[k]
    (6)  s3_term[k] = exp(a[k] − a_max)
    (7)  s3 = Σₖ s3_term[k]
    (8)  log_p[n] = e_max[n] + log(s2[n]) − a_max − log(2 π) − log(s3)
    (9)  e_max_2[n] = maxₖ e[n,k]
    (10) s4_term[n,k] = exp(e[n,k] − e_max_2[n])
    (11) s4[n] = Σₖ s4_term[n,k]
    (12) r[n,k] = s4_term[n,k] / s4[n]
    (13) L = −Σₙ log_p[n] / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (14) s̄2[n] = −1 / (N s2[n])                                           from (13)
    (15) ē[n,k] = s̄2[n] s2_term[n,k]                                      from (4)
    (16) ā[k] = s3_term[k] / s3 + Σₙ ē[n,k]                               from (13), (1)
    (17) s̄[k,i] = Σₙ ē[n,k] (exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1)      from (1)
    (18) m̅u̅[k,i] = −Σₙ ē[n,k] exp(−2 s[k,i]) (mu[k,i] − x[n,i])           from (1)

Beside these, in per_example_grad
    (19) s̄3_each[n] = 1 / (N s3)
    (20) ā_each[n,k] = s̄3_each[n] s3_term[k] + ē[n,k]
    (21) s̄_each[n,k,i] = ē[n,k] (exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1)
    (22) m̅u̅_̅e̅a̅c̅h̅[n,k,i] = −ē[n,k] exp(−2 s[k,i]) (mu[k,i] − x[n,i])

Beside these, in hessian
    (23) e_by_a[n,k,k] = 1
    (24) s2_term_by_a[n,k,e0] = e_by_a[n,k,e0] s2_term[n,k]
    (25) s2_by_a[n,e0] = Σₖ s2_term_by_a[n,k,e0]
    (26) s3_term_by_a[k,k] = s3_term[k]
    (27) s3_by_a[e0] = Σₖ s3_term_by_a[k,e0]
    (28) s2_bar_by_a[n,e0] = s2_by_a[n,e0] / (N s2[n]²)
    (29) e_bar_by_a[n,k,e0] = s2_term[n,k] s2_bar_by_a[n,e0] + s̄2[n] s2_term_by_a[n,k,e0]
    (30) a_bar_by_a[k,e0] = (s3_term_by_a[k,e0] − s3_term[k] s3_by_a[e0] / s3) / s3 + Σₙ e_bar_by_a[n,k,e0]
    (31) s_bar_by_a[k,i,e0] = Σₙ e_bar_by_a[n,k,e0] (exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1)
    (32) mu_bar_by_a[k,i,e0] = −Σₙ e_bar_by_a[n,k,e0] exp(−2 s[k,i]) (mu[k,i] − x[n,i])
    (33) e_by_s[n,k,k,i] = exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1
    (34) s2_term_by_s[n,k,e0,e1] = e_by_s[n,k,e0,e1] s2_term[n,k]
    (35) s2_by_s[n,e0,e1] = Σₖ s2_term_by_s[n,k,e0,e1]
    (36) s2_bar_by_s[n,e0,e1] = s2_by_s[n,e0,e1] / (N s2[n]²)
    (37) e_bar_by_s[n,k,e0,e1] = s2_term[n,k] s2_bar_by_s[n,e0,e1] + s̄2[n] s2_term_by_s[n,k,e0,e1]
    (38) a_bar_by_s[k,e0,e1] = Σₙ e_bar_by_s[n,k,e0,e1]
    (39) s_bar_by_s[k,i,k,i] += −Σₙ 2 ē[n,k] exp(−2 s[k,i]) (x[n,i] − mu[k,i])²
    (40) s_bar_by_s[k,i,e0,e1] += Σₙ e_bar_by_s[n,k,e0,e1] (exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1)
    (41) mu_bar_by_s[k,i,k,i] += Σₙ 2 ē[n,k] exp(−2 s[k,i]) (mu[k,i] − x[n,i])
    (42) mu_bar_by_s[k,i,e0,e1] += −Σₙ e_bar_by_s[n,k,e0,e1] exp(−2 s[k,i]) (mu[k,i] − x[n,i])
    (43) e_by_mu[n,k,k,i] = −exp(−2 s[k,i]) (mu[k,i] − x[n,i])
    (44) s2_term_by_mu[n,k,e0,e1] = e_by_mu[n,k,e0,e1] s2_term[n,k]
    (45) s2_by_mu[n,e0,e1] = Σₖ s2_term_by_mu[n,k,e0,e1]
    (46) s2_bar_by_mu[n,e0,e1] = s2_by_mu[n,e0,e1] / (N s2[n]²)
    (47) e_bar_by_mu[n,k,e0,e1] = s2_term[n,k] s2_bar_by_mu[n,e0,e1] + s̄2[n] s2_term_by_mu[n,k,e0,e1]
    (48) a_bar_by_mu[k,e0,e1] = Σₙ e_bar_by_mu[n,k,e0,e1]
    (49) s_bar_by_mu[k,i,k,i] += Σₙ 2 ē[n,k] exp(−2 s[k,i]) (mu[k,i] − x[n,i])
    (50) s_bar_by_mu[k,i,e0,e1] += Σₙ e_bar_by_mu[n,k,e0,e1] (exp(−2 s[k,i]) (x[n,i] − mu[k,i])² − 1)
    (51) mu_bar_by_mu[k,i,k,i] += −Σₙ ē[n,k] exp(−2 s[k,i])
    (52) mu_bar_by_mu[k,i,e0,e1] += −Σₙ e_bar_by_mu[n,k,e0,e1] exp(−2 s[k,i]) (mu[k,i] − x[n,i])

Cost of one call of loss_and_grad
    151 N + 102 floating-point operations, 888 N + 1264 bytes read or written (float64)
    15 parameters
    32 (N + 1) bytes kept from forward to backward: s2, s3, s3_term, s2_term
"""

import numpy as np

NAME = "gmm"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "a": (3,),
    "s": (3, 2),
    "mu": (3, 2),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 2),
}
TARGETS: dict[str, tuple[int | str, ...]] = {}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "r": ("N", 3),
    "log_p": ("N",),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 7.0),
}
FORMULAS: dict[str, str] = {
    "a": "\\bar{a}_{k} = \\frac{s^{(3,\\mathrm{term})}_{k}}{s^{(3)}} + \\sum_{n} \\bar{e}_{nk}",
    "s": "\\bar{s}_{ki} = \\sum_{n} \\bar{e}_{nk} \\left(\\exp\\left(-2 s_{ki}\\right) {\\left(x_{ni} - \\mu_{ki}\\right)}^{2} - 1\\right)",
    "mu": "\\bar{\\mu}_{ki} = -\\sum_{n} \\bar{e}_{nk} \\exp\\left(-2 s_{ki}\\right) \\left(\\mu_{ki} - x_{ni}\\right)",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "a": np.zeros((3,)),
        "s": np.zeros((3, 2)),
        "mu": 2.5 + 1.5 * rng.uniform(-1, 1, (3, 2)),  # random_uniform
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The outputs: r [N, 3]; log_p [N]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    a, s, mu, x = arrays
    N = sizes["N"]
    e_term = np.maximum(-(2.0**100), s)  # (1)
    e_part = np.sum(e_term, axis=1)  # (1)
    t = np.negative(e_part)  # (1) −e_part
    e = np.empty((N, 3), dtype)  # (1)
    e[...] = t  # (1)
    t = np.subtract(x[:, None], mu)  # (1) x − mu
    e_term_2 = np.multiply(t, t, out=t)  # (1)
    t = np.maximum(-(2.0**100), s)  # (1) max(−2¹⁰⁰, s)
    np.multiply(-2, t, out=t)
    e_term_3 = _wide_exp(t, out=t)  # (1)
    # (1)
    e_part_2 = np.matmul(
        e_term_3[:, None, :], e_term_2.transpose(1, 2, 0)
    )[:, 0].transpose(1, 0)
    t = np.divide(e_part_2, 2)  # (1) e_part_2 / 2
    e -= t  # (1)
    e += a  # (1)
    e_max = np.max(e, axis=1)  # (2)
    t = np.subtract(e, e_max[:, None])  # (3) e − e_max
    s2_term = np.exp(t, out=t)  # (3)
    s2_place = e.argmax(axis=1)  # (4)
    s2_rest_term = s2_term  # (4)
    s2_rest_term[np.arange(N), s2_place] = 0  # (4)
    s2_rest = np.sum(s2_rest_term, axis=1)  # (4)
    a_max = np.max(a)  # (5)
    t = np.subtract(a, a_max)  # (6) a − a_max
    s3_term = np.exp(t, out=t)  # (6)
    s3_place = a.argmax(axis=0)  # (7)
    t = np.not_equal(np.arange(3, dtype=dtype), s3_place)
    s3_rest_term = np.multiply(s3_term, t, out=s3_term)  # (7)
    s3_rest = np.sum(s3_rest_term)  # (7)
    np.subtract(e_max, a_max, out=e_max)
    np.subtract(e_max, 1.8378770664093456, out=e_max)  # (8) e_max − a_max − log(2 π)
    np.subtract(e_max, np.log1p(s3_rest), out=e_max)  # (8)
    t = np.log1p(s2_rest)  # (8) log1p(s2_rest)
    log_p = np.add(e_max, t, out=e_max)  # (8); log_p lives in e_max
    e_max_2 = np.max(e, axis=1)  # (9)
    np.subtract(e, e_max_2[:, None], out=e)  # (10) e − e_max_2
    s4_term = np.exp(e, out=e)  # (10); s4_term lives in e
    s4 = np.sum(s4_term, axis=1)  # (11)
    r = np.divide(s4_term, s4[:, None], out=s4_term)  # (12); r lives in s4_term
    return r, log_p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    a, s, mu, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    e_term = np.maximum(-(2.0**100), s)  # (1)
    e_part = np.sum(e_term, axis=1)  # (1)
    t = np.negative(e_part)  # (1) −e_part
    e = np.empty((N, 3), dtype)  # (1)
    e[...] = t  # (1)
    t = np.subtract(x[:, None], mu)  # (1) x − mu
    e_term_2 = np.multiply(t, t, out=t)  # (1)
    t = np.maximum(-(2.0**100), s)  # (1) max(−2¹⁰⁰, s)
    np.multiply(-2, t, out=t)
    e_term_3 = _wide_exp(t, out=t)  # (1)
    # (1)
    e_part_2 = np.matmul(
        e_term_3[:, None, :], e_term_2.transpose(1, 2, 0)
    )[:, 0].transpose(1, 0)
    t = np.divide(e_part_2, 2)  # (1) e_part_2 / 2
    e -= t  # (1)
    e += a  # (1)
    e_max = np.max(e, axis=1)  # (2)
    t = np.subtract(e, e_max[:, None])  # (3) e − e_max
    s2_term = np.exp(t, out=t)  # (3)
    s2_place = e.argmax(axis=1)  # (4)
    s2_rest_term = s2_term  # (4)
    s2_rest_term[np.arange(N), s2_place] = 0  # (4)
    s2_rest = np.sum(s2_rest_term, axis=1)  # (4)
    a_max = np.max(a)  # (5)
    t = np.subtract(a, a_max)  # (6) a − a_max
    s3_term = np.exp(t, out=t)  # (6)
    s3_place = a.argmax(axis=0)  # (7)
    t = np.not_equal(np.arange(3, dtype=dtype), s3_place)
    s3_rest_term = np.multiply(s3_term, t, out=s3_term)  # (7)
    s3_rest = np.sum(s3_rest_term)  # (7)
    np.subtract(e_max, a_max, out=e_max)
    np.subtract(e_max, 1.8378770664093456, out=e_max)  # (13) e_max − a_max − log(2 π)
    np.subtract(e_max, np.log1p(s3_rest), out=e_max)  # (13)
    t = np.log1p(s2_rest)  # (13) log1p(s2_rest)
    L_term = np.add(e_max, t, out=e_max)  # (13); L_term lives in e_max
    L = np.sum(L_term)  # (13)
    L = (-L) / N  # (13)
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
    A batch of 75173 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x})
    a, s, mu, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 20312 stay in the cache
        microbatch = N if N < 75173 else -(-N // (N // 20312))
    if microbatch < N:
        return _in_parts(params, {"x": x}, cotangent, out, microbatch, map, dtype, N)
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x)
    work = _borrow(_LossAndGradWork, dtype, N)
    e_term = np.maximum(-(2.0**100), s, out=work.e_term)  # (1)
    e_part = e_term.dot(work.ones, out=work.e_part)  # (1)
    t = np.negative(e_part, out=work.e)  # (1) −e_part
    e = work.e  # (1)
    e[...] = t  # (1)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (1) x − mu
    e_term_2 = np.multiply(t, t, out=t)  # (1)
    t = np.maximum(-(2.0**100), s, out=work.e_term)  # (1) max(−2¹⁰⁰, s)
    np.multiply(-2, t, out=t)
    e_term_3 = _wide_exp(t, out=t)  # (1)
    # (1)
    e_part_2 = np.matmul(
        e_term_3[:, None, :], e_term_2.transpose(1, 2, 0)
    )[:, 0].transpose(1, 0)
    t = np.divide(e_part_2, work.two, out=work.t)  # (1) e_part_2 / 2
    e -= t  # (1)
    work.spread[...] = a  # (1)
    e += work.spread  # (1)
    e_max = np.maximum.reduce(e, axis=1, out=work.e_max)  # (2)
    work.spread[...] = e_max[:, None]  # (3)
    t = np.subtract(e, work.spread, out=work.s2_term)  # (3) e − e_max
    s2_term = np.exp(t, out=t)  # (3)
    s2 = work.ones2.dot(s2_term.T, out=work.s2)  # (4)
    s2_place = e.argmax(axis=1)  # (4)
    s2_rest_term = work.e
    np.copyto(s2_rest_term, s2_term)  # (4)
    s2_rest_term[work.numbers, s2_place] = 0  # (4)
    s2_rest = work.ones2.dot(s2_rest_term.T, out=work.s2_rest)  # (4)
    a_max = np.maximum.reduce(a)  # (5)
    t = np.subtract(a, a_max, out=work.e_part)  # (6) a − a_max
    s3_term = np.exp(t, out=t)  # (6)
    s3 = np.add.reduce(s3_term)  # (7)
    s3_place = a.argmax(axis=0)  # (7)
    t = np.not_equal(work.numbers2, s3_place, out=work.t2)
    s3_rest_term = np.multiply(s3_term, t, out=work.s3_rest_term)  # (7)
    s3_rest = np.add.reduce(s3_rest_term)  # (7)
    np.subtract(e_max, a_max, out=e_max)
    np.subtract(e_max, 1.8378770664093456, out=e_max)  # (13) e_max − a_max − log(2 π)
    np.subtract(e_max, np.log1p(s3_rest), out=e_max)  # (13)
    t = np.log1p(s2_rest, out=work.t3)  # (13) log1p(s2_rest)
    L_term = np.add(e_max, t, out=e_max)  # (13); L_term lives in e_max
    L = np.add.reduce(L_term)  # (13)
    L = (-L) / N  # (13)
    t = np.multiply(N, s2, out=work.s2_rest)
    work.scale[...] = -cotangent  # (14)
    s2_bar = np.divide(work.scale, t, out=t)  # (14)
    work.spread[...] = s2_bar[:, None]
    e_bar = np.multiply(work.spread, s2_term, out=work.e)  # (15)
    work.scale[...] = cotangent / s3
    a_bar = np.multiply(work.scale, s3_term, out=out["a"])  # (16)
    t = e_bar.T.dot(work.ones3, out=work.t4)  # (16)
    a_bar += t  # (16)
    t = np.multiply(-2, s, out=work.e_term)
    s_wide_exp = _wide_exp(t, out=t)  # (17)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (17) x − mu
    np.multiply(t, t, out=t)  # (17) (x − mu)²
    work.spread2[...] = s_wide_exp
    np.multiply(work.spread2, t, out=t)
    s_bar_term = np.subtract(t, work.one, out=t)  # (17)
    s_bar = np.matmul(e_bar.T[:, None, :], s_bar_term.transpose(1, 0, 2))[:, 0]  # (17)
    mu_bar_term = np.subtract(mu, x[:, None], out=work.e_term_2)  # (18)
    # (18)
    mu_bar = np.matmul(e_bar.T[:, None, :], mu_bar_term.transpose(1, 0, 2))[:, 0]
    t = np.multiply(s_wide_exp, mu_bar)
    mu_bar = np.negative(t, out=t)  # (18)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "a": a_bar,
        "s": _into(out["s"], s_bar),
        "mu": _into(out["mu"], mu_bar),
    }
    return L, grads


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def per_example_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> dict[str, np.ndarray]:
    """What each example adds to the gradient, times ``cotangent``: its rows sum to that of ``loss_and_grad``."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    a, s, mu, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    work = _borrow(_PerExampleGradWork, dtype, N)
    e_term = np.maximum(-(2.0**100), s, out=work.e_term)  # (1)
    e_part = e_term.dot(work.ones, out=work.e_part)  # (1)
    t = np.negative(e_part, out=work.e)  # (1) −e_part
    e = work.e  # (1)
    e[...] = t  # (1)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (1) x − mu
    e_term_2 = np.multiply(t, t, out=t)  # (1)
    t = np.maximum(-(2.0**100), s, out=work.e_term)  # (1) max(−2¹⁰⁰, s)
    np.multiply(-2, t, out=t)
    e_term_3 = _wide_exp(t, out=t)  # (1)
    # (1)
    e_part_2 = np.matmul(
        e_term_3[:, None, :], e_term_2.transpose(1, 2, 0)
    )[:, 0].transpose(1, 0)
    t = np.divide(e_part_2, work.two, out=work.t)  # (1) e_part_2 / 2
    e -= t  # (1)
    work.spread[...] = a  # (1)
    e += work.spread  # (1)
    e_max = np.maximum.reduce(e, axis=1, out=work.e_max)  # (2)
    work.spread[...] = e_max[:, None]  # (3)
    np.subtract(e, work.spread, out=e)  # (3) e − e_max
    s2_term = np.exp(e, out=e)  # (3); s2_term lives in e
    s2 = work.ones2.dot(s2_term.T, out=work.e_max)  # (4)
    a_max = np.maximum.reduce(a)  # (5)
    t = np.subtract(a, a_max, out=work.e_part)  # (6) a − a_max
    s3_term = np.exp(t, out=t)  # (6)
    s3 = np.add.reduce(s3_term)  # (7)
    t = np.multiply(N, s2, out=work.s2_bar)
    work.scale[...] = -cotangent  # (14)
    s2_bar = np.divide(work.scale, t, out=t)  # (14)
    s3_each_bar = work.e_max  # (19)
    s3_each_bar[...] = cotangent / (N * s3)  # (19)
    work.spread[...] = s2_bar[:, None]
    e_bar = np.multiply(work.spread, s2_term, out=work.e_bar)  # (15)
    a_each_bar = np.multiply(s3_each_bar[:, None], s3_term)  # (20)
    a_each_bar += e_bar  # (20)
    t = np.multiply(-2, s, out=work.e_term)
    s_wide_exp = _wide_exp(t, out=t)  # (21)
    t = np.subtract(x[:, None], mu)  # (21) x − mu
    np.multiply(t, t, out=t)  # (21) (x − mu)²
    work.spread2[...] = s_wide_exp
    np.multiply(work.spread2, t, out=t)
    np.subtract(t, work.one, out=t)  # (21) s_wide_exp (x − mu)² − 1
    work.spread2[...] = e_bar[:, :, None]
    s_each_bar = np.multiply(work.spread2, t, out=t)  # (21)
    t = np.subtract(mu, x[:, None], out=work.t2)  # (22) mu − x
    u = np.multiply(e_bar[:, :, None], s_wide_exp)
    np.multiply(u, t, out=u)
    mu_each_bar = np.negative(u, out=u)  # (22)
    _give_back(work, _PerExampleGradWork, dtype, N)
    results = {
        "a": a_each_bar,
        "s": s_each_bar,
        "mu": mu_each_bar,
    }
    return results


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def hessian(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> dict[str, dict[str, np.ndarray]]:
    """The Hessian of the loss, times ``cotangent``: for each two parameters the second derivatives, axes in order."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    a, s, mu, x = arrays
    N = sizes["N"]
    _require_examples(sizes)
    work = _borrow(_HessianWork, dtype, N)
    e_term = np.maximum(-(2.0**100), s, out=work.e_term)  # (1)
    e_part = e_term.dot(work.ones, out=work.e_part)  # (1)
    t = np.negative(e_part, out=work.e)  # (1) −e_part
    e = work.e  # (1)
    e[...] = t  # (1)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (1) x − mu
    e_term_2 = np.multiply(t, t, out=t)  # (1)
    t = np.maximum(-(2.0**100), s, out=work.e_term)  # (1) max(−2¹⁰⁰, s)
    np.multiply(-2, t, out=t)
    e_term_3 = _wide_exp(t, out=t)  # (1)
    # (1)
    e_part_2 = np.matmul(
        e_term_3[:, None, :], e_term_2.transpose(1, 2, 0)
    )[:, 0].transpose(1, 0)
    t = np.divide(e_part_2, work.two, out=work.t)  # (1) e_part_2 / 2
    e -= t  # (1)
    work.spread[...] = a  # (1)
    e += work.spread  # (1)
    e_max = np.maximum.reduce(e, axis=1, out=work.e_max)  # (2)
    work.spread[...] = e_max[:, None]  # (3)
    np.subtract(e, work.spread, out=e)  # (3) e − e_max
    s2_term = np.exp(e, out=e)  # (3); s2_term lives in e
    s2 = work.ones2.dot(s2_term.T, out=work.e_max)  # (4)
    a_max = np.maximum.reduce(a)  # (5)
    t = np.subtract(a, a_max, out=work.e_part)  # (6) a − a_max
    s3_term = np.exp(t, out=t)  # (6)
    s3 = np.add.reduce(s3_term)  # (7)
    t = np.multiply(N, s2, out=work.s2_bar)
    work.scale[...] = -cotangent  # (14)
    s2_bar = np.divide(work.scale, t, out=t)  # (14)
    work.spread[...] = s2_bar[:, None]
    e_bar = np.multiply(work.spread, s2_term, out=work.e_bar)  # (15)
    e_by_a = work.e_by_a  # (23)
    e_by_a.fill(0)
    e_by_a[work.numbers[:, None], work.numbers2, work.numbers2] += 1  # (23)
    work.spread2[...] = s2_term[:, :, None]
    s2_term_by_a = np.multiply(work.spread2, e_by_a, out=work.s2_term_by_a)  # (24)
    s2_by_a = np.add.reduce(s2_term_by_a, axis=1, out=work.s2_by_a)  # (25)
    s3_term_by_a = work.s3_term_by_a  # (26)
    s3_term_by_a.fill(0)
    s3_term_by_a[work.numbers2, work.numbers2] += s3_term  # (26)
    s3_by_a = work.ones2.dot(s3_term_by_a, out=work.s3_by_a)  # (27)
    t = np.divide(work.one, s2[:, None], out=work.t2)  # (28) 1 / s2
    np.divide(t, s2[:, None], out=t)  # (28) 1 / s2 / s2
    work.scale[...] = cotangent / N
    np.multiply(work.scale, t, out=t)
    work.spread3[...] = t
    s2_bar_by_a = np.multiply(work.spread3, s2_by_a, out=work.s2_bar_by_a)  # (28)
    # (29)
    e_bar_by_a = np.multiply(s2_term[:, :, None], s2_bar_by_a[:, None], out=work.e_by_a)
    work.spread2[...] = s2_bar[:, None, None]
    t = np.multiply(work.spread2, s2_term_by_a, out=work.t3)
    e_bar_by_a += t  # (29)
    t = np.multiply(s3_term[:, None], s3_by_a)
    np.divide(t, s3, out=t)  # (30) s3_term s3_by_a / s3
    np.subtract(s3_term_by_a, t, out=t)  # (30) s3_term_by_a − s3_term s3_by_a / s3
    work.scale[...] = cotangent / s3
    a_bar_by_a = np.multiply(work.scale, t, out=t)  # (30)
    t = work.ones3.dot(e_bar_by_a.reshape(-1, 9), out=work.t4)  # (30)
    a_bar_by_a += t.reshape(3, 3)  # (30)
    t = np.multiply(-2, s, out=work.e_term)
    s_wide_exp = _wide_exp(t, out=t)  # (31)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (31) x − mu
    np.multiply(t, t, out=t)  # (31) (x − mu)²
    work.spread4[...] = s_wide_exp
    np.multiply(work.spread4, t, out=t)
    s_bar_by_a_term = np.subtract(t, work.one, out=t)  # (31)
    # (31)
    s_bar_by_a = np.matmul(
        s_bar_by_a_term.transpose(1, 2, 0), e_bar_by_a.transpose(1, 0, 2)
    )
    mu_bar_by_a_term = np.subtract(mu, x[:, None], out=work.e_term_2)  # (32)
    # (32)
    mu_bar_by_a = np.matmul(
        mu_bar_by_a_term.transpose(1, 2, 0), e_bar_by_a.transpose(1, 0, 2)
    )
    work.spread5[...] = s_wide_exp[:, :, None]
    t = np.multiply(work.spread5, mu_bar_by_a)
    mu_bar_by_a = np.negative(t, out=t)  # (32)
    e_by_s = work.e_by_s  # (33)
    e_by_s.fill(0)
    t = np.subtract(x[:, None], mu, out=work.t5)  # (33) x − mu
    np.multiply(t, t, out=t)  # (33) (x − mu)²
    work.spread4[...] = s_wide_exp
    np.multiply(work.spread4, t, out=t)
    np.subtract(t, work.one, out=t)  # (33) s_wide_exp (x − mu)² − 1
    # (33)
    e_by_s[work.numbers[:, None, None], work.numbers2[:, None], work.numbers2[:, None], work.numbers3] += t
    work.spread6[...] = s2_term[:, :, None, None]
    s2_term_by_s = np.multiply(work.spread6, e_by_s, out=e_by_s)  # (34)
    s2_by_s = np.add.reduce(s2_term_by_s, axis=1, out=work.e_term_2)  # (35)
    t = np.divide(work.one, s2[:, None, None], out=work.t6)  # (36) 1 / s2
    np.divide(t, s2[:, None, None], out=t)  # (36) 1 / s2 / s2
    work.scale[...] = cotangent / N
    np.multiply(work.scale, t, out=t)
    work.spread4[...] = t
    s2_bar_by_s = np.multiply(work.spread4, s2_by_s, out=work.s2_bar_by_s)  # (36)
    # (37)
    e_bar_by_s = np.multiply(
        s2_term[:, :, None, None], s2_bar_by_s[:, None], out=work.e_bar_by_s
    )
    work.spread6[...] = s2_bar[:, None, None, None]
    t = np.multiply(work.spread6, s2_term_by_s, out=work.t7)
    e_bar_by_s += t  # (37)
    a_bar_by_s = work.ones3.dot(e_bar_by_s.reshape(-1, 18)).reshape(3, 3, 2)  # (38)
    t = np.subtract(x[:, None], mu, out=work.s2_bar_by_s)  # (40) x − mu
    np.multiply(t, t, out=t)  # (40) (x − mu)²
    work.spread4[...] = s_wide_exp
    np.multiply(work.spread4, t, out=t)
    s_bar_by_s_term = np.subtract(t, work.one, out=t)  # (40)
    # (40)
    s_bar_by_s = np.matmul(
        s_bar_by_s_term.transpose(1, 2, 0),
        e_bar_by_s.transpose(1, 0, 2, 3).reshape(3, N, 6),
    ).reshape(3, 2, 3, 2)
    t = np.subtract(x[:, None], mu, out=work.s2_bar_by_s)  # (39) x − mu
    s_bar_by_s_term_2 = np.multiply(t, t, out=t)  # (39)
    # (39)
    s_bar_by_s_part = np.matmul(
        e_bar.T[:, None, :], s_bar_by_s_term_2.transpose(1, 0, 2)
    )[:, 0]
    t = np.multiply(work.two, s_wide_exp, out=work.t8)
    np.multiply(t, s_bar_by_s_part, out=t)
    # (39)
    s_bar_by_s[work.numbers2[:, None], work.numbers3, work.numbers2[:, None], work.numbers3] -= t
    mu_bar_by_s_term = np.subtract(mu, x[:, None], out=work.s2_bar_by_s)  # (42)
    # (42)
    mu_bar_by_s = np.matmul(
        mu_bar_by_s_term.transpose(1, 2, 0),
        e_bar_by_s.transpose(1, 0, 2, 3).reshape(3, N, 6),
    ).reshape(3, 2, 3, 2)
    work.spread7[...] = s_wide_exp[:, :, None, None]
    t = np.multiply(work.spread7, mu_bar_by_s)
    mu_bar_by_s = np.negative(t, out=t)  # (42)
    mu_bar_by_s_term_2 = np.subtract(mu, x[:, None], out=work.s2_bar_by_s)  # (41)
    # (41)
    mu_bar_by_s_part = np.matmul(
        e_bar.T[:, None, :], mu_bar_by_s_term_2.transpose(1, 0, 2)
    )[:, 0]
    t = np.multiply(work.two, s_wide_exp, out=work.t8)
    np.multiply(t, mu_bar_by_s_part, out=t)
    # (41)
    mu_bar_by_s[work.numbers2[:, None], work.numbers3, work.numbers2[:, None], work.numbers3] += t
    e_by_mu = work.e_bar_by_s  # (43)
    e_by_mu.fill(0)
    t = np.subtract(mu, x[:, None], out=work.t5)  # (43) mu − x
    work.spread4[...] = s_wide_exp
    np.multiply(work.spread4, t, out=t)
    # (43)
    e_by_mu[work.numbers[:, None, None], work.numbers2[:, None], work.numbers2[:, None], work.numbers3] -= t
    work.spread6[...] = s2_term[:, :, None, None]
    s2_term_by_mu = np.multiply(work.spread6, e_by_mu, out=e_by_mu)  # (44)
    s2_by_mu = np.add.reduce(s2_term_by_mu, axis=1, out=work.s2_bar_by_s)  # (45)
    t = np.divide(work.one, s2[:, None, None], out=work.t6)  # (46) 1 / s2
    np.divide(t, s2[:, None, None], out=t)  # (46) 1 / s2 / s2
    work.scale[...] = cotangent / N
    np.multiply(work.scale, t, out=t)
    work.spread4[...] = t
    s2_bar_by_mu = np.multiply(work.spread4, s2_by_mu, out=work.e_term_2)  # (46)
    # (47)
    e_bar_by_mu = np.multiply(
        s2_term[:, :, None, None], s2_bar_by_mu[:, None], out=work.e_by_s
    )
    work.spread6[...] = s2_bar[:, None, None, None]
    t = np.multiply(work.spread6, s2_term_by_mu, out=work.t7)
    e_bar_by_mu += t  # (47)
    a_bar_by_mu = work.ones3.dot(e_bar_by_mu.reshape(-1, 18)).reshape(3, 3, 2)  # (48)
    t = np.subtract(x[:, None], mu, out=work.e_term_2)  # (50) x − mu
    np.multiply(t, t, out=t)  # (50) (x − mu)²
    work.spread4[...] = s_wide_exp
    np.multiply(work.spread4, t, out=t)
    s_bar_by_mu_term = np.subtract(t, work.one, out=t)  # (50)
    # (50)
    s_bar_by_mu = np.matmul(
        s_bar_by_mu_term.transpose(1, 2, 0),
        e_bar_by_mu.transpose(1, 0, 2, 3).reshape(3, N, 6),
    ).reshape(3, 2, 3, 2)
    t = np.subtract(mu, x[:, None], out=work.e_term_2)  # (49) mu − x
    s_bar_by_mu_term_2 = np.multiply(work.two, t, out=t)  # (49)
    # (49)
    s_bar_by_mu_part = np.matmul(
        e_bar.T[:, None, :], s_bar_by_mu_term_2.transpose(1, 0, 2)
    )[:, 0]
    t = np.multiply(s_wide_exp, s_bar_by_mu_part, out=work.t8)
    # (49)
    s_bar_by_mu[work.numbers2[:, None], work.numbers3, work.numbers2[:, None], work.numbers3] += t
    mu_bar_by_mu_term = np.subtract(mu, x[:, None], out=work.e_term_2)  # (52)
    # (52)
    mu_bar_by_mu = np.matmul(
        mu_bar_by_mu_term.transpose(1, 2, 0),
        e_bar_by_mu.transpose(1, 0, 2, 3).reshape(3, N, 6),
    ).reshape(3, 2, 3, 2)
    work.spread7[...] = s_wide_exp[:, :, None, None]
    t = np.multiply(work.spread7, mu_bar_by_mu)
    mu_bar_by_mu = np.negative(t, out=t)  # (52)
    mu_bar_by_mu_part = e_bar.T.dot(work.ones3, out=work.s3_by_a)  # (51)
    work.spread8[...] = mu_bar_by_mu_part[:, None]
    t = np.multiply(work.spread8, s_wide_exp, out=work.t8)
    # (51)
    mu_bar_by_mu[work.numbers2[:, None], work.numbers3, work.numbers2[:, None], work.numbers3] -= t
    _give_back(work, _HessianWork, dtype, N)
    results = {
        "a": {
            "a": a_bar_by_a,
            "s": a_bar_by_s,
            "mu": a_bar_by_mu,
        },
        "s": {
            "a": s_bar_by_a,
            "s": s_bar_by_s,
            "mu": s_bar_by_mu,
        },
        "mu": {
            "a": mu_bar_by_a,
            "s": mu_bar_by_s,
            "mu": mu_bar_by_mu,
        },
    }
    return results


def init_optimizer(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The optimiser's state before the first step, its vectors in the order of ``PARAMETERS``."""
    packed = _packed(params)
    return {
        "step": np.asarray(0),
        "m": np.full(packed.shape, 0, packed.dtype),
        "v": np.full(packed.shape, 0, packed.dtype),
    }


def learning_rate(step: int) -> float:
    """The learning rate after ``step`` steps.

    (1)  r = 0.05
    """
    r = 0.05  # (1)
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
        optimizer_state["m"],
        optimizer_state["v"],
        taken + 1.0,
        rate,
    )
    arrays = [np.asarray(each, packed.dtype) for each in new]
    return _unpacked(arrays[0]), {
        "step": np.asarray(taken + 1),
        "m": arrays[1],
        "v": arrays[2],
    }


def _update(
    w: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: float,
    learning_rate: float,
) -> tuple[np.ndarray, ...]:
    """A step of adam for all parameters in one vector; v′ is the value of v after it.

    (1)  c1 = 1 − 0.9^t
    (2)  c2 = 1 − 0.999^t
    (3)  m′[i] = 0.9 m[i] + 0.1 g[i]
    (4)  v′[i] = 0.999 v[i] + 0.001 g[i]²
    (5)  w′[i] = w[i] − learning_rate m′[i] / (c1 (√(v′[i] / c2) + 10⁻⁸))
    """
    dtype = w.dtype
    c1 = dtype.type(1 - 0.9**t)  # (1)
    c2 = dtype.type(1 - 0.999**t)  # (2)
    r = np.multiply(9 / 10, m)
    q = np.divide(g, 10)  # (3) 0.1 g
    m_next = np.add(r, q, out=r)  # (3)
    r = np.multiply(0.999, v)
    q = np.multiply(g, g)  # (4) g²
    np.divide(q, 1000, out=q)  # (4) 0.001 g²
    v_next = np.add(r, q, out=r)  # (4)
    r = np.divide(v_next, c2)  # (5) v′ / c2
    np.sqrt(r, out=r)  # (5) √(v′ / c2)
    np.add(1e-08, r, out=r)  # (5) √(v′ / c2) + 10⁻⁸
    q = np.multiply(learning_rate / c1, m_next)
    np.divide(q, r, out=q)  # (5) learning_rate m′ / (c1 (√(v′ / c2) + 10⁻⁸))
    w_next = np.subtract(w, q, out=q)  # (5)
    return w_next, m_next, v_next


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
        "a": packed[0:3],
        "s": packed[3:9].reshape(3, 2),
        "mu": packed[9:15].reshape(3, 2),
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    epochs: int = 400,
    batch_size: int | None = 150,
    seed: int = 4,
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
        self.e_term = np.empty((3, 2), dtype)
        self.e_part = np.empty((3,), dtype)
        self.ones = np.ones((2,), dtype)
        self.ones.flags.writeable = False
        self.e = np.empty((3, N), dtype).T
        self.e_term_2 = np.empty((N, 3, 2), dtype)
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.t = np.empty((3, N), dtype).T
        self.spread = np.empty((3, N), dtype).T
        self.e_max = np.empty((N,), dtype)
        self.s2_term = np.empty((3, N), dtype).T
        self.s2 = np.empty((N,), dtype)
        self.ones2 = np.ones((3,), dtype)
        self.ones2.flags.writeable = False
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s2_rest = np.empty((N,), dtype)
        self.numbers2 = np.arange(3, dtype=dtype)
        self.numbers2.flags.writeable = False
        self.t2 = np.empty((3,), bool)
        self.s3_rest_term = np.empty((3,), dtype)
        self.t3 = np.empty((N,), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.ones3 = np.ones((N,), dtype)
        self.ones3.flags.writeable = False
        self.t4 = np.empty((3,), dtype)
        self.spread2 = np.empty((N, 3, 2), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False


class _PerExampleGradWork:
    """What per_example_grad works in, for one dtype and one set of sizes."""

    def __init__(self, dtype: np.dtype, N: int) -> None:
        self.e_term = np.empty((3, 2), dtype)
        self.e_part = np.empty((3,), dtype)
        self.ones = np.ones((2,), dtype)
        self.ones.flags.writeable = False
        self.e = np.empty((3, N), dtype).T
        self.e_term_2 = np.empty((N, 3, 2), dtype)
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.t = np.empty((3, N), dtype).T
        self.spread = np.empty((3, N), dtype).T
        self.e_max = np.empty((N,), dtype)
        self.ones2 = np.ones((3,), dtype)
        self.ones2.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.s2_bar = np.empty((N,), dtype)
        self.e_bar = np.empty((3, N), dtype).T
        self.spread2 = np.empty((N, 3, 2), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.t2 = np.empty((N, 3, 2), dtype)


class _HessianWork:
    """What hessian works in, for one dtype and one set of sizes."""

    def __init__(self, dtype: np.dtype, N: int) -> None:
        self.e_term = np.empty((3, 2), dtype)
        self.e_part = np.empty((3,), dtype)
        self.ones = np.ones((2,), dtype)
        self.ones.flags.writeable = False
        self.e = np.empty((3, N), dtype).T
        self.e_term_2 = np.empty((N, 3, 2), dtype)
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.t = np.empty((3, N), dtype).T
        self.spread = np.empty((3, N), dtype).T
        self.e_max = np.empty((N,), dtype)
        self.ones2 = np.ones((3,), dtype)
        self.ones2.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.s2_bar = np.empty((N,), dtype)
        self.e_bar = np.empty((3, N), dtype).T
        self.e_by_a = np.empty((N, 3, 3), dtype)
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.numbers2 = np.arange(3, dtype=np.intp)
        self.numbers2.flags.writeable = False
        self.spread2 = np.empty((N, 3, 3), dtype)
        self.s2_term_by_a = np.empty((N, 3, 3), dtype)
        self.s2_by_a = np.empty((N, 3), dtype)
        self.s3_term_by_a = np.empty((3, 3), dtype)
        self.s3_by_a = np.empty((3,), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.spread3 = np.empty((N, 3), dtype)
        self.t2 = np.empty((N, 1), dtype)
        self.s2_bar_by_a = np.empty((N, 3), dtype)
        self.t3 = np.empty((N, 3, 3), dtype)
        self.ones3 = np.ones((N,), dtype)
        self.ones3.flags.writeable = False
        self.t4 = np.empty((9,), dtype)
        self.spread4 = np.empty((N, 3, 2), dtype)
        self.spread5 = np.empty((3, 2, 3), dtype)
        self.e_by_s = np.empty((N, 3, 3, 2), dtype)
        self.numbers3 = np.arange(2, dtype=np.intp)
        self.numbers3.flags.writeable = False
        self.t5 = np.empty((N, 3, 2), dtype)
        self.spread6 = np.empty((N, 3, 3, 2), dtype)
        self.t6 = np.empty((N, 1, 1), dtype)
        self.s2_bar_by_s = np.empty((N, 3, 2), dtype)
        self.e_bar_by_s = np.empty((N, 3, 3, 2), dtype)
        self.t7 = np.empty((N, 3, 3, 2), dtype)
        self.t8 = np.empty((3, 2), dtype)
        self.spread7 = np.empty((3, 2, 3, 2), dtype)
        self.spread8 = np.empty((3, 2), dtype)


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


def _wide_exp(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The exponential, in double precision also where x is single: to half an ulp."""
    if x.dtype != np.float32:
        return np.exp(x, out=out)
    into = np.empty_like(x) if out is None else out
    return np.exp(x, out=into, dtype=np.float64, casting="same_kind")


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
