"""batchnorm_mlp: dense → batch_normalization → dropout → dense → batch_normalization → dropout → dense

Made by symbprop 0.1.0 from batchnorm_mlp.yaml (sha256 320197a757ce31f1).
To change it, change batchnorm_mlp.yaml and run: symbprop compile batchnorm_mlp.yaml

Axes
    n  example (N)    j  z1 (64)    k  x (64)    m  z3 (32)    l  z5 (10)

Forward, in training
    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j]
    (2)  m2[j] = Σₙ z1[n,j] / N
    (3)  v2[j] = Σₙ (z1[n,j] − m2[j])² / N
    (4)  moving_mean_next2[j] = 0.9 moving_mean2[j] + 0.1 m2[j]
    (5)  moving_variance_next2[j] = 0.9 moving_variance2[j] + 0.1 v2[j]
    (6)  xh2[n,j] = (z1[n,j] − m2[j]) / √(v2[j] + 0.001)
    (7)  y2[n,j] = beta2[j] + gamma2[j] xh2[n,j]
    (8)  h2[n,j] = max(y2[n,j], 0)
    (9)  d2[n,j] = {5 h2[n,j] / 4 if u2[n,j] ≥ −3/5 else 0}
    (10) z3[n,m] = Σⱼ d2[n,j] W3[j,m]
    (11) m4[m] = Σₙ z3[n,m] / N
    (12) v4[m] = Σₙ (z3[n,m] − m4[m])² / N
    (13) moving_mean_next4[m] = 0.9 moving_mean4[m] + 0.1 m4[m]
    (14) moving_variance_next4[m] = 0.9 moving_variance4[m] + 0.1 v4[m]
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
    (25) z̄5[n,l] = (p[n,l] − δ[l,label[n]]) / N                          from (24)
    (26) b̄[l] = Σₙ z̄5[n,l]                                              from (19)
    (27) d̄4[n,m] = Σₗ W5[m,l] z̄5[n,l]                                   from (19)
    (28) W̄5[m,l] = Σₙ d4[n,m] z̄5[n,l]                                   from (19)
    (29) h̄4[n,m] = d̄4[n,m] {10/9 if u4[n,m] ≥ −4/5 else 0}              from (18)
    (30) ȳ4[n,m] = h̄4[n,m] 1[y4[n,m] > 0]                                from (17)
    (31) ḡamma4[m] = Σₙ xh4[n,m] ȳ4[n,m]                                  from (16)
    (32) x̄h4[n,m] = gamma4[m] ȳ4[n,m]                                    from (16)
    (33) b̄eta4[m] = Σₙ ȳ4[n,m]                                           from (16)
    (34) v4_sum[m] = Σₙ x̄h4[n,m] xh4[n,m]                                from (15)
    (35) m4_sum[m] = Σₙ x̄h4[n,m]                                         from (15)
    (36) z̄3[n,m] = (x̄h4[n,m] − (m4_sum[m] + v4_sum[m] xh4[n,m]) / N) / √(v4[m] + 0.001)  from (15)
    (37) d̄2[n,j] = Σₘ W3[j,m] z̄3[n,m]                                   from (10)
    (38) W̄3[j,m] = Σₙ d2[n,j] z̄3[n,m]                                   from (10)
    (39) h̄2[n,j] = d̄2[n,j] {5/4 if u2[n,j] ≥ −3/5 else 0}               from (9)
    (40) ȳ2[n,j] = h̄2[n,j] 1[y2[n,j] > 0]                                from (8)
    (41) ḡamma2[j] = Σₙ xh2[n,j] ȳ2[n,j]                                  from (7)
    (42) x̄h2[n,j] = gamma2[j] ȳ2[n,j]                                    from (7)
    (43) b̄eta2[j] = Σₙ ȳ2[n,j]                                           from (7)
    (44) v2_sum[j] = Σₙ x̄h2[n,j] xh2[n,j]                                from (6)
    (45) m2_sum[j] = Σₙ x̄h2[n,j]                                         from (6)
    (46) z̄1[n,j] = (x̄h2[n,j] − (m2_sum[j] + v2_sum[j] xh2[n,j]) / N) / √(v2[j] + 0.001)  from (6)
    (47) W̄1[k,j] = Σₙ x[n,k] z̄1[n,j]                                    from (1)

Forward, in inference: the same but for
    (48) xh2[n,j] = (z1[n,j] − moving_mean2[j]) / √(moving_variance2[j] + 0.001)
    (49) d2[n,j] = h2[n,j]
    (50) xh4[n,m] = (z3[n,m] − moving_mean4[m]) / √(moving_variance4[m] + 0.001)
    (51) d4[n,m] = h4[n,m]

Cost of one call of the last function
    34082 N + 963 floating-point operations, 27888 N + 141768 bytes read or written (float64)
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
        z1 = np.dot(x, W1)  # (1)
        m2 = np.sum(z1, axis=0)  # (2)
        m2 = np.divide(m2, N, out=m2)  # (2)
        t = np.subtract(z1.T, m2[:, None])  # (3) z1 − m2
        v2_term = np.multiply(t, t, out=t)  # (3)
        v2 = np.sum(v2_term, axis=1)  # (3)
        v2 = np.divide(v2, N, out=v2)  # (3)
        t = np.multiply(9 / 10, moving_mean2)
        u = np.divide(m2, 10)  # (4) 0.1 m2
        moving_mean_next2 = np.add(t, u, out=t)  # (4)
        t = np.multiply(9 / 10, moving_variance2)
        u = np.divide(v2, 10)  # (5) 0.1 v2
        moving_variance_next2 = np.add(t, u, out=t)  # (5)
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
        z3 = np.dot(d2, W3)  # (10)
        m4 = np.sum(z3, axis=0)  # (11)
        m4 = np.divide(m4, N, out=m4)  # (11)
        t = np.subtract(z3.T, m4[:, None])  # (12) z3 − m4
        v4_term = np.multiply(t, t, out=t)  # (12)
        v4 = np.sum(v4_term, axis=1)  # (12)
        v4 = np.divide(v4, N, out=v4)  # (12)
        t = np.multiply(9 / 10, moving_mean4)
        u = np.divide(m4, 10)  # (13) 0.1 m4
        moving_mean_next4 = np.add(t, u, out=t)  # (13)
        t = np.multiply(9 / 10, moving_variance4)
        u = np.divide(v4, 10)  # (14) 0.1 v4
        moving_variance_next4 = np.add(t, u, out=t)  # (14)
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
        z5 = np.dot(d4, W5)  # (19)
        z5 += b  # (19)
        z5_max = np.max(z5, axis=1)  # (20)
        np.subtract(z5, z5_max[:, None], out=z5)  # (21) z5 − z5_max
        s_term = np.exp(z5, out=z5)  # (21); s_term lives in z5
        s = np.sum(s_term, axis=1)  # (22)
        p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
        next_state = {
            "moving_mean2": moving_mean_next2,
            "moving_variance2": moving_variance_next2,
            "moving_mean4": moving_mean_next4,
            "moving_variance4": moving_variance_next4,
        }
        return p, next_state
    z1 = np.dot(x, W1)  # (1)
    t = np.add(0.001, moving_variance2)  # (48) moving_variance2 + 0.001
    np.sqrt(t, out=t)  # (48) √(moving_variance2 + 0.001)
    u = np.subtract(z1, moving_mean2)  # (48) z1 − moving_mean2
    xh2 = np.divide(u, t, out=u)  # (48)
    np.multiply(gamma2, xh2, out=xh2)
    y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
    h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
    d2 = h2  # (49)
    z3 = np.dot(d2, W3)  # (10)
    t = np.add(0.001, moving_variance4)  # (50) moving_variance4 + 0.001
    np.sqrt(t, out=t)  # (50) √(moving_variance4 + 0.001)
    np.subtract(z3, moving_mean4, out=z3)  # (50) z3 − moving_mean4
    xh4 = np.divide(z3, t, out=z3)  # (50); xh4 lives in z3
    np.multiply(gamma4, xh4, out=xh4)
    y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
    h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
    d4 = h4  # (51)
    z5 = np.dot(d4, W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    np.subtract(z5, z5_max[:, None], out=z5)  # (21) z5 − z5_max
    s_term = np.exp(z5, out=z5)  # (21); s_term lives in z5
    s = np.sum(s_term, axis=1)  # (22)
    p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
    return p


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
        z1 = np.dot(x, W1)  # (1)
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
        z3 = np.dot(d2, W3)  # (10)
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
        z5 = np.dot(d4, W5)  # (19)
        z5 += b  # (19)
        z5_max = np.max(z5, axis=1)  # (20)
        t = np.subtract(z5, z5_max[:, None])  # (21) z5 − z5_max
        s_term = np.exp(t, out=t)  # (21)
        s = np.sum(s_term, axis=1)  # (22)
        t = np.log(s)  # (24) log(s)
        u = np.subtract(z5[np.arange(N), label], z5_max)
        L_term = np.subtract(u, t, out=u)  # (24)
        L = np.sum(L_term)  # (24)
        L = (-L) / N  # (24)
        return L
    z1 = np.dot(x, W1)  # (1)
    t = np.add(0.001, moving_variance2)  # (48) moving_variance2 + 0.001
    np.sqrt(t, out=t)  # (48) √(moving_variance2 + 0.001)
    u = np.subtract(z1, moving_mean2)  # (48) z1 − moving_mean2
    xh2 = np.divide(u, t, out=u)  # (48)
    np.multiply(gamma2, xh2, out=xh2)
    y2 = np.add(beta2, xh2, out=xh2)  # (7); y2 lives in xh2
    h2 = np.maximum(y2, 0, out=y2)  # (8); h2 lives in y2
    d2 = h2  # (49)
    z3 = np.dot(d2, W3)  # (10)
    t = np.add(0.001, moving_variance4)  # (50) moving_variance4 + 0.001
    np.sqrt(t, out=t)  # (50) √(moving_variance4 + 0.001)
    np.subtract(z3, moving_mean4, out=z3)  # (50) z3 − moving_mean4
    xh4 = np.divide(z3, t, out=z3)  # (50); xh4 lives in z3
    np.multiply(gamma4, xh4, out=xh4)
    y4 = np.add(beta4, xh4, out=xh4)  # (16); y4 lives in xh4
    h4 = np.maximum(y4, 0, out=y4)  # (17); h4 lives in y4
    d4 = h4  # (51)
    z5 = np.dot(d4, W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    t = np.subtract(z5, z5_max[:, None])  # (21) z5 − z5_max
    s_term = np.exp(t, out=t)  # (21)
    s = np.sum(s_term, axis=1)  # (22)
    t = np.log(s)  # (24) log(s)
    u = np.subtract(z5[np.arange(N), label], z5_max)
    L_term = np.subtract(u, t, out=u)  # (24)
    L = np.sum(L_term)  # (24)
    L = (-L) / N  # (24)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    state: dict[str, np.ndarray] | None = None,
    seed: int | np.random.Generator = 0,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The loss and its gradient in training, and the next state.

    The gradient is times ``cotangent``, with the keys and shapes of ``params``.
    """
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
    rng = np.random.default_rng(seed)
    u2 = np.asarray(rng.uniform(-1, 1, (N, 64)), dtype)
    u4 = np.asarray(rng.uniform(-1, 1, (N, 32)), dtype)
    z1 = np.dot(x, W1)  # (1)
    m2 = np.sum(z1, axis=0)  # (2)
    m2 = np.divide(m2, N, out=m2)  # (2)
    t = np.subtract(z1.T, m2[:, None])  # (3) z1 − m2
    v2_term = np.multiply(t, t, out=t)  # (3)
    v2 = np.sum(v2_term, axis=1)  # (3)
    v2 = np.divide(v2, N, out=v2)  # (3)
    t = np.multiply(9 / 10, moving_mean2)
    u = np.divide(m2, 10)  # (4) 0.1 m2
    moving_mean_next2 = np.add(t, u, out=t)  # (4)
    t = np.multiply(9 / 10, moving_variance2)
    u = np.divide(v2, 10)  # (5) 0.1 v2
    moving_variance_next2 = np.add(t, u, out=t)  # (5)
    t = np.add(0.001, v2)  # (6) v2 + 0.001
    np.sqrt(t, out=t)  # (6) √(v2 + 0.001)
    np.subtract(z1, m2, out=z1)  # (6) z1 − m2
    xh2 = np.divide(z1, t, out=z1)  # (6); xh2 lives in z1
    t = np.multiply(gamma2, xh2)
    y2 = np.add(beta2, t, out=t)  # (7)
    h2 = np.maximum(y2, 0)  # (8)
    t = np.greater_equal(u2, -0.6)
    np.multiply(1.25, h2, out=h2)
    d2 = np.multiply(h2, t, out=h2)  # (9); d2 lives in h2
    z3 = np.dot(d2, W3)  # (10)
    m4 = np.sum(z3, axis=0)  # (11)
    m4 = np.divide(m4, N, out=m4)  # (11)
    t = np.subtract(z3.T, m4[:, None])  # (12) z3 − m4
    v4_term = np.multiply(t, t, out=t)  # (12)
    v4 = np.sum(v4_term, axis=1)  # (12)
    v4 = np.divide(v4, N, out=v4)  # (12)
    t = np.multiply(9 / 10, moving_mean4)
    u = np.divide(m4, 10)  # (13) 0.1 m4
    moving_mean_next4 = np.add(t, u, out=t)  # (13)
    t = np.multiply(9 / 10, moving_variance4)
    u = np.divide(v4, 10)  # (14) 0.1 v4
    moving_variance_next4 = np.add(t, u, out=t)  # (14)
    t = np.add(0.001, v4)  # (15) v4 + 0.001
    np.sqrt(t, out=t)  # (15) √(v4 + 0.001)
    np.subtract(z3, m4, out=z3)  # (15) z3 − m4
    xh4 = np.divide(z3, t, out=z3)  # (15); xh4 lives in z3
    t = np.multiply(gamma4, xh4)
    y4 = np.add(beta4, t, out=t)  # (16)
    h4 = np.maximum(y4, 0)  # (17)
    t = np.greater_equal(u4, -0.8)
    np.multiply(10 / 9, h4, out=h4)
    d4 = np.multiply(h4, t, out=h4)  # (18); d4 lives in h4
    z5 = np.dot(d4, W5)  # (19)
    z5 += b  # (19)
    z5_max = np.max(z5, axis=1)  # (20)
    t = np.subtract(z5, z5_max[:, None])  # (21) z5 − z5_max
    s_term = np.exp(t, out=t)  # (21)
    s = np.sum(s_term, axis=1)  # (22)
    p = np.divide(s_term, s[:, None], out=s_term)  # (23); p lives in s_term
    t = np.log(s)  # (24) log(s)
    u = np.subtract(z5[np.arange(N), label], z5_max)
    L_term = np.subtract(u, t, out=u)  # (24)
    L = np.sum(L_term)  # (24)
    L = (-L) / N  # (24)
    z5_bar = np.multiply(cotangent / N, p)  # (25)
    z5_bar[np.arange(N), label] -= cotangent / N  # (25)
    b_bar = np.sum(z5_bar, axis=0)  # (26)
    d4_bar = np.dot(z5_bar, W5.T)  # (27)
    W5_bar = np.dot(d4.T, z5_bar)  # (28)
    t = np.greater_equal(u4, -0.8)
    u = np.multiply(np.asarray(1.1111111111111112, dtype), t)  # (30)
    t = np.greater(y4, 0)
    np.multiply(d4_bar, u, out=d4_bar)
    y4_bar = np.multiply(d4_bar, t, out=d4_bar)  # (30); y4_bar lives in d4_bar
    gamma4_bar = np.einsum("nm,nm->m", xh4, y4_bar)  # (31)
    xh4_bar = np.multiply(gamma4, y4_bar)  # (32)
    beta4_bar = np.sum(y4_bar, axis=0)  # (33)
    v4_sum = np.einsum("nm,nm->m", xh4_bar, xh4)  # (34)
    m4_sum = np.sum(xh4_bar, axis=0)  # (35)
    t = np.add(0.001, v4)  # (36) v4 + 0.001
    np.sqrt(t, out=t)  # (36) √(v4 + 0.001)
    u = np.multiply(v4_sum, xh4)
    np.add(m4_sum, u, out=u)  # (36) m4_sum + v4_sum xh4
    np.divide(u, N, out=u)  # (36) (m4_sum + v4_sum xh4) / N
    np.subtract(xh4_bar, u, out=xh4_bar)  # (36) x̄h4 − (m4_sum + v4_sum xh4) / N
    z3_bar = np.divide(xh4_bar, t, out=xh4_bar)  # (36); z3_bar lives in xh4_bar
    d2_bar = np.dot(z3_bar, W3.T)  # (37)
    W3_bar = np.dot(d2.T, z3_bar)  # (38)
    t = np.greater_equal(u2, -0.6)
    u = np.multiply(np.asarray(1.25, dtype), t)  # (40) {5/4 if u2 ≥ −3/5 else 0}
    t = np.greater(y2, 0)
    np.multiply(d2_bar, u, out=d2_bar)
    y2_bar = np.multiply(d2_bar, t, out=d2_bar)  # (40); y2_bar lives in d2_bar
    gamma2_bar = np.einsum("nj,nj->j", xh2, y2_bar)  # (41)
    xh2_bar = np.multiply(gamma2, y2_bar)  # (42)
    beta2_bar = np.sum(y2_bar, axis=0)  # (43)
    v2_sum = np.einsum("nj,nj->j", xh2_bar, xh2)  # (44)
    m2_sum = np.sum(xh2_bar, axis=0)  # (45)
    t = np.add(0.001, v2)  # (46) v2 + 0.001
    np.sqrt(t, out=t)  # (46) √(v2 + 0.001)
    u = np.multiply(v2_sum, xh2)
    np.add(m2_sum, u, out=u)  # (46) m2_sum + v2_sum xh2
    np.divide(u, N, out=u)  # (46) (m2_sum + v2_sum xh2) / N
    np.subtract(xh2_bar, u, out=xh2_bar)  # (46) x̄h2 − (m2_sum + v2_sum xh2) / N
    z1_bar = np.divide(xh2_bar, t, out=xh2_bar)  # (46); z1_bar lives in xh2_bar
    W1_bar = np.dot(x.T, z1_bar)  # (47)
    grads = {
        "W1": W1_bar,
        "gamma2": gamma2_bar,
        "beta2": beta2_bar,
        "W3": W3_bar,
        "gamma4": gamma4_bar,
        "beta4": beta4_bar,
        "W5": W5_bar,
        "b": b_bar,
    }
    next_state = {
        "moving_mean2": moving_mean_next2,
        "moving_variance2": moving_variance_next2,
        "moving_mean4": moving_mean_next4,
        "moving_variance4": moving_variance_next4,
    }
    return L, grads, next_state


def _arguments(
    params: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    state: dict[str, np.ndarray] | None,
) -> tuple[np.dtype, list[np.ndarray], dict[str, int]]:
    """The parameters and what was given, checked and of one dtype, and the free sizes.

    The dtype is that of the parameters; complex or object inputs raise it.
    """
    unknown = [name for name in params if name not in PARAMETERS]
    missing = [name for name in PARAMETERS if name not in params]
    if unknown or missing:
        raise KeyError(f"params: unknown {unknown}, missing {missing}")
    state = init_state() if state is None else state
    unknown = [name for name in state if name not in STATE]
    missing = [name for name in STATE if name not in state]
    if unknown or missing:
        raise KeyError(f"state: unknown {unknown}, missing {missing}")
    sizes: dict[str, int] = {}
    arrays = []
    for name, shape in PARAMETERS.items():
        arrays.append(_fitted(name, params[name], shape, sizes))
    for name, value in given.items():
        shape = INPUTS[name] if name in INPUTS else TARGETS[name]
        arrays.append(_fitted(name, value, shape, sizes))
    for name, shape in STATE.items():
        arrays.append(_fitted(name, state[name], shape, sizes))
    names = [*PARAMETERS, *given, *STATE]
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


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, drawn again where they leave [-2, 2]."""
    values = rng.standard_normal(shape)
    while np.any(far := np.abs(values) > 2):
        values[far] = rng.standard_normal(np.count_nonzero(far))
    return values
