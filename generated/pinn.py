"""pinn: dense → dense → dense → formula

Made by symbprop 0.1.0 from pinn.yaml (sha256 7e824b2c7ee4746e).
To change it, change pinn.yaml and run: symbprop compile pinn.yaml
Verified by 70 probes; the certificate is sha256 b0bce877f2261b65.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_h (16)    k  t (1)    m  z_g (16)

Forward
    (1)  z_h[n,j] = Σₖ t[n,k] W_h[k,j] + b_h[j]
    (2)  h[n,j] = tanh(z_h[n,j])
    (3)  z_g[n,m] = Σⱼ h[n,j] W_g[j,m] + b_g[m]
    (4)  g[n,m] = tanh(z_g[n,m])
    (5)  v[n,k] = Σₘ g[n,m] W_v[m,k] + b_v[k]
    (6)  u[n,k] = t[n,k] + t[n,k]² v[n,k]
    (7)  h_t[n,j] = W_h[0,j] (1 − h[n,j]²)
    (8)  z_t_g[n,m] = Σⱼ W_g[j,m] h_t[n,j]
    (9)  g_t[n,m] = z_t_g[n,m] (1 − g[n,m]²)
    (10) v_t[n,k] = Σₘ W_v[m,k] g_t[n,m]
    (11) h_tt[n,j] = −2 W_h[0,j]² h[n,j] (1 − h[n,j]²)
    (12) z_tt_g[n,m] = Σⱼ W_g[j,m] h_tt[n,j]
    (13) g_tt[n,m] = z_tt_g[n,m] (1 − g[n,m]²) − 2 z_t_g[n,m]² g[n,m] (1 − g[n,m]²)
    (14) v_tt[n,k] = Σₘ W_v[m,k] g_tt[n,m]
    (15) u_tt[n,k] = t[n,k]² v_tt[n,k] + 2 v[n,0] δ[k,0] + 4 t[n,0] v_t[n,0] δ[k,0]
    (16) L = Σₙ (u[n,0] + u_tt[n,0])² / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (17) ū[n,0] = 2 (u[n,0] + u_tt[n,0]) / N                              from (16)
    (18) ū_tt[n,0] = 2 (u[n,0] + u_tt[n,0]) / N                           from (16)
    (19) v̄_tt[n,k] = t[n,k]² ū_tt[n,k]                                    from (15)
    (20) v̄_t[n,0] = 4 t[n,0] ū_tt[n,0]                                    from (15)
    (21) ḡ_tt[n,m] = Σₖ W_v[m,k] v̄_tt[n,k]                                from (14)
    (22) z̄_tt_g[n,m] = ḡ_tt[n,m] (1 − g[n,m]²)                            from (13)
    (23) h̄_tt[n,j] = Σₘ W_g[j,m] z̄_tt_g[n,m]                              from (12)
    (24) ḡ_t[n,m] = Σₖ W_v[m,k] v̄_t[n,k]                                  from (10)
    (25) z̄_t_g[n,m] = (1 − g[n,m]²) (ḡ_t[n,m] − 4 z_t_g[n,m] g[n,m] ḡ_tt[n,m])  from (13), (9)
    (26) h̄_t[n,j] = Σₘ W_g[j,m] z̄_t_g[n,m]                                from (8)
    (27) v̄[n,k] = t[n,k]² ū[n,k] + 2 ū_tt[n,0] δ[k,0]                     from (6), (15)
    (28) b̄_v[k] = Σₙ v̄[n,k]                                               from (5)
    (29) ḡ[n,m] = 2 (ḡ_tt[n,m] (z_t_g[n,m]² (3 g[n,m]² − 1) − z_tt_g[n,m] g[n,m]) − g[n,m] z_t_g[n,m] ḡ_t[n,m]) + Σₖ W_v[m,k] v̄[n,k]  from (13), (9), (5)
    (30) W̄_v[m,k] = Σₙ g_tt[n,m] v̄_tt[n,k] + Σₙ g_t[n,m] v̄_t[n,k] + Σₙ g[n,m] v̄[n,k]  from (14), (10), (5)
    (31) z̄_g[n,m] = ḡ[n,m] (1 − g[n,m]²)                                  from (4)
    (32) b̄_g[m] = Σₙ z̄_g[n,m]                                             from (3)
    (33) h̄[n,j] = 2 W_h[0,j] (W_h[0,j] h̄_tt[n,j] (3 h[n,j]² − 1) − h[n,j] h̄_t[n,j]) + Σₘ W_g[j,m] z̄_g[n,m]  from (11), (7), (3)
    (34) W̄_g[j,m] = Σₙ h_tt[n,j] z̄_tt_g[n,m] + Σₙ h_t[n,j] z̄_t_g[n,m] + Σₙ h[n,j] z̄_g[n,m]  from (12), (8), (3)
    (35) z̄_h[n,j] = h̄[n,j] (1 − h[n,j]²)                                  from (2)
    (36) b̄_h[j] = Σₙ z̄_h[n,j]                                             from (1)
    (37) W̄_h[k,j] = Σₙ t[n,k] z̄_h[n,j] − Σₙ 4 W_h[0,j] h[n,j] h̄_tt[n,j] (1 − h[n,j]²) δ[k,0] + Σₙ h̄_t[n,j] (1 − h[n,j]²) δ[k,0]  from (1), (11), (7)

Cost of one call of the last function
    7365 N + 66 floating-point operations, 12432 N + 21816 bytes read or written (float64)
    321 parameters
    1040 N bytes kept from forward to backward: u, u_tt, g_tt, g, h_tt, h, g_t, z_t_g, z_tt_g, h_t
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
    "W_h": "\\bar{W}^{(\\mathrm{h})}_{kj} = \\sum_{n} t_{nk} \\bar{z}^{(\\mathrm{h})}_{nj} - \\sum_{n} 4 W^{(\\mathrm{h})}_{0,j} h_{nj} \\bar{h}^{(\\mathrm{tt})}_{nj} \\left(1 - h_{nj}^{2}\\right) \\delta_{k,0} + \\sum_{n} \\bar{h}^{(\\mathrm{t})}_{nj} \\left(1 - h_{nj}^{2}\\right) \\delta_{k,0}",
    "b_h": "\\bar{b}^{(\\mathrm{h})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{h})}_{nj}",
    "W_g": "\\bar{W}^{(\\mathrm{g})}_{jm} = \\sum_{n} h^{(\\mathrm{tt})}_{nj} \\bar{z}^{(\\mathrm{tt\\_g})}_{nm} + \\sum_{n} h^{(\\mathrm{t})}_{nj} \\bar{z}^{(\\mathrm{t\\_g})}_{nm} + \\sum_{n} h_{nj} \\bar{z}^{(\\mathrm{g})}_{nm}",
    "b_g": "\\bar{b}^{(\\mathrm{g})}_{m} = \\sum_{n} \\bar{z}^{(\\mathrm{g})}_{nm}",
    "W_v": "\\bar{W}^{(\\mathrm{v})}_{mk} = \\sum_{n} g^{(\\mathrm{tt})}_{nm} \\bar{v}^{(\\mathrm{tt})}_{nk} + \\sum_{n} g^{(\\mathrm{t})}_{nm} \\bar{v}^{(\\mathrm{t})}_{nk} + \\sum_{n} g_{nm} \\bar{v}_{nk}",
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


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    t: np.ndarray,
) -> np.ndarray:
    """The output: u [N, 1]."""
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    z_h = t.dot(W_h)  # (1)
    z_h += b_h  # (1)
    h = np.tanh(z_h, out=z_h)  # (2); h lives in z_h
    z_g = h.dot(W_g)  # (3)
    z_g += b_g  # (3)
    g = np.tanh(z_g, out=z_g)  # (4); g lives in z_g
    v = g.dot(W_v)  # (5)
    v += b_v  # (5)
    w = np.multiply(t, t)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    return u


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    t: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_h = t.dot(W_h)  # (1)
    z_h += b_h  # (1)
    h = np.tanh(z_h)  # (2)
    z_g = h.dot(W_g)  # (3)
    z_g += b_g  # (3)
    g = np.tanh(z_g)  # (4)
    v = g.dot(W_v)  # (5)
    v += b_v  # (5)
    w = np.multiply(t, t)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    w = np.negative(z_h)  # (7) −z_h
    np.minimum(z_h, w, out=w)  # (7) −|z_h|
    np.exp(w, out=w)  # (7) exp(−|z_h|)
    np.multiply(w, w, out=w)  # (7) exp(−|z_h|)²
    r = np.add(1, w)  # (7) exp(−|z_h|)² + 1
    np.multiply(r, r, out=r)  # (7) (exp(−|z_h|)² + 1)²
    q = np.multiply(4, W_h[0])
    np.multiply(q, w, out=w)
    h_t = np.divide(w, r, out=w)  # (7)
    z_t_g = h_t.dot(W_g)  # (8)
    w = np.negative(z_g)  # (9) −z_g
    np.minimum(z_g, w, out=w)  # (9) −|z_g|
    z_g_exp = np.exp(w, out=w)  # (9)
    w = np.multiply(z_g_exp, z_g_exp)  # (9) z_g_exp²
    r = np.add(1, w)  # (9) z_g_exp² + 1
    np.multiply(r, r, out=r)  # (9) (z_g_exp² + 1)²
    q = np.multiply(4, z_t_g)
    np.multiply(q, w, out=q)
    g_t = np.divide(q, r, out=q)  # (9)
    v_t = g_t.dot(W_v)  # (10)
    w = np.negative(z_h)  # (11) −z_h
    np.minimum(z_h, w, out=w)  # (11) −|z_h|
    r = np.exp(w)  # (11) exp(−|z_h|)
    q = np.add(1, r)  # (11) 1 + exp(−|z_h|)
    np.multiply(r, r, out=r)  # (11) exp(−|z_h|)²
    tt = np.add(1, r)  # (11) exp(−|z_h|)² + 1
    uu = np.multiply(tt, tt)
    np.multiply(uu, tt, out=uu)  # (11) (exp(−|z_h|)² + 1)³
    np.expm1(w, out=w)  # (11) expm1(−|z_h|)
    tt = np.greater_equal(z_h, 0)
    vv = np.where(tt, np.asarray(8, dtype), np.asarray(-8, dtype))  # (11)
    np.multiply(q, r, out=q)
    np.multiply(q, w, out=q)
    np.multiply(q, vv, out=q)
    z_h_factor = np.divide(q, uu, out=q)  # (11)
    w = np.negative(z_g)  # (13) −z_g
    np.minimum(z_g, w, out=w)  # (13) −|z_g|
    r = np.exp(w)  # (13) exp(−|z_g|)
    q = np.add(1, r)  # (13) 1 + exp(−|z_g|)
    np.multiply(r, r, out=r)  # (13) exp(−|z_g|)²
    tt = np.add(1, r)  # (13) exp(−|z_g|)² + 1
    uu = np.multiply(tt, tt)
    np.multiply(uu, tt, out=uu)  # (13) (exp(−|z_g|)² + 1)³
    np.expm1(w, out=w)  # (13) expm1(−|z_g|)
    tt = np.greater_equal(z_g, 0)
    vv = np.where(tt, np.asarray(8, dtype), np.asarray(-8, dtype))  # (13)
    np.multiply(q, r, out=q)
    np.multiply(q, w, out=q)
    np.multiply(q, vv, out=q)
    z_g_factor = np.divide(q, uu, out=q)  # (13)
    w = np.multiply(W_h[0], W_h[0])  # (11) W_h²
    h_tt = np.multiply(w, z_h_factor, out=z_h_factor)  # (11); h_tt lives in z_h_factor
    z_tt_g = h_tt.dot(W_g)  # (12)
    np.multiply(z_t_g, z_t_g, out=z_t_g)  # (13) z_t_g²
    g_tt = np.multiply(z_t_g, z_g_factor, out=z_t_g)  # (13); g_tt lives in z_t_g
    w = np.multiply(z_g_exp, z_g_exp)  # (13) z_g_exp²
    r = np.add(1, w)  # (13) z_g_exp² + 1
    np.multiply(r, r, out=r)  # (13) (z_g_exp² + 1)²
    q = np.multiply(4, z_tt_g)
    np.multiply(q, w, out=q)
    np.divide(q, r, out=q)  # (13) 4 z_tt_g z_g_exp² / (z_g_exp² + 1)²
    g_tt += q  # (13)
    v_tt = g_tt.dot(W_v)  # (14)
    u_tt = np.zeros((N, 1), dtype)  # (15)
    w = np.multiply(2, v[:, 0])
    u_tt[:, 0] += w  # (15)
    w = np.multiply(4, t[:, 0])
    np.multiply(w, v_t[:, 0], out=w)
    u_tt[:, 0] += w  # (15)
    w = np.multiply(t, t)  # (15) t²
    np.multiply(w, v_tt, out=w)
    u_tt += w  # (15)
    w = np.add(u[:, 0], u_tt[:, 0])  # (16) u + u_tt
    L_term = np.multiply(w, w, out=w)  # (16)
    L = np.sum(L_term)  # (16)
    L = L / N  # (16)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    t: np.ndarray,
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
    A batch of 4048 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"t": t})
    W_h, b_h, W_g, b_g, W_v, b_v, t = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 2024 stay in the cache
        microbatch = N if N < 4048 else -(-N // (N // 2024))
    if microbatch < N:
        return _in_parts(params, {"t": t}, cotangent, out, microbatch, map, dtype, N)
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, t)
    work = _borrow(_LossAndGradWork, dtype, N)
    z_h = t.dot(W_h, out=work.z_h)  # (1)
    work.spread[...] = b_h  # (1)
    z_h += work.spread  # (1)
    h = np.tanh(z_h, out=work.h)  # (2)
    z_g = h.dot(W_g, out=work.z_g)  # (3)
    work.spread[...] = b_g  # (3)
    z_g += work.spread  # (3)
    g = np.tanh(z_g, out=work.g)  # (4)
    v = g.dot(W_v, out=work.v)  # (5)
    work.spread2[...] = b_v  # (5)
    v += work.spread2  # (5)
    w = np.multiply(t, t, out=work.u)  # (6) t²
    np.multiply(w, v, out=w)
    u = np.add(t, w, out=w)  # (6)
    w = np.negative(z_h, out=work.z_h_exp)  # (7) −z_h
    np.minimum(z_h, w, out=w)  # (7) −|z_h|
    z_h_exp = np.exp(w, out=w)  # (7)
    w = np.multiply(z_h_exp, z_h_exp, out=work.h_t)  # (7) z_h_exp²
    r = np.add(work.one, w, out=work.r)  # (7) z_h_exp² + 1
    np.multiply(r, r, out=r)  # (7) (z_h_exp² + 1)²
    q = np.multiply(work.four, W_h[0], out=work.q)
    work.spread[...] = q
    np.multiply(work.spread, w, out=w)
    h_t = np.divide(w, r, out=w)  # (7)
    z_t_g = h_t.dot(W_g, out=work.z_t_g)  # (8)
    w = np.negative(z_g, out=work.z_g_exp)  # (9) −z_g
    np.minimum(z_g, w, out=w)  # (9) −|z_g|
    z_g_exp = np.exp(w, out=w)  # (9)
    w = np.multiply(z_g_exp, z_g_exp, out=work.w)  # (9) z_g_exp²
    r = np.add(work.one, w, out=work.r)  # (9) z_g_exp² + 1
    np.multiply(r, r, out=r)  # (9) (z_g_exp² + 1)²
    q = np.multiply(work.four, z_t_g, out=work.g_t)
    np.multiply(q, w, out=q)
    g_t = np.divide(q, r, out=q)  # (9)
    v_t = g_t.dot(W_v, out=work.v_t)  # (10)
    for some, r, q, tt, uu, vv, chosen in work.blocks:  # (11)
        w = work.z_h_to_z_g[some]
        np.negative(w, out=r)  # (11), (13) −z_h
        np.minimum(w, r, out=r)  # (11), (13) −|z_h|
        np.exp(r, out=q)  # (11), (13) exp(−|z_h|)
        np.add(work.one, q, out=tt)  # (11), (13) 1 + exp(−|z_h|)
        np.multiply(q, q, out=q)  # (11), (13) exp(−|z_h|)²
        np.add(work.one, q, out=uu)  # (11), (13) exp(−|z_h|)² + 1
        np.multiply(uu, uu, out=vv)
        np.multiply(vv, uu, out=vv)  # (11), (13) (exp(−|z_h|)² + 1)³
        np.expm1(r, out=r)  # (11), (13) expm1(−|z_h|)
        np.greater_equal(w, work.zero, out=chosen)
        uu = np.where(chosen, np.asarray(8, dtype), np.asarray(-8, dtype))  # (11)
        np.multiply(tt, q, out=tt)
        np.multiply(tt, r, out=tt)
        np.multiply(tt, uu, out=tt)
        np.divide(tt, vv, out=w)  # (11), (13)
    z_h_factors = work.z_h_to_z_g
    w = np.multiply(W_h[0], W_h[0], out=work.w2)  # (11) W_h²
    work.spread[...] = w
    h_tt = np.multiply(work.spread, z_h_factors[0], out=z_h_factors[0])  # (11)
    z_tt_g = h_tt.dot(W_g, out=work.z_tt_g)  # (12)
    w = np.multiply(z_t_g, z_t_g, out=work.g_tt2)  # (13) z_t_g²
    g_tt = np.multiply(w, z_h_factors[1], out=w)  # (13)
    w = np.multiply(z_g_exp, z_g_exp, out=work.w)  # (13) z_g_exp²
    r = np.add(work.one, w, out=work.r)  # (13) z_g_exp² + 1
    np.multiply(r, r, out=r)  # (13) (z_g_exp² + 1)²
    q = np.multiply(work.four, z_tt_g, out=work.q3)
    np.multiply(q, w, out=q)
    np.divide(q, r, out=q)  # (13) 4 z_tt_g z_g_exp² / (z_g_exp² + 1)²
    g_tt += q  # (13)
    v_tt = g_tt.dot(W_v, out=work.v_tt)  # (14)
    u_tt = work.u_tt  # (15)
    u_tt.fill(0)
    w = np.multiply(work.two, v[:, 0], out=work.w3)
    u_tt[:, 0] += w  # (15)
    w = np.multiply(work.four, t[:, 0], out=work.w3)
    np.multiply(w, v_t[:, 0], out=w)
    u_tt[:, 0] += w  # (15)
    w = np.multiply(t, t, out=work.w4)  # (15) t²
    np.multiply(w, v_tt, out=w)
    u_tt += w  # (15)
    w = np.add(u[:, 0], u_tt[:, 0], out=work.L_term)  # (16) u + u_tt
    L_term = np.multiply(w, w, out=w)  # (16)
    L = np.add.reduce(L_term)  # (16)
    L = L / N  # (16)
    u_bar = work.v_tt  # (17)
    w = np.add(u[:, 0], u_tt[:, 0], out=work.w3)  # (17) u + u_tt
    work.scale[...] = 2 * cotangent / N
    np.multiply(work.scale, w, out=u_bar[:, 0])  # (17)
    u_tt_bar = work.v_t  # (18)
    w = np.add(u[:, 0], u_tt[:, 0], out=work.w3)  # (18) u + u_tt
    work.scale[...] = 2 * cotangent / N
    np.multiply(work.scale, w, out=u_tt_bar[:, 0])  # (18)
    w = np.multiply(t, t, out=work.u_tt)  # (19) t²
    v_tt_bar = np.multiply(w, u_tt_bar, out=w)  # (19)
    v_t_bar = work.u  # (20)
    w = np.multiply(work.four, t[:, 0], out=work.w3)
    np.multiply(w, u_tt_bar[:, 0], out=v_t_bar[:, 0])  # (20)
    g_tt_bar = v_tt_bar.dot(W_v.T, out=work.g_tt_bar)  # (21)
    w = np.multiply(z_g_exp, z_g_exp, out=work.w)  # (22) z_g_exp²
    r = np.add(work.one, w, out=work.r)  # (22) z_g_exp² + 1
    np.multiply(r, r, out=r)  # (22) (z_g_exp² + 1)²
    q = np.multiply(work.four, g_tt_bar, out=work.z_tt_g_bar)
    np.multiply(q, w, out=q)
    z_tt_g_bar = np.divide(q, r, out=q)  # (22)
    h_tt_bar = z_tt_g_bar.dot(W_g.T, out=work.h_tt_bar)  # (23)
    g_t_bar = v_t_bar.dot(W_v.T, out=work.g_t_bar)  # (24)
    w = np.multiply(g, g, out=work.z_t_g_bar)  # (25) g²
    np.subtract(work.one, w, out=w)  # (25) 1 − g²
    r = np.multiply(work.four, z_t_g, out=work.r)
    np.multiply(r, g, out=r)
    np.multiply(r, g_tt_bar, out=r)
    np.subtract(g_t_bar, r, out=r)  # (25) ḡ_t − 4 z_t_g g ḡ_tt
    z_t_g_bar = np.multiply(w, r, out=w)  # (25)
    h_t_bar = z_t_g_bar.dot(W_g.T, out=work.h_t_bar)  # (26)
    v_bar = work.v  # (27)
    v_bar.fill(0)
    w = np.multiply(work.two, u_tt_bar[:, 0], out=work.w3)
    v_bar[:, 0] += w  # (27)
    w = np.multiply(t, t, out=work.w4)  # (27) t²
    np.multiply(w, u_bar, out=w)
    v_bar += w  # (27)
    b_v_bar = work.ones.dot(v_bar, out=out["b_v"])  # (28)
    w = np.multiply(z_tt_g, g, out=work.w)
    r = np.multiply(z_t_g, z_t_g, out=work.r)  # (29) z_t_g²
    q = np.multiply(g, g, out=work.q3)  # (29) g²
    tt = np.multiply(work.three, q, out=work.tt2)
    uu = np.subtract(tt, work.one, out=work.uu2)  # (29) 3 g² − 1
    vv = np.multiply(r, uu, out=work.vv2)
    np.subtract(vv, w, out=w)  # (29) z_t_g² (3 g² − 1) − z_tt_g g
    ww = np.multiply(g_tt_bar, w, out=work.g_bar2)
    t1_ = np.multiply(g, z_t_g, out=work.t1_)
    np.multiply(t1_, g_t_bar, out=t1_)
    np.subtract(ww, t1_, out=ww)  # (29)
    g_bar = np.multiply(work.two, ww, out=ww)  # (29)
    w = v_bar.dot(W_v.T, out=work.w)  # (29)
    g_bar += w  # (29)
    W_v_bar = g_tt.T.dot(v_tt_bar, out=out["W_v"])  # (30)
    w = g_t.T.dot(v_t_bar, out=work.w5)  # (30)
    W_v_bar += w  # (30)
    w = g.T.dot(v_bar, out=work.w5)  # (30)
    W_v_bar += w  # (30)
    for some, r in work.blocks2:  # (31), (35) some of z_g_exp to z_h_exp at a time
        w = work.z_g_exp_to_z_h_exp[some]
        np.multiply(w, w, out=w)  # (31), (35) z_g_exp²
        np.add(work.one, w, out=r)  # (31), (35) z_g_exp² + 1
        np.multiply(r, r, out=r)  # (31), (35) (z_g_exp² + 1)²
        np.multiply(work.four, w, out=w)
        np.divide(w, r, out=w)  # (31), (35)
    z_g_exp_factors = work.z_g_exp_to_z_h_exp
    z_g_bar = np.multiply(g_bar, z_g_exp_factors[0], out=g_bar)  # (31)
    b_g_bar = work.ones.dot(z_g_bar, out=out["b_g"])  # (32)
    w = np.multiply(h, h_t_bar, out=work.w)
    r = np.multiply(h, h, out=work.r)  # (33) h²
    np.multiply(work.three, r, out=r)
    np.subtract(r, work.one, out=r)  # (33) 3 h² − 1
    work.spread[...] = W_h[0]
    q = np.multiply(work.spread, h_tt_bar, out=work.g_t_bar)
    np.multiply(q, r, out=q)
    np.subtract(q, w, out=q)  # (33) W_h h̄_tt (3 h² − 1) − h h̄_t
    w = np.multiply(work.two, W_h[0], out=work.w2)
    work.spread[...] = w
    h_bar = np.multiply(work.spread, q, out=q)  # (33)
    w = z_g_bar.dot(W_g.T, out=work.w)  # (33)
    h_bar += w  # (33)
    W_g_bar = h_tt.T.dot(z_tt_g_bar, out=out["W_g"])  # (34)
    w = h_t.T.dot(z_t_g_bar, out=work.w6)  # (34)
    W_g_bar += w  # (34)
    w = h.T.dot(z_g_bar, out=work.w6)  # (34)
    W_g_bar += w  # (34)
    z_h_bar = np.multiply(h_bar, z_g_exp_factors[1], out=h_bar)  # (35)
    b_h_bar = work.ones.dot(z_h_bar, out=out["b_h"])  # (36)
    W_h_bar = np.zeros((1, 16), dtype)  # (37)
    w = np.multiply(h, h, out=work.w)  # (37) h²
    r = np.subtract(work.one, w, out=work.r)  # (37) 1 − h²
    q = np.multiply(work.two, h, out=work.W_h_bar_term2)
    np.multiply(q, h_tt_bar, out=q)
    W_h_bar_term = np.multiply(q, r, out=q)  # (37)
    W_h_bar_part = work.ones.dot(W_h_bar_term, out=work.W_h_bar_part)  # (37)
    w = np.multiply(work.two, W_h[0], out=work.w2)
    np.multiply(w, W_h_bar_part, out=w)
    W_h_bar[0] -= w  # (37)
    w = np.multiply(h, h, out=work.w)  # (37) h²
    np.subtract(work.one, w, out=w)  # (37) 1 − h²
    W_h_bar_term_2 = np.multiply(h_t_bar, w, out=h_t_bar)  # (37)
    W_h_bar_part_2 = work.ones.dot(W_h_bar_term_2, out=work.W_h_bar_part)  # (37)
    W_h_bar[0] += W_h_bar_part_2  # (37)
    w = t.T.dot(z_h_bar, out=work.w7)  # (37)
    W_h_bar += w  # (37)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W_h": _into(out["W_h"], W_h_bar),
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
        self.z_h_to_z_g = np.empty((2, N, 16), dtype)
        self.z_h = self.z_h_to_z_g[0]
        self.spread = np.empty((N, 16), dtype)
        self.h = np.empty((N, 16), dtype)
        self.z_g = self.z_h_to_z_g[1]
        self.g = np.empty((N, 16), dtype)
        self.v = np.empty((N, 1), dtype)
        self.spread2 = np.empty((N, 1), dtype)
        self.u = np.empty((N, 1), dtype)
        self.z_g_exp_to_z_h_exp = np.empty((2, N, 16), dtype)
        self.z_h_exp = self.z_g_exp_to_z_h_exp[1]
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.four = np.asarray(4, dtype=dtype)
        self.four.flags.writeable = False
        self.h_t = np.empty((N, 16), dtype)
        self.r = np.empty((N, 16), dtype)
        self.q = np.empty((16,), dtype)
        self.z_t_g = np.empty((N, 16), dtype)
        self.z_g_exp = self.z_g_exp_to_z_h_exp[0]
        self.w = np.empty((N, 16), dtype)
        self.g_t = np.empty((N, 16), dtype)
        self.v_t = np.empty((N, 1), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.r2 = np.empty((_block(2, 64 * N, dtype), N, 16), dtype)
        self.q2 = np.empty((_block(2, 64 * N, dtype), N, 16), dtype)
        self.tt = np.empty((_block(2, 64 * N, dtype), N, 16), dtype)
        self.uu = np.empty((_block(2, 64 * N, dtype), N, 16), dtype)
        self.vv = np.empty((_block(2, 64 * N, dtype), N, 16), dtype)
        self.chosen = np.empty((_block(2, 64 * N, dtype), N, 16), bool)
        self.blocks = _blocks(2, self.r2, self.q2, self.tt, self.uu, self.vv, self.chosen)
        self.w2 = np.empty((16,), dtype)
        self.z_tt_g = np.empty((N, 16), dtype)
        self.g_tt2 = np.empty((N, 16), dtype)
        self.q3 = np.empty((N, 16), dtype)
        self.v_tt = np.empty((N, 1), dtype)
        self.u_tt = np.empty((N, 1), dtype)
        self.two = np.asarray(2, dtype=dtype)
        self.two.flags.writeable = False
        self.w3 = np.empty((N,), dtype)
        self.w4 = np.empty((N, 1), dtype)
        self.L_term = np.empty((N,), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.g_tt_bar = np.empty((N, 16), dtype)
        self.z_tt_g_bar = np.empty((N, 16), dtype)
        self.h_tt_bar = np.empty((N, 16), dtype)
        self.g_t_bar = np.empty((N, 16), dtype)
        self.z_t_g_bar = np.empty((N, 16), dtype)
        self.h_t_bar = np.empty((N, 16), dtype)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.three = np.asarray(3, dtype=dtype)
        self.three.flags.writeable = False
        self.tt2 = np.empty((N, 16), dtype)
        self.uu2 = np.empty((N, 16), dtype)
        self.vv2 = np.empty((N, 16), dtype)
        self.g_bar2 = np.empty((N, 16), dtype)
        self.t1_ = np.empty((N, 16), dtype)
        self.w5 = np.empty((16, 1), dtype)
        self.r3 = np.empty((_block(2, 16 * N, dtype), N, 16), dtype)
        self.blocks2 = _blocks(2, self.r3)
        self.w6 = np.empty((16, 16), dtype)
        self.W_h_bar_term2 = np.empty((N, 16), dtype)
        self.W_h_bar_part = np.empty((16,), dtype)
        self.w7 = np.empty((1, 16), dtype)


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
