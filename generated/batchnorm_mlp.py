"""batchnorm_mlp: dense → batch_normalization → dropout → dense → batch_normalization → dropout → dense

Made by symbprop 0.1.0 from batchnorm_mlp.yaml (sha256 320197a757ce31f1).
To change it, change batchnorm_mlp.yaml and run: symbprop compile batchnorm_mlp.yaml
Verified by 104 probes; the certificate is sha256 f4a20d34673f518b.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z1 (64)    k  x (64)    m  z3 (32)    l  z5 (10)

Forward, in training
    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j]
    (2)  m2[j] = Σₙ z1[n,j] / N
    (3)  v2[j] = Σₙ (z1[n,j] − m2[j])² / N
    (4)  moving_mean2′[j] = 0.9 moving_mean2[j] + 0.1 m2[j]
    (5)  moving_variance2′[j] = 0.9 moving_variance2[j] + 0.1 v2[j]
    (6)  xh2[n,j] = (z1[n,j] − m2[j]) / √(v2[j] + 0.001)
    (7)  y2[n,j] = beta2[j] + gamma2[j] xh2[n,j]
    (8)  h2[n,j] = max(y2[n,j], 0)
    (9)  d2[n,j] = {5 h2[n,j] / 4 if u2[n,j] ≥ −3/5 else 0}
    (10) z3[n,m] = Σⱼ d2[n,j] W3[j,m]
    (11) m4[m] = Σₙ z3[n,m] / N
    (12) v4[m] = Σₙ (z3[n,m] − m4[m])² / N
    (13) moving_mean4′[m] = 0.9 moving_mean4[m] + 0.1 m4[m]
    (14) moving_variance4′[m] = 0.9 moving_variance4[m] + 0.1 v4[m]
    (15) xh4[n,m] = (z3[n,m] − m4[m]) / √(v4[m] + 0.001)
    (16) y4[n,m] = beta4[m] + gamma4[m] xh4[n,m]
    (17) h4[n,m] = max(y4[n,m], 0)
    (18) d4[n,m] = {10 h4[n,m] / 9 if u4[n,m] ≥ −4/5 else 0}
    (19) z5[n,l] = Σₘ d4[n,m] W5[m,l] + b[l]
    (20) z5_max[n] = maxₗ z5[n,l]
    (21) s_term[n,l] = exp(z5[n,l] − z5_max[n])
    (22) s[n] = Σₗ s_term[n,l]
    (23) p[n,l] = s_term[n,l] / s[n]
    (24) L = −Σₙ (z5[n,label[n]] − z5_max[n] − log(s[n])) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (25) z̄5[n,l] = (p[n,l] − δ[l,label[n]]) / N                           from (24)
    (26) b̄[l] = Σₙ z̄5[n,l]                                                from (19)
    (27) d̄4[n,m] = Σₗ W5[m,l] z̄5[n,l]                                     from (19)
    (28) W̄5[m,l] = Σₙ d4[n,m] z̄5[n,l]                                     from (19)
    (29) h̄4[n,m] = d̄4[n,m] {10/9 if u4[n,m] ≥ −4/5 else 0}                from (18)
    (30) ȳ4[n,m] = h̄4[n,m] 1[y4[n,m] > 0]                                 from (17)
    (31) g̅a̅m̅m̅a̅4[m] = Σₙ xh4[n,m] ȳ4[n,m]                                  from (16)
    (32) x̅h̅4[n,m] = gamma4[m] ȳ4[n,m]                                     from (16)
    (33) b̅e̅t̅a̅4[m] = Σₙ ȳ4[n,m]                                            from (16)
    (34) v4_sum[m] = Σₙ x̅h̅4[n,m] xh4[n,m]                                 from (15)
    (35) m4_sum[m] = Σₙ x̅h̅4[n,m]                                          from (15)
    (36) z̄3[n,m] = (x̅h̅4[n,m] − (m4_sum[m] + v4_sum[m] xh4[n,m]) / N) / √(v4[m] + 0.001)  from (15), (12), (11)
    (37) d̄2[n,j] = Σₘ W3[j,m] z̄3[n,m]                                     from (10)
    (38) W̄3[j,m] = Σₙ d2[n,j] z̄3[n,m]                                     from (10)
    (39) h̄2[n,j] = d̄2[n,j] {5/4 if u2[n,j] ≥ −3/5 else 0}                 from (9)
    (40) ȳ2[n,j] = h̄2[n,j] 1[y2[n,j] > 0]                                 from (8)
    (41) g̅a̅m̅m̅a̅2[j] = Σₙ xh2[n,j] ȳ2[n,j]                                  from (7)
    (42) x̅h̅2[n,j] = gamma2[j] ȳ2[n,j]                                     from (7)
    (43) b̅e̅t̅a̅2[j] = Σₙ ȳ2[n,j]                                            from (7)
    (44) v2_sum[j] = Σₙ x̅h̅2[n,j] xh2[n,j]                                 from (6)
    (45) m2_sum[j] = Σₙ x̅h̅2[n,j]                                          from (6)
    (46) z̄1[n,j] = (x̅h̅2[n,j] − (m2_sum[j] + v2_sum[j] xh2[n,j]) / N) / √(v2[j] + 0.001)  from (6), (3), (2)
    (47) W̄1[k,j] = Σₙ x[n,k] z̄1[n,j]                                      from (1)

Forward, in inference: the same but for
    (48) xh2[n,j] = (z1[n,j] − moving_mean2[j]) / √(moving_variance2[j] + 0.001)
    (49) d2[n,j] = h2[n,j]
    (50) xh4[n,m] = (z3[n,m] − moving_mean4[m]) / √(moving_variance4[m] + 0.001)
    (51) d4[n,m] = h4[n,m]
    (52) c[n] = argmaxₗ p[n,l]
    (53) A = Σₙ 1[c[n] = label[n]] / N

Cost of one call of the last function
    33917 N + 1155 floating-point operations, 28416 N + 143304 bytes read or written (float64)
    6,666 parameters
    2384 N + 768 bytes kept from forward to backward: p, d4, y4, xh4, v4, d2, y2, xh2, v2
"""

import numpy as np

NAME = "batchnorm_mlp"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W1": (64, 64),
    "gamma2": (64,),
    "beta2": (64,),
    "W3": (64, 32),
    "gamma4": (32,),
    "beta4": (32,),
    "W5": (32, 10),
    "b": (10,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "x": ("N", 64),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "label": ("N",),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "p": ("N", 10),
}
STATE: dict[str, tuple[int | str, ...]] = {
    "moving_mean2": (64,),
    "moving_variance2": (64,),
    "moving_mean4": (32,),
    "moving_variance4": (32,),
}
NOISE: dict[str, tuple[int | str, ...]] = {
    "u2": ("N", 64),
    "u4": ("N", 32),
}
INTEGERS: dict[str, int] = {
    "label": 10,
}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W1": "\\bar{W}^{(1)}_{kj} = \\sum_{n} x_{nk} \\bar{z}^{(1)}_{nj}",
    "gamma2": "\\bar{\\gamma}^{(2)}_{j} = \\sum_{n} \\mathrm{xh}^{(2)}_{nj} \\bar{y}^{(2)}_{nj}",
    "beta2": "\\bar{\\beta}^{(2)}_{j} = \\sum_{n} \\bar{y}^{(2)}_{nj}",
    "W3": "\\bar{W}^{(3)}_{jm} = \\sum_{n} d^{(2)}_{nj} \\bar{z}^{(3)}_{nm}",
    "gamma4": "\\bar{\\gamma}^{(4)}_{m} = \\sum_{n} \\mathrm{xh}^{(4)}_{nm} \\bar{y}^{(4)}_{nm}",
    "beta4": "\\bar{\\beta}^{(4)}_{m} = \\sum_{n} \\bar{y}^{(4)}_{nm}",
    "W5": "\\bar{W}^{(5)}_{ml} = \\sum_{n} d^{(4)}_{nm} \\bar{z}^{(5)}_{nl}",
    "b": "\\bar{b}_{l} = \\sum_{n} \\bar{z}^{(5)}_{nl}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": 0.20096809714349134 * _truncated(rng, (64, 64)),  # he_normal
        "gamma2": np.full((64,), 1),
        "beta2": np.zeros((64,)),
        "W3": 0.20096809714349134 * _truncated(rng, (64, 32)),  # he_normal
        "gamma4": np.full((32,), 1),
        "beta4": np.zeros((32,)),
        "W5": 0.37796447300922725 * rng.uniform(-1, 1, (32, 10)),  # glorot_uniform
        "b": np.zeros((10,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def init_state(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The state at the start."""
    state = {
        "moving_mean2": np.zeros((64,)),
        "moving_variance2": np.full((64,), 1),
        "moving_mean4": np.zeros((32,)),
        "moving_variance4": np.full((32,), 1),
    }
    return {name: np.asarray(value, dtype) for name, value in state.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    *,
    training: bool = False,
    state: dict[str, np.ndarray] | None = None,
    seed: int | np.random.Generator = 0,
) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
    """The output: p [N, 10]; with ``training`` the next state too."""
    dtype, arrays, sizes = _arguments(params, {"x": x}, state)
    (
        W1,
        gamma2,
        beta2,
        W3,
        gamma4,
        beta4,
        W5,
        b,
        x,
        moving_mean2,
        moving_variance2,
        moving_mean4,
        moving_variance4,
    ) = arrays
    N = sizes["N"]
    if training:
        rng = np.random.default_rng(seed)
        u2 = np.asarray(rng.uniform(-1, 1, (N, 64)), dtype)
        u4 = np.asarray(rng.uniform(-1, 1, (N, 32)), dtype)
        z1 = x.dot(W1)  # (1)
        m2 = np.sum(z1, axis=0)  # (2)
        m2 = np.divide(m2, N, out=m2)  # (2)
        t = np.subtract(z1.T, m2[:, None])  # (3) z1 − m2
        v2_term = np.multiply(t, t, out=t)  # (3)
        v2 = np.sum(v2_term, axis=1)  # (3)
        v2 = np.divide(v2, N, out=v2)  # (3)
        t = np.multiply(9 / 10, moving_mean2)
        u = np.divide(m2, 10)  # (4) 0.1 m2
        moving_mean2_next = np.add(t, u, out=t)  # (4)
        t = np.multiply(9 / 10, moving_variance2)
        u = np.divide(v2, 10)  # (5) 0.1 v2
        moving_variance2_next = np.add(t, u, out=t)  # (5)
        t = np.add(0.001, v2)  # (6) v2 + 0.001
        np.sqrt(t, out=t)  # (6) √(v2 + 0.001)
        np.subtract(z1, m2, out=z1)  # (6) z1 − m2
        xh2 = np.divide(z1, t, out=z1)  # (6); xh2 lives in z1
        np.multiply(gamma2, xh2, out=xh2)
        y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
        h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
        t = np.greater_equal(u2, -0.6)
        np.multiply(1.25, h2, out=h2)
        d2 = np.multiply(h2, t, out=h2)  # (9); d2 lives in h2
        z3 = _narrow_dot(d2, W3)  # (10)
        m4 = np.sum(z3, axis=0)  # (11)
        m4 = np.divide(m4, N, out=m4)  # (11)
        t = np.subtract(z3.T, m4[:, None])  # (12) z3 − m4
        v4_term = np.multiply(t, t, out=t)  # (12)
        v4 = np.sum(v4_term, axis=1)  # (12)
        v4 = np.divide(v4, N, out=v4)  # (12)
        t = np.multiply(9 / 10, moving_mean4)
        u = np.divide(m4, 10)  # (13) 0.1 m4
        moving_mean4_next = np.add(t, u, out=t)  # (13)
        t = np.multiply(9 / 10, moving_variance4)
        u = np.divide(v4, 10)  # (14) 0.1 v4
        moving_variance4_next = np.add(t, u, out=t)  # (14)
        t = np.add(0.001, v4)  # (15) v4 + 0.001
        np.sqrt(t, out=t)  # (15) √(v4 + 0.001)
        np.subtract(z3, m4, out=z3)  # (15) z3 − m4
        xh4 = np.divide(z3, t, out=z3)  # (15); xh4 lives in z3
        np.multiply(gamma4, xh4, out=xh4)
        y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
        h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
        t = np.greater_equal(u4, -0.8)
        np.multiply(10 / 9, h4, out=h4)
        d4 = np.multiply(h4, t, out=h4)  # (18); d4 lives in h4
        z5 = d4.dot(W5)  # (19)
        z5 += b  # (19)
        z5_max = np.max(z5, axis=1)  # (20)
        np.subtract(z5, z5_max[:, None], out=z5)  # (21) z5 − z5_max
        s_term = np.exp(z5, out=z5)  # (21); s_term lives in z5
        s = np.sum(s_term, axis=1)  # (22)
        p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
        next_state = {
            "moving_mean2": moving_mean2_next,
            "moving_variance2": moving_variance2_next,
            "moving_mean4": moving_mean4_next,
            "moving_variance4": moving_variance4_next,
        }
        return p, next_state
    z1 = x.dot(W1)  # (1)
    t = np.add(0.001, moving_variance2)  # (48) moving_variance2 + 0.001
    np.sqrt(t, out=t)  # (48) √(moving_variance2 + 0.001)
    u = np.subtract(z1, moving_mean2)  # (48) z1 − moving_mean2
    xh2 = np.divide(u, t, out=u)  # (48)
    np.multiply(gamma2, xh2, out=xh2)
    y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
    h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
    d2 = h2  # (49)
    z3 = _narrow_dot(d2, W3)  # (10)
    t = np.add(0.001, moving_variance4)  # (50) moving_variance4 + 0.001
    np.sqrt(t, out=t)  # (50) √(moving_variance4 + 0.001)
    np.subtract(z3, moving_mean4, out=z3)  # (50) z3 − moving_mean4
    xh4 = np.divide(z3, t, out=z3)  # (50); xh4 lives in z3
    np.multiply(gamma4, xh4, out=xh4)
    y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
    h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
    d4 = h4  # (51)
    z5 = d4.dot(W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    np.subtract(z5, z5_max[:, None], out=z5)  # (21) z5 − z5_max
    s_term = np.exp(z5, out=z5)  # (21); s_term lives in z5
    s = np.sum(s_term, axis=1)  # (22)
    p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
    return p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    training: bool = False,
    state: dict[str, np.ndarray] | None = None,
    seed: int | np.random.Generator = 0,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label}, state)
    (
        W1,
        gamma2,
        beta2,
        W3,
        gamma4,
        beta4,
        W5,
        b,
        x,
        label,
        moving_mean2,
        moving_variance2,
        moving_mean4,
        moving_variance4,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if training:
        rng = np.random.default_rng(seed)
        u2 = np.asarray(rng.uniform(-1, 1, (N, 64)), dtype)
        u4 = np.asarray(rng.uniform(-1, 1, (N, 32)), dtype)
        z1 = x.dot(W1)  # (1)
        m2 = np.sum(z1, axis=0)  # (2)
        m2 = np.divide(m2, N, out=m2)  # (2)
        t = np.subtract(z1.T, m2[:, None])  # (3) z1 − m2
        v2_term = np.multiply(t, t, out=t)  # (3)
        v2 = np.sum(v2_term, axis=1)  # (3)
        v2 = np.divide(v2, N, out=v2)  # (3)
        t = np.add(0.001, v2)  # (6) v2 + 0.001
        np.sqrt(t, out=t)  # (6) √(v2 + 0.001)
        np.subtract(z1, m2, out=z1)  # (6) z1 − m2
        xh2 = np.divide(z1, t, out=z1)  # (6); xh2 lives in z1
        np.multiply(gamma2, xh2, out=xh2)
        y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
        h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
        t = np.greater_equal(u2, -0.6)
        np.multiply(1.25, h2, out=h2)
        d2 = np.multiply(h2, t, out=h2)  # (9); d2 lives in h2
        z3 = _narrow_dot(d2, W3)  # (10)
        m4 = np.sum(z3, axis=0)  # (11)
        m4 = np.divide(m4, N, out=m4)  # (11)
        t = np.subtract(z3.T, m4[:, None])  # (12) z3 − m4
        v4_term = np.multiply(t, t, out=t)  # (12)
        v4 = np.sum(v4_term, axis=1)  # (12)
        v4 = np.divide(v4, N, out=v4)  # (12)
        t = np.add(0.001, v4)  # (15) v4 + 0.001
        np.sqrt(t, out=t)  # (15) √(v4 + 0.001)
        np.subtract(z3, m4, out=z3)  # (15) z3 − m4
        xh4 = np.divide(z3, t, out=z3)  # (15); xh4 lives in z3
        np.multiply(gamma4, xh4, out=xh4)
        y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
        h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
        t = np.greater_equal(u4, -0.8)
        np.multiply(10 / 9, h4, out=h4)
        d4 = np.multiply(h4, t, out=h4)  # (18); d4 lives in h4
        z5 = d4.dot(W5)  # (19)
        z5 += b  # (19)
        z5_max = np.max(z5, axis=1)  # (20)
        t = np.subtract(z5, z5_max[:, None])  # (21) z5 − z5_max
        s_term = np.exp(t, out=t)  # (21)
        s_place = z5.argmax(axis=1)  # (22)
        s_rest_term = s_term  # (22)
        s_rest_term[np.arange(N), s_place] = 0  # (22)
        s_rest = np.sum(s_rest_term, axis=1)  # (22)
        t = np.subtract(z5[np.arange(N), label], z5_max)  # (24) z5 − z5_max
        u = np.log1p(s_rest)  # (24) log1p(s_rest)
        L_term = np.subtract(t, u, out=t)  # (24)
        L = np.sum(L_term)  # (24)
        L = (-L) / N  # (24)
        return L
    z1 = x.dot(W1)  # (1)
    t = np.add(0.001, moving_variance2)  # (48) moving_variance2 + 0.001
    np.sqrt(t, out=t)  # (48) √(moving_variance2 + 0.001)
    u = np.subtract(z1, moving_mean2)  # (48) z1 − moving_mean2
    xh2 = np.divide(u, t, out=u)  # (48)
    np.multiply(gamma2, xh2, out=xh2)
    y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
    h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
    d2 = h2  # (49)
    z3 = _narrow_dot(d2, W3)  # (10)
    t = np.add(0.001, moving_variance4)  # (50) moving_variance4 + 0.001
    np.sqrt(t, out=t)  # (50) √(moving_variance4 + 0.001)
    np.subtract(z3, moving_mean4, out=z3)  # (50) z3 − moving_mean4
    xh4 = np.divide(z3, t, out=z3)  # (50); xh4 lives in z3
    np.multiply(gamma4, xh4, out=xh4)
    y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
    h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
    d4 = h4  # (51)
    z5 = d4.dot(W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    t = np.subtract(z5, z5_max[:, None])  # (21) z5 − z5_max
    s_term = np.exp(t, out=t)  # (21)
    s_place = z5.argmax(axis=1)  # (22)
    s_rest_term = s_term  # (22)
    s_rest_term[np.arange(N), s_place] = 0  # (22)
    s_rest = np.sum(s_rest_term, axis=1)  # (22)
    t = np.subtract(z5[np.arange(N), label], z5_max)  # (24) z5 − z5_max
    u = np.log1p(s_rest)  # (24) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (24)
    L = np.sum(L_term)  # (24)
    L = (-L) / N  # (24)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    state: dict[str, np.ndarray] | None = None,
    seed: int | np.random.Generator = 0,
    cotangent: float = 1.0,
    out: dict[str, np.ndarray] | None = None,
    microbatch: int | None = None,
    map=map,
) -> tuple[float, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The loss and its gradient in training, and the next state.

    The gradient is times ``cotangent``, with the keys and shapes of ``params``.

    Where ``out`` is given, such as an earlier gradient, its arrays are written into and
    handed back; they may share no memory with what is read.
    """
    if microbatch is not None:
        raise ValueError("the next state is made from the whole batch")
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label}, state)
    (
        W1,
        gamma2,
        beta2,
        W3,
        gamma4,
        beta4,
        W5,
        b,
        x,
        label,
        moving_mean2,
        moving_variance2,
        moving_mean4,
        moving_variance4,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, label)
    work = _borrow(_LossAndGradWork, dtype, N)
    rng = np.random.default_rng(seed)
    u2 = np.asarray(rng.uniform(-1, 1, (N, 64)), dtype)
    u4 = np.asarray(rng.uniform(-1, 1, (N, 32)), dtype)
    z1 = x.dot(W1, out=work.z1)  # (1)
    m2 = work.ones.dot(z1, out=work.m2)  # (2)
    m2 = np.divide(m2, N, out=m2)  # (2)
    t = np.subtract(z1.T, m2[:, None], out=work.v2_term)  # (3) z1 − m2
    v2_term = np.multiply(t, t, out=t)  # (3)
    v2 = v2_term.dot(work.ones, out=work.v2)  # (3)
    v2 = np.divide(v2, N, out=v2)  # (3)
    t = np.multiply(9 / 10, moving_mean2)
    u = np.divide(m2, 10, out=work.u)  # (4) 0.1 m2
    moving_mean2_next = np.add(t, u, out=t)  # (4)
    t = np.multiply(9 / 10, moving_variance2)
    u = np.divide(v2, 10, out=work.u)  # (5) 0.1 v2
    moving_variance2_next = np.add(t, u, out=t)  # (5)
    np.add(0.001, v2, out=v2)  # (6) v2 + 0.001
    v2_root = np.sqrt(v2, out=v2)  # (6); v2_root lives in v2
    np.subtract(z1, m2, out=z1)  # (6) z1 − m2
    xh2 = np.divide(z1, v2_root, out=z1)  # (6); xh2 lives in z1
    t = np.multiply(gamma2, xh2, out=work.y2)
    y2 = np.add(beta2, t, out=t)  # (7)
    h2 = np.maximum(y2, work.zero, out=work.h2)  # (8)
    t = np.greater_equal(u2, -0.6, out=work.t)
    np.multiply(1.25, h2, out=h2)
    d2 = np.multiply(h2, t, out=h2)  # (9); d2 lives in h2
    z3 = _narrow_dot(d2, W3, out=work.z3)  # (10)
    m4 = work.ones.dot(z3, out=work.m4)  # (11)
    m4 = np.divide(m4, N, out=m4)  # (11)
    work.spread[...] = m4[:, None]  # (12)
    t = np.subtract(z3.T, work.spread, out=work.v4_term)  # (12) z3 − m4
    v4_term = np.multiply(t, t, out=t)  # (12)
    v4 = v4_term.dot(work.ones, out=work.v4)  # (12)
    v4 = np.divide(v4, N, out=v4)  # (12)
    t = np.multiply(9 / 10, moving_mean4)
    u = np.divide(m4, 10, out=work.u3)  # (13) 0.1 m4
    moving_mean4_next = np.add(t, u, out=t)  # (13)
    t = np.multiply(9 / 10, moving_variance4)
    u = np.divide(v4, 10, out=work.u3)  # (14) 0.1 v4
    moving_variance4_next = np.add(t, u, out=t)  # (14)
    np.add(0.001, v4, out=v4)  # (15) v4 + 0.001
    v4_root = np.sqrt(v4, out=v4)  # (15); v4_root lives in v4
    work.spread2[...] = m4  # (15)
    np.subtract(z3, work.spread2, out=z3)  # (15) z3 − m4
    work.spread2[...] = v4_root  # (15)
    xh4 = np.divide(z3, work.spread2, out=z3)  # (15); xh4 lives in z3
    work.spread2[...] = gamma4
    t = np.multiply(work.spread2, xh4, out=work.y4)
    work.spread2[...] = beta4  # (16)
    y4 = np.add(work.spread2, t, out=t)  # (16)
    h4 = np.maximum(y4, work.zero, out=work.h4)  # (17)
    t = np.greater_equal(u4, -0.8, out=work.t2)
    np.multiply(10 / 9, h4, out=h4)
    d4 = np.multiply(h4, t, out=h4)  # (18); d4 lives in h4
    z5 = work.z5
    W5.T.dot(d4.T, out=z5.T)  # (19)
    work.spread3[...] = b  # (19)
    z5 += work.spread3  # (19)
    z5_max = np.maximum.reduce(z5, axis=1, out=work.z5_max)  # (20)
    work.spread3[...] = z5_max[:, None]  # (21)
    t = np.subtract(z5, work.spread3, out=work.s_term)  # (21) z5 − z5_max
    s_term = np.exp(t, out=t)  # (21)
    s = work.ones2.dot(s_term.T, out=work.s)  # (22)
    s_place = z5.argmax(axis=1)  # (22)
    s_rest_term = work.s_rest_term
    np.copyto(s_rest_term, s_term)  # (22)
    s_rest_term[work.numbers, s_place] = 0  # (22)
    s_rest = work.ones2.dot(s_rest_term.T, out=work.s_rest)  # (22)
    work.spread3[...] = s[:, None]  # (23)
    p = np.divide(s_term, work.spread3, out=work.s_rest_term)  # (23)
    t = np.subtract(z5[work.numbers, label], z5_max, out=work.L_term)  # (24)
    u = np.log1p(s_rest, out=work.u5)  # (24) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (24)
    L = np.add.reduce(L_term)  # (24)
    L = (-L) / N  # (24)
    t = np.subtract(work.one, s_term[work.numbers, label], out=work.L_term)  # (25)
    np.add(s_rest, t, out=t)  # (25) s_rest + 1 − s_term
    work.scale[...] = -cotangent / N
    np.multiply(work.scale, t, out=t)
    z5_bar_chosen = np.divide(t, s, out=t)  # (25)
    work.scale[...] = cotangent / N
    z5_bar = np.multiply(work.scale, p, out=work.s_term)  # (25)
    z5_bar[work.numbers, label] = z5_bar_chosen  # (25)
    b_bar = z5_bar.T.dot(work.ones, out=out["b"])  # (26)
    d4_bar = z5_bar.dot(W5.T, out=work.d4_bar)  # (27)
    W5_bar = d4.T.dot(z5_bar, out=out["W5"])  # (28)
    t = np.greater_equal(u4, -0.8, out=work.t2)
    u = np.multiply(np.asarray(1.1111111111111112, dtype), t, out=work.u6)  # (30)
    t = np.greater(y4, work.zero, out=work.t2)
    np.multiply(d4_bar, u, out=d4_bar)
    y4_bar = np.multiply(d4_bar, t, out=d4_bar)  # (30); y4_bar lives in d4_bar
    gamma4_bar = np.einsum("nm,nm->m", xh4, y4_bar)  # (31)
    work.spread2[...] = gamma4
    xh4_bar = np.multiply(work.spread2, y4_bar, out=work.h4)  # (32)
    beta4_bar = work.ones.dot(y4_bar, out=out["beta4"])  # (33)
    v4_sum = np.einsum("nm,nm->m", xh4_bar, xh4)  # (34)
    m4_sum = work.ones.dot(xh4_bar, out=work.m4_sum)  # (35)
    work.spread2[...] = v4_sum
    t = np.multiply(work.spread2, xh4, out=work.t3)
    work.spread2[...] = m4_sum  # (36)
    np.add(work.spread2, t, out=t)  # (36) m4_sum + v4_sum xh4
    np.divide(t, N, out=t)  # (36) (m4_sum + v4_sum xh4) / N
    np.subtract(xh4_bar, t, out=xh4_bar)  # (36) x̅h̅4 − (m4_sum + v4_sum xh4) / N
    work.spread2[...] = v4_root  # (36)
    z3_bar = np.divide(xh4_bar, work.spread2, out=xh4_bar)  # (36)
    d2_bar = z3_bar.dot(W3.T, out=work.d2_bar)  # (37)
    W3_bar = _tall_dot(d2, z3_bar)  # (38)
    t = np.greater_equal(u2, -0.6, out=work.t)
    u = np.multiply(np.asarray(1.25, dtype), t, out=work.u7)  # (40)
    t = np.greater(y2, work.zero, out=work.t)
    np.multiply(d2_bar, u, out=d2_bar)
    y2_bar = np.multiply(d2_bar, t, out=d2_bar)  # (40); y2_bar lives in d2_bar
    gamma2_bar = np.einsum("nj,nj->j", xh2, y2_bar)  # (41)
    xh2_bar = np.multiply(gamma2, y2_bar, out=work.h2)  # (42)
    beta2_bar = work.ones.dot(y2_bar, out=out["beta2"])  # (43)
    v2_sum = np.einsum("nj,nj->j", xh2_bar, xh2)  # (44)
    m2_sum = work.ones.dot(xh2_bar, out=work.m2_sum)  # (45)
    t = np.multiply(v2_sum, xh2, out=work.t4)
    np.add(m2_sum, t, out=t)  # (46) m2_sum + v2_sum xh2
    np.divide(t, N, out=t)  # (46) (m2_sum + v2_sum xh2) / N
    np.subtract(xh2_bar, t, out=xh2_bar)  # (46) x̅h̅2 − (m2_sum + v2_sum xh2) / N
    z1_bar = np.divide(xh2_bar, v2_root, out=xh2_bar)  # (46); z1_bar lives in xh2_bar
    W1_bar = x.T.dot(z1_bar, out=out["W1"])  # (47)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W1": W1_bar,
        "gamma2": _into(out["gamma2"], gamma2_bar),
        "beta2": beta2_bar,
        "W3": _into(out["W3"], W3_bar),
        "gamma4": _into(out["gamma4"], gamma4_bar),
        "beta4": beta4_bar,
        "W5": W5_bar,
        "b": b_bar,
    }
    next_state = {
        "moving_mean2": moving_mean2_next,
        "moving_variance2": moving_variance2_next,
        "moving_mean4": moving_mean4_next,
        "moving_variance4": moving_variance4_next,
    }
    return L, grads, next_state


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def metrics(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    state: dict[str, np.ndarray] | None = None,
) -> dict[str, float]:
    """The metrics, by name."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label}, state)
    (
        W1,
        gamma2,
        beta2,
        W3,
        gamma4,
        beta4,
        W5,
        b,
        x,
        label,
        moving_mean2,
        moving_variance2,
        moving_mean4,
        moving_variance4,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z1 = x.dot(W1)  # (1)
    t = np.add(0.001, moving_variance2)  # (48) moving_variance2 + 0.001
    np.sqrt(t, out=t)  # (48) √(moving_variance2 + 0.001)
    u = np.subtract(z1, moving_mean2)  # (48) z1 − moving_mean2
    xh2 = np.divide(u, t, out=u)  # (48)
    np.multiply(gamma2, xh2, out=xh2)
    y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
    h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
    d2 = h2  # (49)
    z3 = _narrow_dot(d2, W3)  # (10)
    t = np.add(0.001, moving_variance4)  # (50) moving_variance4 + 0.001
    np.sqrt(t, out=t)  # (50) √(moving_variance4 + 0.001)
    np.subtract(z3, moving_mean4, out=z3)  # (50) z3 − moving_mean4
    xh4 = np.divide(z3, t, out=z3)  # (50); xh4 lives in z3
    np.multiply(gamma4, xh4, out=xh4)
    y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
    h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
    d4 = h4  # (51)
    z5 = d4.dot(W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    np.subtract(z5, z5_max[:, None], out=z5)  # (21) z5 − z5_max
    s_term = np.exp(z5, out=z5)  # (21); s_term lives in z5
    s = np.sum(s_term, axis=1)  # (22)
    p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
    c = p.argmax(axis=1)  # (52)
    t = np.equal(c.astype(dtype), label.astype(dtype))
    A_term = np.multiply(np.asarray(1, dtype), t)  # (53)
    A = np.sum(A_term)  # (53)
    A = A / N  # (53)
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

    (1)  r = 1 / 5
    """
    r = 0.2  # (1)
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
        "W1": packed[0:4096].reshape(64, 64),
        "gamma2": packed[4096:4160],
        "beta2": packed[4160:4224],
        "W3": packed[4224:6272].reshape(64, 32),
        "gamma4": packed[6272:6304],
        "beta4": packed[6304:6336],
        "W5": packed[6336:6656].reshape(32, 10),
        "b": packed[6656:6666],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
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
    state: dict[str, np.ndarray] | None = None,
) -> tuple[dict[str, np.ndarray], list[dict[str, float]], dict[str, np.ndarray]]:
    """Train on examples; give new parameters, a row of losses for each epoch, the new state.

    A ``batch_size`` of None is all examples. ``validation`` is the share of the examples,
    the last ones, that is held out, or examples of their own. Training stops after
    ``patience`` epochs in which ``monitor`` (``loss`` or ``validation_loss``) has not
    fallen by more than ``min_delta``; ``restore_best`` gives the parameters of the best
    epoch. ``rate`` stands for the schedule. ``callback`` gets the run after each epoch,
    a dictionary, and stops it by returning True; given as ``resume``, a run goes on with
    the same numbers as if it had never stopped. Raises FloatingPointError when the loss
    is no longer finite.
    """
    data = (x, label)
    data, held_out = _split(data, validation)
    count = _examples(data)
    size = count if batch_size is None else batch_size
    if size < 1:
        raise ValueError(f"a batch of {size} examples is none")
    watched = monitor or ("loss" if held_out is None else "validation_loss")
    run = _begin(params, state) if resume is None else dict(resume)
    while run["epoch"] < epochs:
        if patience is not None and run["epoch"] - run["best_epoch"] >= patience:
            break
        epoch = run["epoch"] + 1
        params, optimizer = run["params"], run["optimizer_state"]
        state = run["state"]
        rng = np.random.default_rng([seed, epoch, 1])
        order = np.arange(count)
        if shuffle:  # the order of an epoch follows from the seed and its number alone
            order = np.random.default_rng([seed, epoch]).permutation(count)
        total = 0.0
        for start in range(0, count, size):
            rows = order[start : start + size]
            batch = data if size >= count else _rows(data, rows)
            value, grads, state = loss_and_grad(params, *batch, state=state, seed=rng)
            params, optimizer = step(params, grads, optimizer, rate=rate)
            total += float(value) * len(rows)
        row = {"epoch": epoch, "loss": total / count}
        if held_out is not None:
            row["validation_loss"] = float(loss(params, *held_out, state=state))
        if not all(np.isfinite(each) for each in row.values()):
            raise FloatingPointError(f"the loss is {row['loss']} in epoch {epoch}")
        taken = int(optimizer["step"])
        row["learning_rate"] = learning_rate(taken - 1) if rate is None else rate
        run = {
            **run,
            "epoch": epoch,
            "params": params,
            "optimizer_state": optimizer,
            "state": state,
            "history": [*run["history"], row],
        }
        if row[watched] < run["best_value"] - min_delta:
            run = {
                **run,
                "best_epoch": epoch,
                "best_value": row[watched],
                "best_params": params,
                "best_state": state,
            }
        if callback is not None and callback(run):
            break
    best = patience is not None and restore_best
    prefix = "best_" if best else ""
    return run[prefix + "params"], run["history"], run[prefix + "state"]


def _begin(params: dict[str, np.ndarray], state: dict[str, np.ndarray] | None) -> dict:
    """A run before its first epoch."""
    dtype = _packed(params).dtype
    given = init_state(dtype=dtype) if state is None else state
    state = {name: np.array(each, dtype) for name, each in given.items()}
    return {
        "epoch": 0,
        "params": _unpacked(_packed(params)),
        "optimizer_state": init_optimizer(params),
        "history": [],
        "best_epoch": 0,
        "best_value": float("inf"),
        "best_params": _unpacked(_packed(params)),
        "state": state,
        "best_state": state,
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
    params: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    state: dict[str, np.ndarray] | None,
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """The parameters and what was given, checked and of one dtype, and the free sizes.

    The dtype is that of the parameters; complex or object inputs raise it. Types, shapes
    and dtypes that have passed once pass at once from then on.
    """
    state = init_state() if state is None else state
    key = []
    try:
        arrays = [*map(params.get, PARAMETERS), *given.values(), *map(state.get, STATE)]
        for array in arrays:
            key += type(array), array.shape, array.dtype
        key += len(params), len(state)
        dtype, sizes, casts, labels = _PASSED[tuple(key)]
    except (AttributeError, KeyError):
        return _examined(params, given, state, tuple(key))
    for position in casts:
        arrays[position] = arrays[position].astype(dtype)
    for position, name in labels:
        arrays[position] = _labels(name, arrays[position], INTEGERS[name])
    return dtype, arrays, sizes


_PASSED: dict[tuple, tuple[np.dtype, dict[str, int], list, list]] = {}


def _examined(
    params: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    state: dict[str, np.ndarray],
    key: tuple,
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """What ``_arguments`` returns, looked at one by one, and kept under ``key``."""
    unknown = [name for name in params if name not in PARAMETERS]
    missing = [name for name in PARAMETERS if name not in params]
    if unknown or missing:
        raise KeyError(f"params: unknown {unknown}, missing {missing}")
    unknown = [name for name in state if name not in STATE]
    missing = [name for name in STATE if name not in state]
    if unknown or missing:
        raise KeyError(f"state: unknown {unknown}, missing {missing}")
    sizes: dict[str, int] = {}
    shapes = {**PARAMETERS, **INPUTS, **TARGETS, **STATE}
    values = {**{name: params[name] for name in PARAMETERS}, **given, **state}
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
        self.z1 = np.empty((N, 64), dtype)
        self.m2 = np.empty((64,), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.v2_term = np.empty((64, N), dtype)
        self.v2 = np.empty((64,), dtype)
        self.u = np.empty((64,), dtype)
        self.y2 = np.empty((N, 64), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.h2 = np.empty((N, 64), dtype)
        self.t = np.empty((N, 64), bool)
        self.z3 = np.empty((N, 32), dtype)
        self.m4 = np.empty((32,), dtype)
        self.spread = np.empty((32, N), dtype)
        self.v4_term = np.empty((32, N), dtype)
        self.v4 = np.empty((32,), dtype)
        self.u3 = np.empty((32,), dtype)
        self.spread2 = np.empty((N, 32), dtype)
        self.y4 = np.empty((N, 32), dtype)
        self.h4 = np.empty((N, 32), dtype)
        self.t2 = np.empty((N, 32), bool)
        self.z5 = np.empty((10, N), dtype).T
        self.spread3 = np.empty((10, N), dtype).T
        self.z5_max = np.empty((N,), dtype)
        self.s_term = np.empty((10, N), dtype).T
        self.s = np.empty((N,), dtype)
        self.ones2 = np.ones((10,), dtype)
        self.ones2.flags.writeable = False
        self.s_rest_term = np.empty((10, N), dtype).T
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s_rest = np.empty((N,), dtype)
        self.L_term = np.empty((N,), dtype)
        self.u5 = np.empty((N,), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.d4_bar = np.empty((N, 32), dtype)
        self.u6 = np.empty((N, 32), dtype)
        self.m4_sum = np.empty((32,), dtype)
        self.t3 = np.empty((N, 32), dtype)
        self.d2_bar = np.empty((N, 64), dtype)
        self.u7 = np.empty((N, 64), dtype)
        self.m2_sum = np.empty((64,), dtype)
        self.t4 = np.empty((N, 64), dtype)


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


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, drawn again where they leave [-2, 2]."""
    values = rng.standard_normal(shape)
    while np.any(far := np.abs(values) > 2):
        values[far] = rng.standard_normal(np.count_nonzero(far))
    return values
