"""transformer: token_and_position_embedding → transformer_encoder → layer_normalization → dense

Made by symbprop 0.1.0 from transformer.yaml (sha256 9905c6d988a8b727).
To change it, change transformer.yaml and run: symbprop compile transformer.yaml

Axes
    n  example (N)    t  y1 (32)    d  y1 (32)    h  q (4)    j  q (8)    l  v2 (8)    f  z1 (64)
    o  z4 (45)

Forward
    (1)  y1[n,t,d] = E[ids[n,t],d] + P[t,d]
    (2)  mx[n,t] = Σ_d y1[n,t,d] / 32
    (3)  vx[n,t] = Σ_d (y1[n,t,d] − mx[n,t])² / 32
    (4)  ux[n,t,d] = (y1[n,t,d] − mx[n,t]) / √(vx[n,t] + 0.00001)
    (5)  xs[n,t,d] = beta1[d] + gamma1[d] ux[n,t,d]
    (6)  q[n,t,h,j] = Σ_d xs[n,t,d] Wq[d,h,j] + bq[h,j]
    (7)  k[n,t,h,j] = Σ_d xs[n,t,d] Wk[d,h,j] + bk[h,j]
    (8)  v2[n,t,h,l] = Σ_d xs[n,t,d] Wv[d,h,l] + bv[h,l]
    (9)  e[n,h,t,t'] = Σⱼ √2 q[n,t,h,j] k[n,t',h,j] / 4
    (10) e_masked[n,h,t,t'] = {e[n,h,t,t'] if t' ≤ t else −∞}
    (11) e_masked_max[n,h,t] = max_{t'} e_masked[n,h,t,t']
    (12) z2_term[n,h,t,t'] = exp(e_masked[n,h,t,t'] − e_masked_max[n,h,t])
    (13) z2[n,h,t] = Σ_{t'} z2_term[n,h,t,t']
    (14) w[n,h,t,t'] = z2_term[n,h,t,t'] / z2[n,h,t]
    (15) a[n,t,h,l] = Σ_{t'} w[n,h,t,t'] v2[n,t',h,l]
    (16) r[n,t,d] = Σₕₗ a[n,t,h,l] Wo[h,l,d] + y1[n,t,d] + bo[d]
    (17) mr[n,t] = Σ_d r[n,t,d] / 32
    (18) vr[n,t] = Σ_d (r[n,t,d] − mr[n,t])² / 32
    (19) ur[n,t,d] = (r[n,t,d] − mr[n,t]) / √(vr[n,t] + 0.00001)
    (20) rs[n,t,d] = beta2[d] + gamma2[d] ur[n,t,d]
    (21) z1[n,t,f] = Σ_d rs[n,t,d] W1[d,f] + b1[f]
    (22) f1[n,t,f] = max(z1[n,t,f], 0)
    (23) g[n,t,d] = Σ_f f1[n,t,f] W2[f,d] + r[n,t,d] + b2[d]
    (24) y2[n,t,d] = g[n,t,d]
    (25) m[n,t] = Σ_d y2[n,t,d] / 32
    (26) v3[n,t] = Σ_d (y2[n,t,d] − m[n,t])² / 32
    (27) u[n,t,d] = (y2[n,t,d] − m[n,t]) / √(v3[n,t] + 0.001)
    (28) y3[n,t,d] = beta[d] + gamma[d] u[n,t,d]
    (29) z4[n,t,o] = Σ_d y3[n,t,d] W[d,o] + b[o]
    (30) z4_max[n,t] = maxₒ z4[n,t,o]
    (31) s_term[n,t,o] = exp(z4[n,t,o] − z4_max[n,t])
    (32) s[n,t] = Σₒ s_term[n,t,o]
    (33) p[n,t,o] = s_term[n,t,o] / s[n,t]
    (34) L = −Σₙₜ (z4[n,t,following[n,t]] − z4_max[n,t] − log(s[n,t])) / (32 N)

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (35) z̄4[n,t,o] = (p[n,t,o] − δ[o,following[n,t]]) / (32 N)           from (34)
    (36) b̄[o] = Σₙₜ z̄4[n,t,o]                                           from (29)
    (37) ȳ3[n,t,d] = Σₒ W[d,o] z̄4[n,t,o]                                 from (29)
    (38) W̄[d,o] = Σₙₜ y3[n,t,d] z̄4[n,t,o]                               from (29)
    (39) ḡamma[d] = Σₙₜ u[n,t,d] ȳ3[n,t,d]                                from (28)
    (40) ū[n,t,d] = gamma[d] ȳ3[n,t,d]                                    from (28)
    (41) b̄eta[d] = Σₙₜ ȳ3[n,t,d]                                         from (28)
    (42) v3_sum[n,t] = Σ_d ū[n,t,d] u[n,t,d]                              from (27)
    (43) m_sum[n,t] = Σ_d ū[n,t,d]                                        from (27)
    (44) ȳ2[n,t,d] = ((ū[n,t,d] − m_sum[n,t] / 32) / √(v3[n,t] + 0.001) − v3_sum[n,t] (y2[n,t,d] − m[n,t]) / (32 (v3[n,t] + 0.001)))  from (27)
    (45) ḡ[n,t,d] = ȳ2[n,t,d]                                             from (24)
    (46) b̄2[d] = Σₙₜ ḡ[n,t,d]                                            from (23)
    (47) f̄1[n,t,f] = Σ_d W2[f,d] ḡ[n,t,d]                                from (23)
    (48) W̄2[f,d] = Σₙₜ f1[n,t,f] ḡ[n,t,d]                                from (23)
    (49) z̄1[n,t,f] = f̄1[n,t,f] 1[z1[n,t,f] > 0]                         from (22)
    (50) b̄1[f] = Σₙₜ z̄1[n,t,f]                                          from (21)
    (51) r̄s[n,t,d] = Σ_f W1[d,f] z̄1[n,t,f]                              from (21)
    (52) W̄1[d,f] = Σₙₜ rs[n,t,d] z̄1[n,t,f]                              from (21)
    (53) b̄eta2[d] = Σₙₜ r̄s[n,t,d]                                       from (20)
    (54) ḡamma2[d] = Σₙₜ ur[n,t,d] r̄s[n,t,d]                             from (20)
    (55) ūr[n,t,d] = gamma2[d] r̄s[n,t,d]                                 from (20)
    (56) vr_sum[n,t] = Σ_d ūr[n,t,d] ur[n,t,d]                            from (19)
    (57) mr_sum[n,t] = Σ_d ūr[n,t,d]                                      from (19)
    (58) r̄[n,t,d] = ḡ[n,t,d] + ((ūr[n,t,d] − mr_sum[n,t] / 32) / √(vr[n,t] + 0.00001) − vr_sum[n,t] (r[n,t,d] − mr[n,t]) / (32 (vr[n,t] + 0.00001)))  from (23), (19)
    (59) b̄o[d] = Σₙₜ r̄[n,t,d]                                           from (16)
    (60) ā[n,t,h,l] = Σ_d Wo[h,l,d] r̄[n,t,d]                             from (16)
    (61) W̄o[h,l,d] = Σₙₜ a[n,t,h,l] r̄[n,t,d]                            from (16)
    (62) w̄[n,h,t,t'] = Σₗ v2[n,t',h,l] ā[n,t,h,l]                        from (15)
    (63) v̄2[n,t',h,l] = Σₜ w[n,h,t,t'] ā[n,t,h,l]                        from (15)
    (64) z2_sum[n,h,t] = Σ_{t'} w̄[n,h,t,t'] w[n,h,t,t']                  from (14)
    (65) ē_masked[n,h,t,t'] = w[n,h,t,t'] (w̄[n,h,t,t'] − z2_sum[n,h,t])  from (14)
    (66) ē[n,h,t,t'] = ē_masked[n,h,t,t'] 1[t' ≤ t]                       from (10)
    (67) q̄[n,t,h,j] = Σ_{t'} √2 k[n,t',h,j] ē[n,h,t,t'] / 4              from (9)
    (68) k̄[n,t',h,j] = Σₜ √2 q[n,t,h,j] ē[n,h,t,t'] / 4                  from (9)
    (69) b̄v[h,l] = Σₙₜ v̄2[n,t,h,l]                                      from (8)
    (70) W̄v[d,h,l] = Σₙₜ xs[n,t,d] v̄2[n,t,h,l]                          from (8)
    (71) W̄k[d,h,j] = Σₙₜ xs[n,t,d] k̄[n,t,h,j]                           from (7)
    (72) b̄q[h,j] = Σₙₜ q̄[n,t,h,j]                                       from (6)
    (73) x̄s[n,t,d] = Σₕₗ Wv[d,h,l] v̄2[n,t,h,l] + Σₕⱼ Wk[d,h,j] k̄[n,t,h,j] + Σₕⱼ Wq[d,h,j] q̄[n,t,h,j]  from (8), (7), (6)
    (74) W̄q[d,h,j] = Σₙₜ xs[n,t,d] q̄[n,t,h,j]                           from (6)
    (75) b̄eta1[d] = Σₙₜ x̄s[n,t,d]                                       from (5)
    (76) ḡamma1[d] = Σₙₜ ux[n,t,d] x̄s[n,t,d]                             from (5)
    (77) ūx[n,t,d] = gamma1[d] x̄s[n,t,d]                                 from (5)
    (78) vx_sum[n,t] = Σ_d ūx[n,t,d] ux[n,t,d]                            from (4)
    (79) mx_sum[n,t] = Σ_d ūx[n,t,d]                                      from (4)
    (80) ȳ1[n,t,d] = r̄[n,t,d] + ((ūx[n,t,d] − mx_sum[n,t] / 32) / √(vx[n,t] + 0.00001) − vx_sum[n,t] (y1[n,t,d] − mx[n,t]) / (32 (vx[n,t] + 0.00001)))  from (16), (4)
    (81) Ē[i,d] = Σₙₜ ȳ1[n,t,d] δ[i,ids[n,t]]                             from (1)
    (82) P̄[t,d] = Σₙ ȳ1[n,t,d]                                           from (1)
    The gradient of bk is identically zero: w stays the same whatever bk is.

Cost of one call of the last function
    2457376 N + 3 floating-point operations, 2151936 N + 290040 bytes read or written (float64)
    12,557 parameters
    185088 N bytes kept from forward to backward: p, y3, u, v3, m, y2, f1, z1, rs, ur, vr, mr, …
"""

import numpy as np

NAME = "transformer"
VERSION = "0.1.0"
DTYPE = "float32"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "E": (45, 32),
    "P": (32, 32),
    "Wq": (32, 4, 8),
    "bq": (4, 8),
    "Wk": (32, 4, 8),
    "bk": (4, 8),
    "Wv": (32, 4, 8),
    "bv": (4, 8),
    "Wo": (4, 8, 32),
    "bo": (32,),
    "gamma1": (32,),
    "beta1": (32,),
    "W1": (32, 64),
    "b1": (64,),
    "W2": (64, 32),
    "b2": (32,),
    "gamma2": (32,),
    "beta2": (32,),
    "gamma": (32,),
    "beta": (32,),
    "W": (32, 45),
    "b": (45,),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "ids": ("N", 32),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "following": ("N", 32),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "p": ("N", 32, 45),
}
INTEGERS: dict[str, int] = {
    "ids": 45,
    "following": 45,
}
RANGES: dict[str, tuple[float, float]] = {}
FORMULAS: dict[str, str] = {
    "E": "\\bar{E}_{id} = \\sum_{n,t} \\bar{y}^{(1)}_{ntd} \\delta_{i,\\mathrm{ids}_{nt}}",
    "P": "\\bar{P}_{td} = \\sum_{n} \\bar{y}^{(1)}_{ntd}",
    "Wq": "\\overline{\\mathrm{Wq}}_{dhj} = \\sum_{n,t} \\mathrm{xs}_{ntd} \\bar{q}_{nthj}",
    "bq": "\\overline{\\mathrm{bq}}_{hj} = \\sum_{n,t} \\bar{q}_{nthj}",
    "Wk": "\\overline{\\mathrm{Wk}}_{dhj} = \\sum_{n,t} \\mathrm{xs}_{ntd} \\bar{k}_{nthj}",
    "Wv": "\\overline{\\mathrm{Wv}}_{dhl} = \\sum_{n,t} \\mathrm{xs}_{ntd} \\bar{v}^{(2)}_{nthl}",
    "bv": "\\overline{\\mathrm{bv}}_{hl} = \\sum_{n,t} \\bar{v}^{(2)}_{nthl}",
    "Wo": "\\overline{\\mathrm{Wo}}_{hld} = \\sum_{n,t} a_{nthl} \\bar{r}_{ntd}",
    "bo": "\\overline{\\mathrm{bo}}_{d} = \\sum_{n,t} \\bar{r}_{ntd}",
    "gamma1": "\\bar{\\gamma}^{(1)}_{d} = \\sum_{n,t} \\mathrm{ux}_{ntd} \\overline{\\mathrm{xs}}_{ntd}",
    "beta1": "\\bar{\\beta}^{(1)}_{d} = \\sum_{n,t} \\overline{\\mathrm{xs}}_{ntd}",
    "W1": "\\bar{W}^{(1)}_{df} = \\sum_{n,t} \\mathrm{rs}_{ntd} \\bar{z}^{(1)}_{ntf}",
    "b1": "\\bar{b}^{(1)}_{f} = \\sum_{n,t} \\bar{z}^{(1)}_{ntf}",
    "W2": "\\bar{W}^{(2)}_{fd} = \\sum_{n,t} f^{(1)}_{ntf} \\bar{g}_{ntd}",
    "b2": "\\bar{b}^{(2)}_{d} = \\sum_{n,t} \\bar{g}_{ntd}",
    "gamma2": "\\bar{\\gamma}^{(2)}_{d} = \\sum_{n,t} \\mathrm{ur}_{ntd} \\overline{\\mathrm{rs}}_{ntd}",
    "beta2": "\\bar{\\beta}^{(2)}_{d} = \\sum_{n,t} \\overline{\\mathrm{rs}}_{ntd}",
    "gamma": "\\bar{\\gamma}_{d} = \\sum_{n,t} u_{ntd} \\bar{y}^{(3)}_{ntd}",
    "beta": "\\bar{\\beta}_{d} = \\sum_{n,t} \\bar{y}^{(3)}_{ntd}",
    "W": "\\bar{W}_{do} = \\sum_{n,t} y^{(3)}_{ntd} \\bar{z}^{(4)}_{nto}",
    "b": "\\bar{b}_{o} = \\sum_{n,t} \\bar{z}^{(4)}_{nto}",
}
ZERO_GRADIENTS: dict[str, str] = {
    "bk": "w stays the same whatever bk is",
}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "E": 0.27914526311954124 * rng.uniform(-1, 1, (45, 32)),  # glorot_uniform
        "P": 0.30618621784789724 * rng.uniform(-1, 1, (32, 32)),  # glorot_uniform
        "Wq": rng.uniform(-1, 1, (32, 4, 8)) / 8,  # glorot_uniform
        "bq": np.zeros((4, 8)),
        "Wk": rng.uniform(-1, 1, (32, 4, 8)) / 8,  # glorot_uniform
        "bk": np.zeros((4, 8)),
        "Wv": rng.uniform(-1, 1, (32, 4, 8)) / 8,  # glorot_uniform
        "bv": np.zeros((4, 8)),
        "Wo": 0.19364916731037085 * rng.uniform(-1, 1, (4, 8, 32)),  # glorot_uniform
        "bo": np.zeros((32,)),
        "gamma1": np.full((32,), 1),
        "beta1": np.zeros((32,)),
        "W1": rng.uniform(-1, 1, (32, 64)) / 4,  # glorot_uniform
        "b1": np.zeros((64,)),
        "W2": rng.uniform(-1, 1, (64, 32)) / 4,  # glorot_uniform
        "b2": np.zeros((32,)),
        "gamma2": np.full((32,), 1),
        "beta2": np.zeros((32,)),
        "gamma": np.full((32,), 1),
        "beta": np.zeros((32,)),
        "W": 0.27914526311954124 * rng.uniform(-1, 1, (32, 45)),  # glorot_uniform
        "b": np.zeros((45,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


def forward(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 32, 45]."""
    dtype, arrays, sizes = _arguments(params, {"ids": ids})
    (
        E,
        P,
        Wq,
        bq,
        Wk,
        bk,
        Wv,
        bv,
        Wo,
        bo,
        gamma1,
        beta1,
        W1,
        b1,
        W2,
        b2,
        gamma2,
        beta2,
        gamma,
        beta,
        W,
        b,
        ids,
    ) = arrays
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    mx = np.sum(y1, axis=2)  # (2)
    mx = np.divide(mx, 32, out=mx)  # (2)
    t = np.subtract(y1, mx[:, :, None])  # (3) y1 − mx
    vx_term = np.multiply(t, t, out=t)  # (3)
    vx = np.sum(vx_term, axis=2)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    v = np.subtract(y1, mx[:, :, None])  # (4) y1 − mx
    ux = np.divide(v, t, out=v)  # (4)
    np.multiply(gamma1, ux, out=ux)
    xs = np.add(beta1, ux, out=ux)  # (5); xs lives in ux
    q = np.tensordot(xs, Wq, axes=([2], [0]))  # (6)
    q += bq  # (6)
    k = np.tensordot(xs, Wk, axes=([2], [0]))  # (7)
    k += bk  # (7)
    v2 = np.tensordot(xs, Wv, axes=([2], [0]))  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32, dtype=dtype), np.arange(32, dtype=dtype)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = np.tensordot(a, Wo, axes=([2, 3], [0, 1]))  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    mr = np.sum(r, axis=2)  # (17)
    mr = np.divide(mr, 32, out=mr)  # (17)
    t = np.subtract(r, mr[:, :, None])  # (18) r − mr
    vr_term = np.multiply(t, t, out=t)  # (18)
    vr = np.sum(vr_term, axis=2)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    v = np.subtract(r, mr[:, :, None])  # (19) r − mr
    ur = np.divide(v, t, out=v)  # (19)
    np.multiply(gamma2, ur, out=ur)
    rs = np.add(beta2, ur, out=ur)  # (20); rs lives in ur
    z1 = np.tensordot(rs, W1, axes=([2], [0]))  # (21)
    z1 += b1  # (21)
    f1 = np.maximum(z1, 0, out=z1)  # (22); f1 lives in z1
    g = np.tensordot(f1, W2, axes=([2], [0]))  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    m = np.sum(y2, axis=2)  # (25)
    m = np.divide(m, 32, out=m)  # (25)
    t = np.subtract(y2, m[:, :, None])  # (26) y2 − m
    v3_term = np.multiply(t, t, out=t)  # (26)
    v3 = np.sum(v3_term, axis=2)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    v = np.subtract(y2, m[:, :, None])  # (27) y2 − m
    u = np.divide(v, t, out=v)  # (27)
    np.multiply(gamma, u, out=u)
    y3 = np.add(beta, u, out=u)  # (28); y3 lives in u
    z4 = np.tensordot(y3, W, axes=([2], [0]))  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    np.subtract(z4, z4_max[:, :, None], out=z4)  # (31) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (31); s_term lives in z4
    s = np.sum(s_term, axis=2)  # (32)
    p = np.divide(s_term, s[:, :, None], out=s_term)  # (33); p lives in s_term
    return p


def loss(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
    following: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"ids": ids, "following": following})
    (
        E,
        P,
        Wq,
        bq,
        Wk,
        bk,
        Wv,
        bv,
        Wo,
        bo,
        gamma1,
        beta1,
        W1,
        b1,
        W2,
        b2,
        gamma2,
        beta2,
        gamma,
        beta,
        W,
        b,
        ids,
        following,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    mx = np.sum(y1, axis=2)  # (2)
    mx = np.divide(mx, 32, out=mx)  # (2)
    t = np.subtract(y1, mx[:, :, None])  # (3) y1 − mx
    vx_term = np.multiply(t, t, out=t)  # (3)
    vx = np.sum(vx_term, axis=2)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    v = np.subtract(y1, mx[:, :, None])  # (4) y1 − mx
    ux = np.divide(v, t, out=v)  # (4)
    np.multiply(gamma1, ux, out=ux)
    xs = np.add(beta1, ux, out=ux)  # (5); xs lives in ux
    q = np.tensordot(xs, Wq, axes=([2], [0]))  # (6)
    q += bq  # (6)
    k = np.tensordot(xs, Wk, axes=([2], [0]))  # (7)
    k += bk  # (7)
    v2 = np.tensordot(xs, Wv, axes=([2], [0]))  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32, dtype=dtype), np.arange(32, dtype=dtype)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = np.tensordot(a, Wo, axes=([2, 3], [0, 1]))  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    mr = np.sum(r, axis=2)  # (17)
    mr = np.divide(mr, 32, out=mr)  # (17)
    t = np.subtract(r, mr[:, :, None])  # (18) r − mr
    vr_term = np.multiply(t, t, out=t)  # (18)
    vr = np.sum(vr_term, axis=2)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    v = np.subtract(r, mr[:, :, None])  # (19) r − mr
    ur = np.divide(v, t, out=v)  # (19)
    np.multiply(gamma2, ur, out=ur)
    rs = np.add(beta2, ur, out=ur)  # (20); rs lives in ur
    z1 = np.tensordot(rs, W1, axes=([2], [0]))  # (21)
    z1 += b1  # (21)
    f1 = np.maximum(z1, 0, out=z1)  # (22); f1 lives in z1
    g = np.tensordot(f1, W2, axes=([2], [0]))  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    m = np.sum(y2, axis=2)  # (25)
    m = np.divide(m, 32, out=m)  # (25)
    t = np.subtract(y2, m[:, :, None])  # (26) y2 − m
    v3_term = np.multiply(t, t, out=t)  # (26)
    v3 = np.sum(v3_term, axis=2)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    v = np.subtract(y2, m[:, :, None])  # (27) y2 − m
    u = np.divide(v, t, out=v)  # (27)
    np.multiply(gamma, u, out=u)
    y3 = np.add(beta, u, out=u)  # (28); y3 lives in u
    z4 = np.tensordot(y3, W, axes=([2], [0]))  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    t = np.subtract(z4, z4_max[:, :, None])  # (31) z4 − z4_max
    s_term = np.exp(t, out=t)  # (31)
    s = np.sum(s_term, axis=2)  # (32)
    t = np.log(s)  # (34) log(s)
    v = np.subtract(z4[np.arange(N)[:, None], np.arange(32), following], z4_max)
    L_term = np.subtract(v, t, out=v)  # (34)
    L = np.sum(L_term)  # (34)
    L = (-L) / (32 * N)  # (34)
    return L


def loss_and_grad(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
    following: np.ndarray,
    *,
    cotangent: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."""
    dtype, arrays, sizes = _arguments(params, {"ids": ids, "following": following})
    (
        E,
        P,
        Wq,
        bq,
        Wk,
        bk,
        Wv,
        bv,
        Wo,
        bo,
        gamma1,
        beta1,
        W1,
        b1,
        W2,
        b2,
        gamma2,
        beta2,
        gamma,
        beta,
        W,
        b,
        ids,
        following,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    mx = np.sum(y1, axis=2)  # (2)
    mx = np.divide(mx, 32, out=mx)  # (2)
    t = np.subtract(y1, mx[:, :, None])  # (3) y1 − mx
    vx_term = np.multiply(t, t, out=t)  # (3)
    vx = np.sum(vx_term, axis=2)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    v = np.subtract(y1, mx[:, :, None])  # (4) y1 − mx
    ux = np.divide(v, t, out=v)  # (4)
    t = np.multiply(gamma1, ux)
    xs = np.add(beta1, t, out=t)  # (5)
    q = np.tensordot(xs, Wq, axes=([2], [0]))  # (6)
    q += bq  # (6)
    k = np.tensordot(xs, Wk, axes=([2], [0]))  # (7)
    k += bk  # (7)
    v2 = np.tensordot(xs, Wv, axes=([2], [0]))  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32, dtype=dtype), np.arange(32, dtype=dtype)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = np.tensordot(a, Wo, axes=([2, 3], [0, 1]))  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    mr = np.sum(r, axis=2)  # (17)
    mr = np.divide(mr, 32, out=mr)  # (17)
    t = np.subtract(r, mr[:, :, None])  # (18) r − mr
    vr_term = np.multiply(t, t, out=t)  # (18)
    vr = np.sum(vr_term, axis=2)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    v = np.subtract(r, mr[:, :, None])  # (19) r − mr
    ur = np.divide(v, t, out=v)  # (19)
    t = np.multiply(gamma2, ur)
    rs = np.add(beta2, t, out=t)  # (20)
    z1 = np.tensordot(rs, W1, axes=([2], [0]))  # (21)
    z1 += b1  # (21)
    f1 = np.maximum(z1, 0)  # (22)
    g = np.tensordot(f1, W2, axes=([2], [0]))  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    m = np.sum(y2, axis=2)  # (25)
    m = np.divide(m, 32, out=m)  # (25)
    t = np.subtract(y2, m[:, :, None])  # (26) y2 − m
    v3_term = np.multiply(t, t, out=t)  # (26)
    v3 = np.sum(v3_term, axis=2)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    v = np.subtract(y2, m[:, :, None])  # (27) y2 − m
    u = np.divide(v, t, out=v)  # (27)
    t = np.multiply(gamma, u)
    y3 = np.add(beta, t, out=t)  # (28)
    z4 = np.tensordot(y3, W, axes=([2], [0]))  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    t = np.subtract(z4, z4_max[:, :, None])  # (31) z4 − z4_max
    s_term = np.exp(t, out=t)  # (31)
    s = np.sum(s_term, axis=2)  # (32)
    t = np.log(s)  # (34) log(s)
    v = np.subtract(z4[np.arange(N)[:, None], np.arange(32), following], z4_max)
    L_term = np.subtract(v, t, out=v)  # (34)
    L = np.sum(L_term)  # (34)
    L = (-L) / (32 * N)  # (34)
    t = np.multiply(cotangent / (32 * N), s_term)
    z4_bar = np.divide(t, s[:, :, None], out=t)  # (35)
    # (35)
    z4_bar[np.arange(N)[:, None], np.arange(32), following] -= cotangent / (32 * N)
    b_bar = np.sum(z4_bar, axis=(0, 1))  # (36)
    y3_bar = np.tensordot(z4_bar, W, axes=([2], [1]))  # (37)
    W_bar = np.tensordot(y3, z4_bar, axes=([0, 1], [0, 1]))  # (38)
    gamma_bar = np.einsum("ntd,ntd->d", u, y3_bar)  # (39)
    u_bar = np.multiply(gamma, y3_bar)  # (40)
    beta_bar = np.sum(y3_bar, axis=(0, 1))  # (41)
    v3_sum = np.einsum("ntd,ntd->nt", u_bar, u)  # (42)
    m_sum = np.sum(u_bar, axis=2)  # (43)
    t = np.add(0.001, v3[:, :, None])  # (44) v3 + 0.001
    v = np.sqrt(t)  # (44) √(v3 + 0.001)
    tt = np.divide(m_sum[:, :, None], 32)  # (44) m_sum / 32
    np.subtract(u_bar, tt, out=u_bar)  # (44) ū − m_sum / 32
    np.divide(u_bar, v, out=u_bar)  # (44) (ū − m_sum / 32) / √(v3 + 0.001)
    v = np.subtract(y2, m[:, :, None])  # (44) y2 − m
    np.multiply(v3_sum[:, :, None], v, out=v)
    np.multiply(32, t, out=t)
    np.divide(v, t, out=v)  # (44) v3_sum (y2 − m) / (32 (v3 + 0.001))
    y2_bar = np.subtract(u_bar, v, out=u_bar)  # (44); y2_bar lives in u_bar
    g_bar = y2_bar  # (45)
    b2_bar = np.sum(g_bar, axis=(0, 1))  # (46)
    f1_bar = np.tensordot(g_bar, W2, axes=([2], [1]))  # (47)
    W2_bar = np.tensordot(f1, g_bar, axes=([0, 1], [0, 1]))  # (48)
    t = np.greater(z1, 0)
    z1_bar = np.multiply(f1_bar, t, out=f1_bar)  # (49); z1_bar lives in f1_bar
    b1_bar = np.sum(z1_bar, axis=(0, 1))  # (50)
    rs_bar = np.tensordot(z1_bar, W1, axes=([2], [1]))  # (51)
    W1_bar = np.tensordot(rs, z1_bar, axes=([0, 1], [0, 1]))  # (52)
    beta2_bar = np.sum(rs_bar, axis=(0, 1))  # (53)
    gamma2_bar = np.einsum("ntd,ntd->d", ur, rs_bar)  # (54)
    ur_bar = np.multiply(gamma2, rs_bar, out=rs_bar)  # (55); ur_bar lives in rs_bar
    vr_sum = np.einsum("ntd,ntd->nt", ur_bar, ur)  # (56)
    mr_sum = np.sum(ur_bar, axis=2)  # (57)
    r_bar = g_bar.copy()  # (58)
    t = np.add(1e-05, vr[:, :, None])  # (58) vr + 0.00001
    v = np.sqrt(t)  # (58) √(vr + 0.00001)
    tt = np.divide(mr_sum[:, :, None], 32)  # (58) mr_sum / 32
    uu = np.subtract(ur_bar, tt)  # (58) ūr − mr_sum / 32
    np.divide(uu, v, out=uu)  # (58) (ūr − mr_sum / 32) / √(vr + 0.00001)
    v = np.subtract(r, mr[:, :, None])  # (58) r − mr
    np.multiply(vr_sum[:, :, None], v, out=v)
    np.multiply(32, t, out=t)
    np.divide(v, t, out=v)  # (58) vr_sum (r − mr) / (32 (vr + 0.00001))
    np.subtract(uu, v, out=uu)  # (58)
    r_bar += uu  # (58)
    bo_bar = np.sum(r_bar, axis=(0, 1))  # (59)
    a_bar = np.tensordot(r_bar, Wo, axes=([2], [2]))  # (60)
    Wo_bar = np.tensordot(a, r_bar, axes=([0, 1], [0, 1]))  # (61)
    w_bar = np.matmul(a_bar.transpose(0, 2, 1, 3), v2.transpose(0, 2, 3, 1))  # (62)
    # (63)
    v2_bar = np.matmul(
        w.transpose(0, 1, 3, 2), a_bar.transpose(0, 2, 1, 3)
    ).transpose(0, 2, 1, 3)
    z2_sum = np.einsum("nhta,nhta->nht", w_bar, w)  # (64)
    np.subtract(w_bar, z2_sum[:, :, :, None], out=w_bar)  # (65) w̄ − z2_sum
    e_masked_bar = np.multiply(w, w_bar, out=w_bar)  # (65); e_masked_bar lives in w_bar
    t = np.less_equal(np.arange(32, dtype=dtype), np.arange(32, dtype=dtype)[:, None])
    v = np.multiply(np.asarray(1, dtype), t)
    e_bar = np.multiply(v, e_masked_bar, out=e_masked_bar)  # (66);
    q_bar = np.matmul(e_bar, k.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (67)
    q_bar = np.multiply(0.3535533905932738, q_bar, out=q_bar)  # (67)
    # (68)
    k_bar = np.matmul(
        e_bar.transpose(0, 1, 3, 2), q.transpose(0, 2, 1, 3)
    ).transpose(0, 2, 1, 3)
    k_bar = np.multiply(0.3535533905932738, k_bar, out=k_bar)  # (68)
    bv_bar = np.sum(v2_bar, axis=(0, 1))  # (69)
    Wv_bar = np.tensordot(xs, v2_bar, axes=([0, 1], [0, 1]))  # (70)
    Wk_bar = np.tensordot(xs, k_bar, axes=([0, 1], [0, 1]))  # (71)
    bq_bar = np.sum(q_bar, axis=(0, 1))  # (72)
    xs_bar = np.tensordot(v2_bar, Wv, axes=([2, 3], [1, 2]))  # (73)
    xs_bar += np.tensordot(k_bar, Wk, axes=([2, 3], [1, 2]))  # (73)
    xs_bar += np.tensordot(q_bar, Wq, axes=([2, 3], [1, 2]))  # (73)
    Wq_bar = np.tensordot(xs, q_bar, axes=([0, 1], [0, 1]))  # (74)
    beta1_bar = np.sum(xs_bar, axis=(0, 1))  # (75)
    gamma1_bar = np.einsum("ntd,ntd->d", ux, xs_bar)  # (76)
    ux_bar = np.multiply(gamma1, xs_bar, out=xs_bar)  # (77); ux_bar lives in xs_bar
    vx_sum = np.einsum("ntd,ntd->nt", ux_bar, ux)  # (78)
    mx_sum = np.sum(ux_bar, axis=2)  # (79)
    y1_bar = r_bar  # (80)
    t = np.add(1e-05, vx[:, :, None])  # (80) vx + 0.00001
    v = np.sqrt(t)  # (80) √(vx + 0.00001)
    tt = np.divide(mx_sum[:, :, None], 32)  # (80) mx_sum / 32
    uu = np.subtract(ux_bar, tt)  # (80) ūx − mx_sum / 32
    np.divide(uu, v, out=uu)  # (80) (ūx − mx_sum / 32) / √(vx + 0.00001)
    v = np.subtract(y1, mx[:, :, None])  # (80) y1 − mx
    np.multiply(vx_sum[:, :, None], v, out=v)
    np.multiply(32, t, out=t)
    np.divide(v, t, out=v)  # (80) vx_sum (y1 − mx) / (32 (vx + 0.00001))
    np.subtract(uu, v, out=uu)  # (80)
    y1_bar += uu  # (80)
    E_bar = np.zeros((45, 32), dtype)  # (81)
    # (81)
    np.add.at(
        E_bar.reshape(-1),
        (32 * ids[:, :, None] + np.arange(32)).ravel(),
        y1_bar.ravel(),
    )
    P_bar = np.sum(y1_bar, axis=0)  # (82)
    grads = {
        "E": E_bar,
        "P": P_bar,
        "Wq": Wq_bar,
        "bq": bq_bar,
        "Wk": Wk_bar,
        "bk": np.zeros(bk.shape, dtype),
        "Wv": Wv_bar,
        "bv": bv_bar,
        "Wo": Wo_bar,
        "bo": bo_bar,
        "gamma1": gamma1_bar,
        "beta1": beta1_bar,
        "W1": W1_bar,
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
        "gamma2": gamma2_bar,
        "beta2": beta2_bar,
        "gamma": gamma_bar,
        "beta": beta_bar,
        "W": W_bar,
        "b": b_bar,
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
