"""pinn: dense → dense → dense → formula

Made by symbprop 0.1.0 from pinn.yaml (sha256 7e824b2c7ee4746e).
To change it, change pinn.yaml and run: symbprop compile pinn.yaml

Axes
    n  example (N)    j  z_h (16)    k  t (1)    m  z_g (16)

Forward
    (1)  z_h[n,j] = Σₖ t[n,k] W_h[k,j] + b_h[j]
    (2)  h[n,j] = tanh(z_h[n,j])
    (3)  z_g[n,m] = Σⱼ h[n,j] W_g[j,m] + b_g[m]
    (4)  g[n,m] = tanh(z_g[n,m])
    (5)  v[n,k] = Σₘ g[n,m] W_v[m,k] + b_v[k]
    (6)  u[n,k] = t[n,k] + t[n,k]² v[n,k]
    (7)  z_t[n,j] = W_h[0,j]
    (8)  h_t[n,j] = z_t[n,j] (1 − tanh(z_h[n,j])²)
    (9)  z_t_2[n,m] = Σⱼ W_g[j,m] h_t[n,j]
    (10) g_t[n,m] = z_t_2[n,m] (1 − tanh(z_g[n,m])²)
    (11) v_t[n,k] = Σₘ W_v[m,k] g_t[n,m]
    (12) h_t_t[n,j] = −2 z_t[n,j]² tanh(z_h[n,j]) (1 − tanh(z_h[n,j])²)
    (13) z_t_t[n,m] = Σⱼ W_g[j,m] h_t_t[n,j]
    (14) g_t_t[n,m] = z_t_t[n,m] (1 − tanh(z_g[n,m])²) − 2 z_t_2[n,m]² tanh(z_g[n,m]) (1 − tanh(z_g[n,m])²)
    (15) v_t_t[n,k] = Σₘ W_v[m,k] g_t_t[n,m]
    (16) u_t_t[n,k] = t[n,k]² v_t_t[n,k] + 2 v[n,0] δ[k,0] + 4 t[n,0] v_t[n,0] δ[k,0]
    (17) L = Σₙ (u[n,0] + u_t_t[n,0])² / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (18) ū[n,0] = 2 (u[n,0] + u_t_t[n,0]) / N                             from (17)
    (19) ū_t_t[n,0] = 2 (u[n,0] + u_t_t[n,0]) / N                         from (17)
    (20) v̄_t_t[n,k] = t[n,k]² ū_t_t[n,k]                                  from (16)
    (21) v̄_t[n,0] = 4 t[n,0] ū_t_t[n,0]                                   from (16)
    (22) ḡ_t_t[n,m] = Σₖ W_v[m,k] v̄_t_t[n,k]                              from (15)
    (23) z̄_t_t[n,m] = ḡ_t_t[n,m] (1 − g[n,m]²)                            from (14)
    (24) h̄_t_t[n,j] = Σₘ W_g[j,m] z̄_t_t[n,m]                              from (13)
    (25) ḡ_t[n,m] = Σₖ W_v[m,k] v̄_t[n,k]                                  from (11)
    (26) z̄_t_2[n,m] = (1 − g[n,m]²) (ḡ_t[n,m] − 4 z_t_2[n,m] ḡ_t_t[n,m] g[n,m])  from (14), (10)
    (27) h̄_t[n,j] = Σₘ W_g[j,m] z̄_t_2[n,m]                                from (9)
    (28) z̄_t[n,j] = (1 − h[n,j]²) (h̄_t[n,j] − 4 z_t[n,j] h̄_t_t[n,j] h[n,j])  from (12), (8)
    (29) v̄[n,k] = t[n,k]² ū[n,k] + 2 ū_t_t[n,0] δ[k,0]                    from (6), (16)
    (30) b̄_v[k] = Σₙ v̄[n,k]                                               from (5)
    (31) ḡ[n,m] = Σₖ W_v[m,k] v̄[n,k]                                      from (5)
    (32) W̄_v[m,k] = Σₙ g_t_t[n,m] v̄_t_t[n,k] + Σₙ g_t[n,m] v̄_t[n,k] + Σₙ g[n,m] v̄[n,k]  from (15), (11), (5)
    (33) z̄_g[n,m] = ḡ[n,m] (1 − g[n,m]²) + 2 (1 − g[n,m]²) (ḡ_t_t[n,m] (z_t_2[n,m]² (3 g[n,m]² − 1) − z_t_t[n,m] g[n,m]) − g[n,m] z_t_2[n,m] ḡ_t[n,m])  from (14), (10), (4)
    (34) b̄_g[m] = Σₙ z̄_g[n,m]                                             from (3)
    (35) h̄[n,j] = Σₘ W_g[j,m] z̄_g[n,m]                                    from (3)
    (36) W̄_g[j,m] = Σₙ h_t_t[n,j] z̄_t_t[n,m] + Σₙ h_t[n,j] z̄_t_2[n,m] + Σₙ h[n,j] z̄_g[n,m]  from (13), (9), (3)
    (37) z̄_h[n,j] = (1 − h[n,j]²) (h̄[n,j] + 2 z_t[n,j] (z_t[n,j] h̄_t_t[n,j] (3 h[n,j]² − 1) − h[n,j] h̄_t[n,j]))  from (12), (8), (2)
    (38) b̄_h[j] = Σₙ z̄_h[n,j]                                             from (1)
    (39) W̄_h[k,j] = Σₙ t[n,k] z̄_h[n,j] + Σₙ z̄_t[n,j] δ[k,0]               from (1), (7)

Cost of one call of the last function
    7381 N + 18 floating-point operations, 10640 N + 21048 bytes read or written (float64)
    321 parameters
    1168 N bytes kept from forward to backward: u, u_t_t, g_t_t, g, h_t_t, g_t, z_t_2, h_t, z_t, h, z_t_t
"""

import numpy as np

NAME = "pinn"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_h": (1, 16),
    "b_h": (16,),
    "W_g": (16, 16),
    "b_g": (16,),
    "W_v": (16, 1),
    "b_v": (1,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "t": ("N", 1),
}
TARGETS: dict[str, tuple[int | str, ...]] = {}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "u": ("N", 1),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "t": (0.0, 2.0),
}
FORMULAS: dict[str, str] = {
    "W_h": "\\bar{W}^{(\\mathrm{h})}_{kj} = \\sum_{n} t_{nk} \\bar{z}^{(\\mathrm{h})}_{nj} + \\sum_{n} \\bar{z}^{(\\mathrm{t})}_{nj} \\delta_{k,0}",
    "b_h": "\\bar{b}^{(\\mathrm{h})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{h})}_{nj}",
    "W_g": "\\bar{W}^{(\\mathrm{g})}_{jm} = \\sum_{n} h^{(\\mathrm{t\\_t})}_{nj} \\bar{z}^{(\\mathrm{t\\_t})}_{nm} + \\sum_{n} h^{(\\mathrm{t})}_{nj} \\bar{z}^{(\\mathrm{t})[2]}_{nm} + \\sum_{n} h_{nj} \\bar{z}^{(\\mathrm{g})}_{nm}",
    "b_g": "\\bar{b}^{(\\mathrm{g})}_{m} = \\sum_{n} \\bar{z}^{(\\mathrm{g})}_{nm}",
    "W_v": "\\bar{W}^{(\\mathrm{v})}_{mk} = \\sum_{n} g^{(\\mathrm{t\\_t})}_{nm} \\bar{v}^{(\\mathrm{t\\_t})}_{nk} + \\sum_{n} g^{(\\mathrm{t})}_{nm} \\bar{v}^{(\\mathrm{t})}_{nk} + \\sum_{n} g_{nm} \\bar{v}_{nk}",
    "b_v": "\\bar{b}^{(\\mathrm{v})}_{k} = \\sum_{n} \\bar{v}_{nk}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "W_h": 0.5940885257860046 * rng.uniform(-1, 1, (1, 16)),  # glorot_uniform
        "b_h": np.zeros((16,)),
        "W_g": 0.4330127018922193 * rng.uniform(-1, 1, (16, 16)),  # glorot_uniform
        "b_g": np.zeros((16,)),
        "W_v": 0.5940885257860046 * rng.uniform(-1, 1, (16, 1)),  # glorot_uniform
        "b_v": np.zeros((1,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def forward(
    params: dict[str, np.ndarray],
    t: np.ndarray,
) -> np.ndarray:
    """The output: u [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    z_h = np.dot(t, W_h)  # (1)
    z_h += b_h  # (1)
    h = np.tanh(z_h, out=z_h)  # (2); h lives in z_h
    z_g = np.dot(h, W_g)  # (3)
    z_g += b_g  # (3)
    g = np.tanh(z_g, out=z_g)  # (4); g lives in z_g
    v = np.dot(g, W_v)  # (5)
    v += b_v  # (5)
    w = np.multiply(t, t)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    return u


def loss(
    params: dict[str, np.ndarray],
    t: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_h = np.dot(t, W_h)  # (1)
    z_h += b_h  # (1)
    h = np.tanh(z_h)  # (2)
    z_g = np.dot(h, W_g)  # (3)
    z_g += b_g  # (3)
    g = np.tanh(z_g)  # (4)
    v = np.dot(g, W_v)  # (5)
    v += b_v  # (5)
    w = np.multiply(t, t)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    z_t = np.empty((N, 16), dtype)  # (7)
    z_t[...] = W_h[0]  # (7)
    w = np.negative(z_h)  # (8) −z_h
    np.minimum(z_h, w, out=w)  # (8) −|z_h|
    np.exp(w, out=w)  # (8) exp(−|z_h|)
    np.multiply(w, w, out=w)  # (8) exp(−|z_h|)²
    r = np.add(1, w)  # (8) exp(−|z_h|)² + 1
    np.multiply(r, r, out=r)  # (8) (exp(−|z_h|)² + 1)²
    q = np.multiply(4, z_t)
    np.multiply(q, w, out=q)
    h_t = np.divide(q, r, out=q)  # (8)
    z_t_2 = np.dot(h_t, W_g)  # (9)
    w = np.negative(z_g)  # (10) −z_g
    np.minimum(z_g, w, out=w)  # (10) −|z_g|
    np.exp(w, out=w)  # (10) exp(−|z_g|)
    np.multiply(w, w, out=w)  # (10) exp(−|z_g|)²
    r = np.add(1, w)  # (10) exp(−|z_g|)² + 1
    np.multiply(r, r, out=r)  # (10) (exp(−|z_g|)² + 1)²
    q = np.multiply(4, z_t_2)
    np.multiply(q, w, out=q)
    g_t = np.divide(q, r, out=q)  # (10)
    v_t = np.dot(g_t, W_v)  # (11)
    w = np.multiply(z_t, z_t)  # (12) z_t²
    r = np.negative(z_h)  # (12) −z_h
    np.minimum(z_h, r, out=r)  # (12) −|z_h|
    q = np.exp(r)  # (12) exp(−|z_h|)
    tt = np.add(1, q)  # (12) 1 + exp(−|z_h|)
    np.multiply(q, q, out=q)  # (12) exp(−|z_h|)²
    uu = np.add(1, q)  # (12) exp(−|z_h|)² + 1
    vv = np.multiply(uu, uu)
    np.multiply(vv, uu, out=vv)  # (12) (exp(−|z_h|)² + 1)³
    np.expm1(r, out=r)  # (12) expm1(−|z_h|)
    uu = np.greater_equal(z_h, 0)
    ww = np.where(uu, np.asarray(8, dtype), np.asarray(-8, dtype))  # (12)
    np.multiply(w, tt, out=w)
    np.multiply(w, q, out=w)
    np.multiply(w, r, out=w)
    np.multiply(w, ww, out=w)
    h_t_t = np.divide(w, vv, out=w)  # (12)
    z_t_t = np.dot(h_t_t, W_g)  # (13)
    np.multiply(z_t_2, z_t_2, out=z_t_2)  # (14) z_t_2²
    w = np.negative(z_g)  # (14) −z_g
    np.minimum(z_g, w, out=w)  # (14) −|z_g|
    r = np.exp(w)  # (14) exp(−|z_g|)
    q = np.add(1, r)  # (14) 1 + exp(−|z_g|)
    np.multiply(r, r, out=r)  # (14) exp(−|z_g|)²
    tt = np.add(1, r)  # (14) exp(−|z_g|)² + 1
    uu = np.multiply(tt, tt)
    np.multiply(uu, tt, out=uu)  # (14) (exp(−|z_g|)² + 1)³
    np.expm1(w, out=w)  # (14) expm1(−|z_g|)
    tt = np.greater_equal(z_g, 0)
    vv = np.where(tt, np.asarray(8, dtype), np.asarray(-8, dtype))  # (14)
    np.multiply(z_t_2, q, out=z_t_2)
    np.multiply(z_t_2, r, out=z_t_2)
    np.multiply(z_t_2, w, out=z_t_2)
    np.multiply(z_t_2, vv, out=z_t_2)
    g_t_t = np.divide(z_t_2, uu, out=z_t_2)  # (14); g_t_t lives in z_t_2
    w = np.negative(z_g)  # (14) −z_g
    np.minimum(z_g, w, out=w)  # (14) −|z_g|
    np.exp(w, out=w)  # (14) exp(−|z_g|)
    np.multiply(w, w, out=w)  # (14) exp(−|z_g|)²
    r = np.add(1, w)  # (14) exp(−|z_g|)² + 1
    np.multiply(r, r, out=r)  # (14) (exp(−|z_g|)² + 1)²
    q = np.multiply(4, z_t_t)
    np.multiply(q, w, out=q)
    np.divide(q, r, out=q)  # (14)
    g_t_t += q  # (14)
    v_t_t = np.dot(g_t_t, W_v)  # (15)
    u_t_t = np.zeros((N, 1), dtype)  # (16)
    w = np.multiply(2, v[:, 0])
    u_t_t[:, 0] += w  # (16)
    w = np.multiply(4, t[:, 0])
    np.multiply(w, v_t[:, 0], out=w)
    u_t_t[:, 0] += w  # (16)
    w = np.multiply(t, t)  # (16) t²
    np.multiply(w, v_t_t, out=w)
    u_t_t += w  # (16)
    w = np.add(u[:, 0], u_t_t[:, 0])  # (17) u + u_t_t
    L_term = np.multiply(w, w, out=w)  # (17)
    L = np.sum(L_term)  # (17)
    L = L / N  # (17)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    t: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_h = np.dot(t, W_h)  # (1)
    z_h += b_h  # (1)
    h = np.tanh(z_h)  # (2)
    z_g = np.dot(h, W_g)  # (3)
    z_g += b_g  # (3)
    g = np.tanh(z_g)  # (4)
    v = np.dot(g, W_v)  # (5)
    v += b_v  # (5)
    w = np.multiply(t, t)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    z_t = np.empty((N, 16), dtype)  # (7)
    z_t[...] = W_h[0]  # (7)
    w = np.negative(z_h)  # (8) −z_h
    np.minimum(z_h, w, out=w)  # (8) −|z_h|
    np.exp(w, out=w)  # (8) exp(−|z_h|)
    np.multiply(w, w, out=w)  # (8) exp(−|z_h|)²
    r = np.add(1, w)  # (8) exp(−|z_h|)² + 1
    np.multiply(r, r, out=r)  # (8) (exp(−|z_h|)² + 1)²
    q = np.multiply(4, z_t)
    np.multiply(q, w, out=q)
    h_t = np.divide(q, r, out=q)  # (8)
    z_t_2 = np.dot(h_t, W_g)  # (9)
    w = np.negative(z_g)  # (10) −z_g
    np.minimum(z_g, w, out=w)  # (10) −|z_g|
    np.exp(w, out=w)  # (10) exp(−|z_g|)
    np.multiply(w, w, out=w)  # (10) exp(−|z_g|)²
    r = np.add(1, w)  # (10) exp(−|z_g|)² + 1
    np.multiply(r, r, out=r)  # (10) (exp(−|z_g|)² + 1)²
    q = np.multiply(4, z_t_2)
    np.multiply(q, w, out=q)
    g_t = np.divide(q, r, out=q)  # (10)
    v_t = np.dot(g_t, W_v)  # (11)
    w = np.multiply(z_t, z_t)  # (12) z_t²
    r = np.negative(z_h)  # (12) −z_h
    np.minimum(z_h, r, out=r)  # (12) −|z_h|
    q = np.exp(r)  # (12) exp(−|z_h|)
    tt = np.add(1, q)  # (12) 1 + exp(−|z_h|)
    np.multiply(q, q, out=q)  # (12) exp(−|z_h|)²
    uu = np.add(1, q)  # (12) exp(−|z_h|)² + 1
    vv = np.multiply(uu, uu)
    np.multiply(vv, uu, out=vv)  # (12) (exp(−|z_h|)² + 1)³
    np.expm1(r, out=r)  # (12) expm1(−|z_h|)
    uu = np.greater_equal(z_h, 0)
    ww = np.where(uu, np.asarray(8, dtype), np.asarray(-8, dtype))  # (12)
    np.multiply(w, tt, out=w)
    np.multiply(w, q, out=w)
    np.multiply(w, r, out=w)
    np.multiply(w, ww, out=w)
    h_t_t = np.divide(w, vv, out=w)  # (12)
    z_t_t = np.dot(h_t_t, W_g)  # (13)
    w = np.multiply(z_t_2, z_t_2)  # (14) z_t_2²
    r = np.negative(z_g)  # (14) −z_g
    np.minimum(z_g, r, out=r)  # (14) −|z_g|
    q = np.exp(r)  # (14) exp(−|z_g|)
    tt = np.add(1, q)  # (14) 1 + exp(−|z_g|)
    np.multiply(q, q, out=q)  # (14) exp(−|z_g|)²
    uu = np.add(1, q)  # (14) exp(−|z_g|)² + 1
    vv = np.multiply(uu, uu)
    np.multiply(vv, uu, out=vv)  # (14) (exp(−|z_g|)² + 1)³
    np.expm1(r, out=r)  # (14) expm1(−|z_g|)
    uu = np.greater_equal(z_g, 0)
    ww = np.where(uu, np.asarray(8, dtype), np.asarray(-8, dtype))  # (14)
    np.multiply(w, tt, out=w)
    np.multiply(w, q, out=w)
    np.multiply(w, r, out=w)
    np.multiply(w, ww, out=w)
    g_t_t = np.divide(w, vv, out=w)  # (14)
    w = np.negative(z_g)  # (14) −z_g
    np.minimum(z_g, w, out=w)  # (14) −|z_g|
    np.exp(w, out=w)  # (14) exp(−|z_g|)
    np.multiply(w, w, out=w)  # (14) exp(−|z_g|)²
    r = np.add(1, w)  # (14) exp(−|z_g|)² + 1
    np.multiply(r, r, out=r)  # (14) (exp(−|z_g|)² + 1)²
    q = np.multiply(4, z_t_t)
    np.multiply(q, w, out=q)
    np.divide(q, r, out=q)  # (14)
    g_t_t += q  # (14)
    v_t_t = np.dot(g_t_t, W_v)  # (15)
    u_t_t = np.zeros((N, 1), dtype)  # (16)
    w = np.multiply(2, v[:, 0])
    u_t_t[:, 0] += w  # (16)
    w = np.multiply(4, t[:, 0])
    np.multiply(w, v_t[:, 0], out=w)
    u_t_t[:, 0] += w  # (16)
    w = np.multiply(t, t)  # (16) t²
    np.multiply(w, v_t_t, out=w)
    u_t_t += w  # (16)
    w = np.add(u[:, 0], u_t_t[:, 0])  # (17) u + u_t_t
    L_term = np.multiply(w, w, out=w)  # (17)
    L = np.sum(L_term)  # (17)
    L = L / N  # (17)
    u_bar = np.empty((N, 1), dtype)  # (18)
    w = np.multiply(2, u[:, 0])
    r = np.multiply(2, u_t_t[:, 0])
    np.add(w, r, out=w)  # (18) 2 (u + u_t_t)
    np.multiply(cotangent / N, w, out=w)
    u_bar[:, 0] = w  # (18)
    u_t_t_bar = np.empty((N, 1), dtype)  # (19)
    w = np.multiply(2, u[:, 0])
    r = np.multiply(2, u_t_t[:, 0])
    np.add(w, r, out=w)  # (19) 2 (u + u_t_t)
    np.multiply(cotangent / N, w, out=w)
    u_t_t_bar[:, 0] = w  # (19)
    w = np.multiply(t, t)  # (20) t²
    v_t_t_bar = np.multiply(w, u_t_t_bar, out=w)  # (20)
    v_t_bar = np.empty((N, 1), dtype)  # (21)
    w = np.multiply(4, t[:, 0])
    np.multiply(w, u_t_t_bar[:, 0], out=w)
    v_t_bar[:, 0] = w  # (21)
    g_t_t_bar = np.dot(v_t_t_bar, W_v.T)  # (22)
    w = np.negative(z_g)  # (23) −z_g
    np.minimum(z_g, w, out=w)  # (23) −|z_g|
    np.exp(w, out=w)  # (23) exp(−|z_g|)
    np.multiply(w, w, out=w)  # (23) exp(−|z_g|)²
    r = np.add(1, w)  # (23) exp(−|z_g|)² + 1
    np.multiply(r, r, out=r)  # (23) (exp(−|z_g|)² + 1)²
    q = np.multiply(4, g_t_t_bar)
    np.multiply(q, w, out=q)
    z_t_t_bar = np.divide(q, r, out=q)  # (23)
    h_t_t_bar = np.dot(z_t_t_bar, W_g.T)  # (24)
    g_t_bar = np.dot(v_t_bar, W_v.T)  # (25)
    w = np.multiply(g, g)  # (26) g²
    np.subtract(1, w, out=w)  # (26) 1 − g²
    r = np.multiply(4, z_t_2)
    np.multiply(r, g_t_t_bar, out=r)
    np.multiply(r, g, out=r)
    np.subtract(g_t_bar, r, out=r)  # (26) ḡ_t − 4 z_t_2 ḡ_t_t g
    z_t_2_bar = np.multiply(w, r, out=w)  # (26)
    h_t_bar = np.dot(z_t_2_bar, W_g.T)  # (27)
    w = np.multiply(h, h)  # (28) h²
    np.subtract(1, w, out=w)  # (28) 1 − h²
    r = np.multiply(4, z_t)
    np.multiply(r, h_t_t_bar, out=r)
    np.multiply(r, h, out=r)
    np.subtract(h_t_bar, r, out=r)  # (28) h̄_t − 4 z_t h̄_t_t h
    z_t_bar = np.multiply(w, r, out=w)  # (28)
    v_bar = np.zeros((N, 1), dtype)  # (29)
    w = np.multiply(2, u_t_t_bar[:, 0])
    v_bar[:, 0] += w  # (29)
    w = np.multiply(t, t)  # (29) t²
    np.multiply(w, u_bar, out=w)
    v_bar += w  # (29)
    b_v_bar = np.sum(v_bar, axis=0)  # (30)
    g_bar = np.dot(v_bar, W_v.T)  # (31)
    W_v_bar = np.dot(g_t_t.T, v_t_t_bar)  # (32)
    W_v_bar += np.dot(g_t.T, v_t_bar)  # (32)
    W_v_bar += np.dot(g.T, v_bar)  # (32)
    w = np.multiply(g, g)  # (33) g²
    r = np.subtract(1, w)  # (33) 1 − g²
    q = np.multiply(g_bar, r)
    tt = np.multiply(z_t_t, g)
    uu = np.multiply(z_t_2, z_t_2)  # (33) z_t_2²
    np.multiply(3, w, out=w)
    np.subtract(w, 1, out=w)  # (33) 3 g² − 1
    np.multiply(uu, w, out=uu)
    np.subtract(uu, tt, out=uu)  # (33) z_t_2² (3 g² − 1) − z_t_t g
    np.multiply(g_t_t_bar, uu, out=g_t_t_bar)
    uu = np.multiply(g, z_t_2)
    np.multiply(uu, g_t_bar, out=uu)
    np.subtract(g_t_t_bar, uu, out=g_t_t_bar)  # (33)
    np.multiply(2, r, out=r)
    np.multiply(r, g_t_t_bar, out=r)
    z_g_bar = np.add(q, r, out=q)  # (33)
    b_g_bar = np.sum(z_g_bar, axis=0)  # (34)
    h_bar = np.dot(z_g_bar, W_g.T)  # (35)
    W_g_bar = np.dot(h_t_t.T, z_t_t_bar)  # (36)
    W_g_bar += np.dot(h_t.T, z_t_2_bar)  # (36)
    W_g_bar += np.dot(h.T, z_g_bar)  # (36)
    w = np.multiply(h, h)  # (37) h²
    r = np.subtract(1, w)  # (37) 1 − h²
    q = np.multiply(h, h_t_bar)
    np.multiply(3, w, out=w)
    np.subtract(w, 1, out=w)  # (37) 3 h² − 1
    np.multiply(z_t, h_t_t_bar, out=h_t_t_bar)
    np.multiply(h_t_t_bar, w, out=h_t_t_bar)
    np.subtract(h_t_t_bar, q, out=h_t_t_bar)  # (37) z_t h̄_t_t (3 h² − 1) − h h̄_t
    q = np.multiply(2, z_t)
    np.multiply(q, h_t_t_bar, out=q)
    np.add(h_bar, q, out=q)  # (37) h̄ + 2 z_t (z_t h̄_t_t (3 h² − 1) − h h̄_t)
    z_h_bar = np.multiply(r, q, out=r)  # (37)
    b_h_bar = np.sum(z_h_bar, axis=0)  # (38)
    W_h_bar = np.zeros((1, 16), dtype)  # (39)
    W_h_bar_part = np.sum(z_t_bar, axis=0)  # (39)
    W_h_bar[0] += W_h_bar_part  # (39)
    W_h_bar += np.dot(t.T, z_h_bar)  # (39)
    grads = {
        "W_h": W_h_bar,
        "b_h": b_h_bar,
        "W_g": W_g_bar,
        "b_g": b_g_bar,
        "W_v": W_v_bar,
        "b_v": b_v_bar,
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
