"""lstm_digits: reshape → lstm → dense

Made by symbprop 0.1.0 from lstm_digits.yaml (sha256 5cf691ebc8f5161f).
To change it, change lstm_digits.yaml and run: symbprop compile lstm_digits.yaml

Axes
    n  example (N)    m  f (64)    j  y (8)    k  y (8)    l  z1 (128)    u  c (32)    q  z2 (10)

Forward
    (1)  f[n,m] = x[n,m]
    (2)  y[n,j,k] = f[n,8·j+k]
    (3)  z1[n,j,l] = Σₖ y[n,j,k] W1[k,l] + b1[l] + Σᵤ h[n,j,u] U[u,l]   for j = 0 … 7
    (4)  i[n,j,u] = 1 / (1 + exp(−z1[n,j,u]))   for j = 0 … 7
    (5)  f1[n,j,u] = 1 / (1 + exp(−z1[n,j,u+32]))   for j = 0 … 7
    (6)  g[n,j,u] = tanh(z1[n,j,u+64])   for j = 0 … 7
    (7)  o[n,j,u] = 1 / (1 + exp(−z1[n,j,u+96]))   for j = 0 … 7
    (8)  c[n,0,u] = 0
    (9)  c[n,j+1,u] = i[n,j,u] g[n,j,u] + f1[n,j,u] c[n,j,u]   for j = 0 … 7
    (10) h[n,0,u] = 0
    (11) h[n,j+1,u] = o[n,j,u] tanh(c[n,j+1,u])   for j = 0 … 7
    (12) y1[n,u] = h[n,8,u]
    (13) z2[n,q] = Σᵤ y1[n,u] W2[u,q] + b2[q]
    (14) z2_max[n] = max_q z2[n,q]
    (15) s_term[n,q] = exp(z2[n,q] − z2_max[n])
    (16) s[n] = Σ_q s_term[n,q]
    (17) p[n,q] = s_term[n,q] / s[n]
    (18) L = −Σₙ (z2[n,label[n]] − z2_max[n] − log(s[n])) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (19) z̄2[n,q] = (p[n,q] − δ[q,label[n]]) / N                          from (18)
    (20) b̄2[q] = Σₙ z̄2[n,q]                                             from (13)
    (21) ȳ1[n,u] = Σ_q W2[u,q] z̄2[n,q]                                   from (13)
    (22) W̄2[u,q] = Σₙ y1[n,u] z̄2[n,q]                                   from (13)
    (23) ō[n,j,u] = h̄[n,j+1,u] tanh(c[n,j+1,u])   for j = 7 … 0          from (10), (11)
    (24) ī[n,j,u] = g[n,j,u] c̄[n,j+1,u]   for j = 7 … 0                  from (8), (9)
    (25) ḡ[n,j,u] = i[n,j,u] c̄[n,j+1,u]   for j = 7 … 0                  from (8), (9)
    (26) f̄1[n,j,u] = c[n,j,u] c̄[n,j+1,u]   for j = 7 … 0                from (8), (9)
    (27) c̄[n,j+1,u] += o[n,j,u] h̄[n,j+1,u] (1 − tanh(c[n,j+1,u])²)   for j = 7 … 0  from (10), (11)
    (28) c̄[n,j,u] += f1[n,j,u] c̄[n,j+1,u]   for j = 7 … 0               from (8), (9)
    (29) z̄1[n,j,u+96] = ō[n,j,u] o[n,j,u] (1 − o[n,j,u])   for j = 7 … 0  from (7)
    (30) z̄1[n,j,u+64] = ḡ[n,j,u] (1 − g[n,j,u]²)   for j = 7 … 0         from (6)
    (31) z̄1[n,j,u+32] = f̄1[n,j,u] f1[n,j,u] (1 − f1[n,j,u])   for j = 7 … 0  from (5)
    (32) z̄1[n,j,u] = ī[n,j,u] i[n,j,u] (1 − i[n,j,u])   (u < 32)   for j = 7 … 0  from (4)
    (33) h̄[n,8,u] = ȳ1[n,u]                                              from (12)
    (34) h̄[n,j,u] = Σₗ U[u,l] z̄1[n,j,l]   for j = 7 … 0                 from (3)
    (35) Ū[u,l] = Σₙⱼ h[n,j,u] z̄1[n,j,l]                                 from (3)
    (36) b̄1[l] = Σₙⱼ z̄1[n,j,l]                                          from (3)
    (37) W̄1[k,l] = Σₙⱼ y[n,j,k] z̄1[n,j,l]                               from (3)

Cost of one call of the last function
    258338 N + 3 floating-point operations, 263664 N + 583368 bytes read or written (float64)
    5,578 parameters
    13648 N bytes kept from forward to backward: p, y1, c, o, g, i, f1, h, y
"""

import numpy as np

NAME = "lstm_digits"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W1": (8, 128),
    "U": (32, 128),
    "b1": (128,),
    "W2": (32, 10),
    "b2": (10,),
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
INTEGERS: dict[str, int] = {
    "label": 10,
}
RANGES: dict[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W1": "\\bar{W}^{(1)}_{kl} = \\sum_{n,j} y_{njk} \\bar{z}^{(1)}_{njl}",
    "U": "\\bar{U}_{ul} = \\sum_{n,j} h_{nju} \\bar{z}^{(1)}_{njl}",
    "b1": "\\bar{b}^{(1)}_{l} = \\sum_{n,j} \\bar{z}^{(1)}_{njl}",
    "W2": "\\bar{W}^{(2)}_{uq} = \\sum_{n} y^{(1)}_{nu} \\bar{z}^{(2)}_{nq}",
    "b2": "\\bar{b}^{(2)}_{q} = \\sum_{n} \\bar{z}^{(2)}_{nq}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": 0.21004201260420147 * rng.uniform(-1, 1, (8, 128)),  # glorot_uniform
        "U": _orthogonal(rng, (32, 128)),  # orthogonal
        "b1": np.full(
            (128,),
            np.asarray(1, dtype) * np.logical_and(np.greater_equal(np.arange(128), 32), np.less(np.arange(128), 64)),
        ),
        "W2": 0.37796447300922725 * rng.uniform(-1, 1, (32, 10)),  # glorot_uniform
        "b2": np.zeros((10,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 10]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W1, U, b1, W2, b2, x = arrays
    N = sizes["N"]
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = np.tensordot(y, W1, axes=([2], [0]))  # (3)
    z1 += b1  # (3)
    c = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += np.dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j, :32])  # (4) −z1
        np.minimum(z1[:, j, :32], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, :32], 0)
        w = np.where(v, 1, t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        i = np.divide(w, u, out=w)  # (4)
        t = np.negative(z1[:, j, 32:64])  # (5) −z1
        np.minimum(z1[:, j, 32:64], t, out=t)  # (5) −|z1|
        np.exp(t, out=t)  # (5) exp(−|z1|)
        u = np.add(1, t)  # (5) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 32:64], 0)
        w = np.where(v, 1, t)  # (5) {1 if z1 ≥ 0 else exp(−|z1|)}
        f1 = np.divide(w, u, out=w)  # (5)
        g = np.tanh(z1[:, j, 64:96])  # (6)
        t = np.negative(z1[:, j, 96:])  # (7) −z1
        np.minimum(z1[:, j, 96:], t, out=t)  # (7) −|z1|
        np.exp(t, out=t)  # (7) exp(−|z1|)
        u = np.add(1, t)  # (7) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 96:], 0)
        w = np.where(v, 1, t)  # (7) {1 if z1 ≥ 0 else exp(−|z1|)}
        o = np.divide(w, u, out=w)  # (7)
        t = np.multiply(i, g)
        u = np.multiply(f1, c[:, j])
        np.add(t, u, out=c[:, j + 1])  # (9)
        t = np.tanh(c[:, j + 1])  # (11) tanh(c)
        np.multiply(o, t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = np.dot(y1, W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    np.subtract(z2, z2_max[:, None], out=z2)  # (15) z2 − z2_max
    s_term = np.exp(z2, out=z2)  # (15); s_term lives in z2
    s = np.sum(s_term, axis=1)  # (16)
    p = np.divide(s_term, s[:, None], out=s_term)  # (17); p lives in s_term
    return p


def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, U, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = np.tensordot(y, W1, axes=([2], [0]))  # (3)
    z1 += b1  # (3)
    c = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += np.dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j, :32])  # (4) −z1
        np.minimum(z1[:, j, :32], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, :32], 0)
        w = np.where(v, 1, t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        i = np.divide(w, u, out=w)  # (4)
        t = np.negative(z1[:, j, 32:64])  # (5) −z1
        np.minimum(z1[:, j, 32:64], t, out=t)  # (5) −|z1|
        np.exp(t, out=t)  # (5) exp(−|z1|)
        u = np.add(1, t)  # (5) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 32:64], 0)
        w = np.where(v, 1, t)  # (5) {1 if z1 ≥ 0 else exp(−|z1|)}
        f1 = np.divide(w, u, out=w)  # (5)
        g = np.tanh(z1[:, j, 64:96])  # (6)
        t = np.negative(z1[:, j, 96:])  # (7) −z1
        np.minimum(z1[:, j, 96:], t, out=t)  # (7) −|z1|
        np.exp(t, out=t)  # (7) exp(−|z1|)
        u = np.add(1, t)  # (7) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 96:], 0)
        w = np.where(v, 1, t)  # (7) {1 if z1 ≥ 0 else exp(−|z1|)}
        o = np.divide(w, u, out=w)  # (7)
        t = np.multiply(i, g)
        u = np.multiply(f1, c[:, j])
        np.add(t, u, out=c[:, j + 1])  # (9)
        t = np.tanh(c[:, j + 1])  # (11) tanh(c)
        np.multiply(o, t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = np.dot(y1, W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    t = np.subtract(z2, z2_max[:, None])  # (15) z2 − z2_max
    s_term = np.exp(t, out=t)  # (15)
    s = np.sum(s_term, axis=1)  # (16)
    t = np.log(s)  # (18) log(s)
    u = np.subtract(z2[np.arange(N), label], z2_max)
    L_term = np.subtract(u, t, out=u)  # (18)
    L = np.sum(L_term)  # (18)
    L = (-L) / N  # (18)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, U, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = np.tensordot(y, W1, axes=([2], [0]))  # (3)
    z1 += b1  # (3)
    i = np.empty((N, 8, 32), dtype)  # (4)
    f1 = np.empty((N, 8, 32), dtype)  # (5)
    g = np.empty((N, 8, 32), dtype)  # (6)
    o = np.empty((N, 8, 32), dtype)  # (7)
    c = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += np.dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j, :32])  # (4) −z1
        np.minimum(z1[:, j, :32], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, :32], 0)
        w = np.where(v, 1, t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        np.divide(w, u, out=i[:, j])  # (4)
        t = np.negative(z1[:, j, 32:64])  # (5) −z1
        np.minimum(z1[:, j, 32:64], t, out=t)  # (5) −|z1|
        np.exp(t, out=t)  # (5) exp(−|z1|)
        u = np.add(1, t)  # (5) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 32:64], 0)
        w = np.where(v, 1, t)  # (5) {1 if z1 ≥ 0 else exp(−|z1|)}
        np.divide(w, u, out=f1[:, j])  # (5)
        np.tanh(z1[:, j, 64:96], out=g[:, j])  # (6)
        t = np.negative(z1[:, j, 96:])  # (7) −z1
        np.minimum(z1[:, j, 96:], t, out=t)  # (7) −|z1|
        np.exp(t, out=t)  # (7) exp(−|z1|)
        u = np.add(1, t)  # (7) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j, 96:], 0)
        w = np.where(v, 1, t)  # (7) {1 if z1 ≥ 0 else exp(−|z1|)}
        np.divide(w, u, out=o[:, j])  # (7)
        t = np.multiply(i[:, j], g[:, j])
        u = np.multiply(f1[:, j], c[:, j])
        np.add(t, u, out=c[:, j + 1])  # (9)
        t = np.tanh(c[:, j + 1])  # (11) tanh(c)
        np.multiply(o[:, j], t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = np.dot(y1, W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    t = np.subtract(z2, z2_max[:, None])  # (15) z2 − z2_max
    s_term = np.exp(t, out=t)  # (15)
    s = np.sum(s_term, axis=1)  # (16)
    p = np.divide(s_term, s[:, None], out=s_term)  # (17); p lives in s_term
    t = np.log(s)  # (18) log(s)
    u = np.subtract(z2[np.arange(N), label], z2_max)
    L_term = np.subtract(u, t, out=u)  # (18)
    L = np.sum(L_term)  # (18)
    L = (-L) / N  # (18)
    z2_bar = np.multiply(cotangent / N, p)  # (19)
    z2_bar[np.arange(N), label] -= cotangent / N  # (19)
    b2_bar = np.sum(z2_bar, axis=0)  # (20)
    y1_bar = np.dot(z2_bar, W2.T)  # (21)
    W2_bar = np.dot(y1.T, z2_bar)  # (22)
    h_bar = np.zeros((N, 9, 32), dtype)  # (33)
    h_bar[:, 8] += y1_bar  # (33)
    t = np.negative(c[:, 1:])  # (27) −c
    np.minimum(c[:, 1:], t, out=t)  # (27) −|c|
    np.exp(t, out=t)  # (27) exp(−|c|)
    np.multiply(t, t, out=t)  # (27) exp(−|c|)²
    u = np.add(1, t)  # (27) exp(−|c|)² + 1
    np.multiply(u, u, out=u)  # (27) (exp(−|c|)² + 1)²
    v = np.multiply(4, o)
    np.multiply(v, t, out=v)
    c_bar_factor = np.divide(v, u, out=v)  # (27)
    t = np.subtract(1, o)  # (29) 1 − o
    u = np.tanh(c[:, 1:])  # (29) tanh(c)
    np.multiply(o, t, out=o)
    z1_bar_factor = np.multiply(o, u, out=o)  # (29); z1_bar_factor lives in o
    t = np.negative(z1[:, :, 64:96])  # (30) −z1
    np.minimum(z1[:, :, 64:96], t, out=t)  # (30) −|z1|
    np.exp(t, out=t)  # (30) exp(−|z1|)
    np.multiply(t, t, out=t)  # (30) exp(−|z1|)²
    u = np.add(1, t)  # (30) exp(−|z1|)² + 1
    np.multiply(u, u, out=u)  # (30) (exp(−|z1|)² + 1)²
    np.multiply(4, i, out=i)
    np.multiply(i, t, out=i)
    z1_bar_factor_2 = np.divide(i, u, out=i)  # (30); z1_bar_factor_2 lives in i
    t = np.negative(z1[:, :, 32:64])  # (31) −z1
    np.minimum(z1[:, :, 32:64], t, out=t)  # (31) −|z1|
    np.exp(t, out=t)  # (31) exp(−|z1|)
    u = np.add(1, t)  # (31) 1 + exp(−|z1|)
    np.multiply(u, u, out=u)  # (31) (1 + exp(−|z1|))²
    np.multiply(c[:, :8], t, out=t)
    z1_bar_factor_3 = np.divide(t, u, out=t)  # (31)
    t = np.negative(z1[:, :, :32])  # (32) −z1
    np.minimum(z1[:, :, :32], t, out=t)  # (32) −|z1|
    np.exp(t, out=t)  # (32) exp(−|z1|)
    u = np.add(1, t)  # (32) 1 + exp(−|z1|)
    np.multiply(u, u, out=u)  # (32) (1 + exp(−|z1|))²
    np.multiply(g, t, out=g)
    z1_bar_factor_4 = np.divide(g, u, out=g)  # (32); z1_bar_factor_4 lives in g
    c_bar = np.zeros((N, 9, 32), dtype)  # (27)
    z1_bar = np.empty((N, 8, 128), dtype)  # (29)
    for j in reversed(range(8)):
        t = np.multiply(h_bar[:, j + 1], c_bar_factor[:, j])
        c_bar[:, j + 1] += t  # (27)
        t = np.multiply(f1[:, j], c_bar[:, j + 1])
        c_bar[:, j] += t  # (28)
        np.multiply(h_bar[:, j + 1], z1_bar_factor[:, j], out=z1_bar[:, j, 96:])  # (29)
        # (30)
        np.multiply(c_bar[:, j + 1], z1_bar_factor_2[:, j], out=z1_bar[:, j, 64:96])
        # (31)
        np.multiply(c_bar[:, j + 1], z1_bar_factor_3[:, j], out=z1_bar[:, j, 32:64])
        # (32)
        np.multiply(c_bar[:, j + 1], z1_bar_factor_4[:, j], out=z1_bar[:, j, :32])
        h_bar[:, j] = np.dot(z1_bar[:, j], U.T)  # (34)
    U_bar = np.tensordot(h[:, :8], z1_bar, axes=([0, 1], [0, 1]))  # (35)
    b1_bar = np.sum(z1_bar, axis=(0, 1))  # (36)
    W1_bar = np.tensordot(y, z1_bar, axes=([0, 1], [0, 1]))  # (37)
    grads = {
        "W1": W1_bar,
        "U": U_bar,
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


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A matrix with orthonormal rows or columns (Saxe, McClelland, Ganguli 2014)."""
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)
