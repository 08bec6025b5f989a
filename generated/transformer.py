"""transformer: token_and_position_embedding → transformer_encoder → layer_normalization → dense

Made by symbprop 0.1.0 from transformer.yaml (sha256 9905c6d988a8b727).
To change it, change transformer.yaml and run: symbprop compile transformer.yaml
Verified by 293 probes; the certificate is sha256 c6570f27f5aaa954.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

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
    (35) c[n,t] = argmaxₒ p[n,t,o]
    (36) A = Σₙₜ 1[c[n,t] = following[n,t]] / (32 N)

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (37) z̄4[n,t,o] = (p[n,t,o] − δ[o,following[n,t]]) / (32 N)            from (34)
    (38) b̄[o] = Σₙₜ z̄4[n,t,o]                                             from (29)
    (39) ȳ3[n,t,d] = Σₒ W[d,o] z̄4[n,t,o]                                  from (29)
    (40) W̄[d,o] = Σₙₜ y3[n,t,d] z̄4[n,t,o]                                 from (29)
    (41) g̅a̅m̅m̅a̅[d] = Σₙₜ u[n,t,d] ȳ3[n,t,d]                                from (28)
    (42) ū[n,t,d] = gamma[d] ȳ3[n,t,d]                                    from (28)
    (43) b̅e̅t̅a̅[d] = Σₙₜ ȳ3[n,t,d]                                          from (28)
    (44) v3_sum[n,t] = Σ_d ū[n,t,d] u[n,t,d]                              from (27)
    (45) m_sum[n,t] = Σ_d ū[n,t,d]                                        from (27)
    (46) ȳ2[n,t,d] = (ū[n,t,d] − m_sum[n,t] / 32 − v3_sum[n,t] u[n,t,d] / 32) / √(v3[n,t] + 0.001)  from (27), (26), (25)
    (47) ḡ[n,t,d] = ȳ2[n,t,d]                                             from (24)
    (48) b̄2[d] = Σₙₜ ḡ[n,t,d]                                             from (23)
    (49) f̄1[n,t,f] = Σ_d W2[f,d] ḡ[n,t,d]                                 from (23)
    (50) W̄2[f,d] = Σₙₜ f1[n,t,f] ḡ[n,t,d]                                 from (23)
    (51) z̄1[n,t,f] = f̄1[n,t,f] 1[z1[n,t,f] > 0]                           from (22)
    (52) b̄1[f] = Σₙₜ z̄1[n,t,f]                                            from (21)
    (53) r̅s̅[n,t,d] = Σ_f W1[d,f] z̄1[n,t,f]                                from (21)
    (54) W̄1[d,f] = Σₙₜ rs[n,t,d] z̄1[n,t,f]                                from (21)
    (55) b̅e̅t̅a̅2[d] = Σₙₜ r̅s̅[n,t,d]                                         from (20)
    (56) g̅a̅m̅m̅a̅2[d] = Σₙₜ ur[n,t,d] r̅s̅[n,t,d]                              from (20)
    (57) u̅r̅[n,t,d] = gamma2[d] r̅s̅[n,t,d]                                  from (20)
    (58) vr_sum[n,t] = Σ_d u̅r̅[n,t,d] ur[n,t,d]                            from (19)
    (59) mr_sum[n,t] = Σ_d u̅r̅[n,t,d]                                      from (19)
    (60) r̄[n,t,d] = ḡ[n,t,d] + (u̅r̅[n,t,d] − mr_sum[n,t] / 32 − vr_sum[n,t] ur[n,t,d] / 32) / √(vr[n,t] + 0.00001)  from (23), (19), (18), (17)
    (61) b̅o̅[d] = Σₙₜ r̄[n,t,d]                                             from (16)
    (62) ā[n,t,h,l] = Σ_d Wo[h,l,d] r̄[n,t,d]                              from (16)
    (63) W̅o̅[h,l,d] = Σₙₜ a[n,t,h,l] r̄[n,t,d]                              from (16)
    (64) w̄[n,h,t,t'] = Σₗ v2[n,t',h,l] ā[n,t,h,l]                         from (15)
    (65) v̄2[n,t',h,l] = Σₜ w[n,h,t,t'] ā[n,t,h,l]                         from (15)
    (66) z2_sum[n,h,t] = Σ_{t'} w̄[n,h,t,t'] w[n,h,t,t']                   from (14)
    (67) ē_masked[n,h,t,t'] = w[n,h,t,t'] (w̄[n,h,t,t'] − z2_sum[n,h,t])   from (14), (13)
    (68) ē[n,h,t,t'] = ē_masked[n,h,t,t'] 1[t' ≤ t]                       from (10)
    (69) q̄[n,t,h,j] = Σ_{t'} √2 k[n,t',h,j] ē[n,h,t,t'] / 4               from (9)
    (70) k̄[n,t',h,j] = Σₜ √2 q[n,t,h,j] ē[n,h,t,t'] / 4                   from (9)
    (71) b̅v̅[h,l] = Σₙₜ v̄2[n,t,h,l]                                        from (8)
    (72) W̅v̅[d,h,l] = Σₙₜ xs[n,t,d] v̄2[n,t,h,l]                            from (8)
    (73) W̅k̅[d,h,j] = Σₙₜ xs[n,t,d] k̄[n,t,h,j]                             from (7)
    (74) b̅q̅[h,j] = Σₙₜ q̄[n,t,h,j]                                         from (6)
    (75) x̅s̅[n,t,d] = Σₕₗ Wv[d,h,l] v̄2[n,t,h,l] + Σₕⱼ Wk[d,h,j] k̄[n,t,h,j] + Σₕⱼ Wq[d,h,j] q̄[n,t,h,j]  from (8), (7), (6)
    (76) W̅q̅[d,h,j] = Σₙₜ xs[n,t,d] q̄[n,t,h,j]                             from (6)
    (77) b̅e̅t̅a̅1[d] = Σₙₜ x̅s̅[n,t,d]                                         from (5)
    (78) g̅a̅m̅m̅a̅1[d] = Σₙₜ ux[n,t,d] x̅s̅[n,t,d]                              from (5)
    (79) u̅x̅[n,t,d] = gamma1[d] x̅s̅[n,t,d]                                  from (5)
    (80) vx_sum[n,t] = Σ_d u̅x̅[n,t,d] ux[n,t,d]                            from (4)
    (81) mx_sum[n,t] = Σ_d u̅x̅[n,t,d]                                      from (4)
    (82) ȳ1[n,t,d] = r̄[n,t,d] + (u̅x̅[n,t,d] − mx_sum[n,t] / 32 − vx_sum[n,t] ux[n,t,d] / 32) / √(vx[n,t] + 0.00001)  from (16), (4), (3), (2)
    (83) Ē[i,d] = Σₙₜ ȳ1[n,t,d] δ[i,ids[n,t]]                             from (1)
    (84) P̄[t,d] = Σₙ ȳ1[n,t,d]                                            from (1)
    The gradient of bk is identically zero: w stays the same whatever bk is.

Cost of one call of the last function
    2442240 N + 3 floating-point operations, 2343936 N + 290040 bytes read or written (float64)
    12,557 parameters
    159744 N bytes kept from forward to backward: p, y3, u, v3, f1, z1, rs, ur, vr, a, v2, w, …
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
    "gamma1": "\\bar{\\gamma}^{(1)}_{d} = \\sum_{n,t} \\mathrm{ux}_{ntd} \\, \\overline{\\mathrm{xs}}_{ntd}",
    "beta1": "\\bar{\\beta}^{(1)}_{d} = \\sum_{n,t} \\overline{\\mathrm{xs}}_{ntd}",
    "W1": "\\bar{W}^{(1)}_{df} = \\sum_{n,t} \\mathrm{rs}_{ntd} \\bar{z}^{(1)}_{ntf}",
    "b1": "\\bar{b}^{(1)}_{f} = \\sum_{n,t} \\bar{z}^{(1)}_{ntf}",
    "W2": "\\bar{W}^{(2)}_{fd} = \\sum_{n,t} f^{(1)}_{ntf} \\bar{g}_{ntd}",
    "b2": "\\bar{b}^{(2)}_{d} = \\sum_{n,t} \\bar{g}_{ntd}",
    "gamma2": "\\bar{\\gamma}^{(2)}_{d} = \\sum_{n,t} \\mathrm{ur}_{ntd} \\, \\overline{\\mathrm{rs}}_{ntd}",
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


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
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
    N = sizes["N"]
    np.setbufsize(1024)  # longer rows are read where they are
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    y1_moved = np.subtract(y1, y1[:, :, 0][:, :, None])  # (2)
    mx_moved = np.sum(y1_moved, axis=2)  # (2)
    mx_moved = np.divide(mx_moved, 32, out=mx_moved)  # (2)
    y1_moved_less = np.subtract(y1_moved, mx_moved[:, :, None], out=y1_moved)  # (3)
    vx = np.einsum("ntd,ntd->nt", y1_moved_less, y1_moved_less)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    ux = np.divide(y1_moved_less, t, out=y1_moved_less)  # (4)
    np.multiply(gamma1, ux, out=ux)
    xs = np.add(beta1, ux, out=ux)  # (5); xs lives in ux
    q = xs.reshape(-1, 32).dot(Wq.reshape(32, 32)).reshape(N, 32, 4, 8)  # (6)
    q += bq  # (6)
    k = xs.reshape(-1, 32).dot(Wk.reshape(32, 32)).reshape(N, 32, 4, 8)  # (7)
    k += bk  # (7)
    v2 = xs.reshape(-1, 32).dot(Wv.reshape(32, 32)).reshape(N, 32, 4, 8)  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32), np.arange(32)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = a.reshape(-1, 32).dot(Wo.reshape(32, 32)).reshape(N, 32, 32)  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    r_moved = np.subtract(r, r[:, :, 0][:, :, None])  # (17)
    mr_moved = np.sum(r_moved, axis=2)  # (17)
    mr_moved = np.divide(mr_moved, 32, out=mr_moved)  # (17)
    r_moved_less = np.subtract(r_moved, mr_moved[:, :, None], out=r_moved)  # (18)
    vr = np.einsum("ntd,ntd->nt", r_moved_less, r_moved_less)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    ur = np.divide(r_moved_less, t, out=r_moved_less)  # (19); ur lives in r_moved_less
    np.multiply(gamma2, ur, out=ur)
    rs = np.add(beta2, ur, out=ur)  # (20); rs lives in ur
    z1 = rs.reshape(-1, 32).dot(W1).reshape(N, 32, 64)  # (21)
    z1 += b1  # (21)
    f1 = np.clip(z1, 0, np.inf, out=z1)  # (22); f1 lives in z1
    g = f1.reshape(-1, 64).dot(W2).reshape(N, 32, 32)  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    y2_moved = np.subtract(y2, y2[:, :, 0][:, :, None])  # (25)
    m_moved = np.sum(y2_moved, axis=2)  # (25)
    m_moved = np.divide(m_moved, 32, out=m_moved)  # (25)
    y2_moved_less = np.subtract(y2_moved, m_moved[:, :, None], out=y2_moved)  # (26)
    v3 = np.einsum("ntd,ntd->nt", y2_moved_less, y2_moved_less)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    u = np.divide(y2_moved_less, t, out=y2_moved_less)  # (27); u lives in y2_moved_less
    np.multiply(gamma, u, out=u)
    y3 = np.add(beta, u, out=u)  # (28); y3 lives in u
    z4 = y3.reshape(-1, 32).dot(W).reshape(N, 32, 45)  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    np.subtract(z4, z4_max[:, :, None], out=z4)  # (31) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (31); s_term lives in z4
    s = np.sum(s_term, axis=2)  # (32)
    p = np.divide(s_term, s[:, :, None], out=s_term)  # (33); p lives in s_term
    return p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
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
    np.setbufsize(1024)  # longer rows are read where they are
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    y1_moved = np.subtract(y1, y1[:, :, 0][:, :, None])  # (2)
    mx_moved = np.sum(y1_moved, axis=2)  # (2)
    mx_moved = np.divide(mx_moved, 32, out=mx_moved)  # (2)
    y1_moved_less = np.subtract(y1_moved, mx_moved[:, :, None], out=y1_moved)  # (3)
    vx = np.einsum("ntd,ntd->nt", y1_moved_less, y1_moved_less)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    ux = np.divide(y1_moved_less, t, out=y1_moved_less)  # (4)
    np.multiply(gamma1, ux, out=ux)
    xs = np.add(beta1, ux, out=ux)  # (5); xs lives in ux
    q = xs.reshape(-1, 32).dot(Wq.reshape(32, 32)).reshape(N, 32, 4, 8)  # (6)
    q += bq  # (6)
    k = xs.reshape(-1, 32).dot(Wk.reshape(32, 32)).reshape(N, 32, 4, 8)  # (7)
    k += bk  # (7)
    v2 = xs.reshape(-1, 32).dot(Wv.reshape(32, 32)).reshape(N, 32, 4, 8)  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32), np.arange(32)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = a.reshape(-1, 32).dot(Wo.reshape(32, 32)).reshape(N, 32, 32)  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    r_moved = np.subtract(r, r[:, :, 0][:, :, None])  # (17)
    mr_moved = np.sum(r_moved, axis=2)  # (17)
    mr_moved = np.divide(mr_moved, 32, out=mr_moved)  # (17)
    r_moved_less = np.subtract(r_moved, mr_moved[:, :, None], out=r_moved)  # (18)
    vr = np.einsum("ntd,ntd->nt", r_moved_less, r_moved_less)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    ur = np.divide(r_moved_less, t, out=r_moved_less)  # (19); ur lives in r_moved_less
    np.multiply(gamma2, ur, out=ur)
    rs = np.add(beta2, ur, out=ur)  # (20); rs lives in ur
    z1 = rs.reshape(-1, 32).dot(W1).reshape(N, 32, 64)  # (21)
    z1 += b1  # (21)
    f1 = np.clip(z1, 0, np.inf, out=z1)  # (22); f1 lives in z1
    g = f1.reshape(-1, 64).dot(W2).reshape(N, 32, 32)  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    y2_moved = np.subtract(y2, y2[:, :, 0][:, :, None])  # (25)
    m_moved = np.sum(y2_moved, axis=2)  # (25)
    m_moved = np.divide(m_moved, 32, out=m_moved)  # (25)
    y2_moved_less = np.subtract(y2_moved, m_moved[:, :, None], out=y2_moved)  # (26)
    v3 = np.einsum("ntd,ntd->nt", y2_moved_less, y2_moved_less)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    u = np.divide(y2_moved_less, t, out=y2_moved_less)  # (27); u lives in y2_moved_less
    np.multiply(gamma, u, out=u)
    y3 = np.add(beta, u, out=u)  # (28); y3 lives in u
    z4 = y3.reshape(-1, 32).dot(W).reshape(N, 32, 45)  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    t = np.subtract(z4, z4_max[:, :, None])  # (31) z4 − z4_max
    s_term = np.exp(t, out=t)  # (31)
    s_place = z4.argmax(axis=2)  # (32)
    s_rest_term = s_term  # (32)
    s_rest_term[np.arange(N)[:, None], np.arange(32), s_place] = 0  # (32)
    s_rest = np.sum(s_rest_term, axis=2)  # (32)
    t = np.subtract(z4[np.arange(N)[:, None], np.arange(32), following], z4_max)  # (34)
    v = np.log1p(s_rest)  # (34) log1p(s_rest)
    L_term = np.subtract(t, v, out=t)  # (34)
    L = np.sum(L_term)  # (34)
    L = (-L) / (32 * N)  # (34)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
    following: np.ndarray,
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
    A batch of 92 examples or more goes through in parts by itself: that is faster.
    """
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
    if microbatch is None:  # parts of about 28 stay in the cache
        microbatch = N if N < 92 else -(-N // (N // 28))
    if microbatch < N:
        return _in_parts(
            params,
            {"ids": ids, "following": following},
            cotangent,
            out,
            microbatch,
            map,
            dtype,
            N,
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, ids, following)
    work = _borrow(_LossAndGradWork, dtype, N)
    np.setbufsize(1024)  # longer rows are read where they are
    y1 = np.add(P, np.take(E, ids, axis=0), out=work.y1)  # (1)
    y1_moved = np.subtract(y1, y1[:, :, 0][:, :, None], out=work.y1_moved)  # (2)
    mx_moved = work.mx_moved
    y1_moved.reshape(-1, 32).dot(work.ones, out=mx_moved.reshape(32 * N))  # (2)
    mx_moved = np.divide(mx_moved, 32, out=mx_moved)  # (2)
    y1_moved_less = np.subtract(y1_moved, mx_moved[:, :, None], out=y1_moved)  # (3)
    vx = np.einsum("ntd,ntd->nt", y1_moved_less, y1_moved_less)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    np.add(1e-05, vx, out=vx)  # (4) vx + 0.00001
    vx_root = np.sqrt(vx, out=vx)  # (4); vx_root lives in vx
    ux = np.divide(y1_moved_less, vx_root[:, :, None], out=y1_moved_less)  # (4)
    t = np.multiply(gamma1, ux, out=work.xs)
    xs = np.add(beta1, t, out=t)  # (5)
    q = work.q
    xs.reshape(-1, 32).dot(Wq.reshape(32, 32), out=q.reshape(32 * N, 32))  # (6)
    q += bq  # (6)
    k = work.k
    xs.reshape(-1, 32).dot(Wk.reshape(32, 32), out=k.reshape(32 * N, 32))  # (7)
    k += bk  # (7)
    v2 = work.v2
    xs.reshape(-1, 32).dot(Wv.reshape(32, 32), out=v2.reshape(32 * N, 32))  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1), out=work.e)  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(work.numbers, work.numbers[:, None], out=work.t)
    e_masked = np.where(t, e, -np.inf)  # (10)
    # (11)
    e_masked_max = _row_extreme(
        np.maximum, e_masked, work.halves, out=work.e_masked_max
    )
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = work.e_masked_max
    z2_term.reshape(-1, 32).dot(work.ones, out=z2.reshape(128 * N))  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = work.a
    np.matmul(w, v2.transpose(0, 2, 1, 3), out=a.transpose(0, 2, 1, 3))  # (15)
    r = work.r
    a.reshape(-1, 32).dot(Wo.reshape(32, 32), out=r.reshape(32 * N, 32))  # (16)
    t = np.add(bo, y1, out=work.t2)  # (16) y1 + bo
    r += t  # (16)
    r_moved = np.subtract(r, r[:, :, 0][:, :, None], out=work.y1)  # (17)
    mr_moved = work.mr_moved
    r_moved.reshape(-1, 32).dot(work.ones, out=mr_moved.reshape(32 * N))  # (17)
    mr_moved = np.divide(mr_moved, 32, out=mr_moved)  # (17)
    r_moved_less = np.subtract(r_moved, mr_moved[:, :, None], out=r_moved)  # (18)
    vr = np.einsum("ntd,ntd->nt", r_moved_less, r_moved_less)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    np.add(1e-05, vr, out=vr)  # (19) vr + 0.00001
    vr_root = np.sqrt(vr, out=vr)  # (19); vr_root lives in vr
    ur = np.divide(r_moved_less, vr_root[:, :, None], out=r_moved_less)  # (19)
    t = np.multiply(gamma2, ur, out=work.rs)
    rs = np.add(beta2, t, out=t)  # (20)
    z1 = work.z1
    rs.reshape(-1, 32).dot(W1, out=z1.reshape(32 * N, 64))  # (21)
    z1 += b1  # (21)
    f1 = np.clip(z1, 0, np.inf, out=work.f1)  # (22)
    g = work.g
    f1.reshape(-1, 64).dot(W2, out=g.reshape(32 * N, 32))  # (23)
    t = np.add(b2, r, out=work.t2)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    y2_moved = np.subtract(y2, y2[:, :, 0][:, :, None], out=work.r)  # (25)
    m_moved = work.m_moved
    y2_moved.reshape(-1, 32).dot(work.ones, out=m_moved.reshape(32 * N))  # (25)
    m_moved = np.divide(m_moved, 32, out=m_moved)  # (25)
    y2_moved_less = np.subtract(y2_moved, m_moved[:, :, None], out=y2_moved)  # (26)
    v3 = np.einsum("ntd,ntd->nt", y2_moved_less, y2_moved_less)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    np.add(0.001, v3, out=v3)  # (27) v3 + 0.001
    v3_root = np.sqrt(v3, out=v3)  # (27); v3_root lives in v3
    u = np.divide(y2_moved_less, v3_root[:, :, None], out=y2_moved_less)  # (27)
    t = np.multiply(gamma, u, out=work.g)
    y3 = np.add(beta, t, out=t)  # (28)
    z4 = work.z4
    y3.reshape(-1, 32).dot(W, out=z4.reshape(32 * N, 45))  # (29)
    z4 += b  # (29)
    z4_max = np.maximum.reduce(z4, axis=2, out=work.z4_max)  # (30)
    t = np.subtract(z4, z4_max[:, :, None], out=work.s_term)  # (31) z4 − z4_max
    s_term = np.exp(t, out=t)  # (31)
    s = work.s
    s_term.reshape(-1, 45).dot(work.ones2, out=s.reshape(32 * N))  # (32)
    s_place = z4.argmax(axis=2)  # (32)
    s_rest_term = work.s_rest_term
    np.copyto(s_rest_term, s_term)  # (32)
    s_rest_term[work.numbers2[:, None], work.numbers, s_place] = 0  # (32)
    s_rest = work.s_rest
    s_rest_term.reshape(-1, 45).dot(work.ones2, out=s_rest.reshape(32 * N))  # (32)
    p = np.divide(s_term, s[:, :, None], out=work.s_rest_term)  # (33)
    # (34) z4 − z4_max
    t = np.subtract(
        z4[work.numbers2[:, None], work.numbers, following], z4_max, out=work.L_term
    )
    v = np.log1p(s_rest, out=work.v)  # (34) log1p(s_rest)
    L_term = np.subtract(t, v, out=t)  # (34)
    L = np.add.reduce(L_term, axis=None)  # (34)
    L = (-L) / (32 * N)  # (34)
    # (37) 1 − s_term
    t = np.subtract(
        work.one,
        s_term[work.numbers2[:, None], work.numbers, following],
        out=work.L_term,
    )
    np.add(s_rest, t, out=t)  # (37) s_rest + 1 − s_term
    work.scale[...] = -cotangent / (32 * N)
    np.multiply(work.scale, t, out=t)
    z4_bar_chosen = np.divide(t, s, out=t)  # (37)
    z4_bar = np.multiply(cotangent / (32 * N), p, out=work.s_term)  # (37)
    z4_bar[work.numbers2[:, None], work.numbers, following] = z4_bar_chosen  # (37)
    b_bar = work.ones3.dot(z4_bar.reshape(-1, 45), out=out["b"])  # (38)
    y3_bar = work.y3_bar
    z4_bar.reshape(-1, 45).dot(W.T, out=y3_bar.reshape(32 * N, 32))  # (39)
    W_bar = y3.reshape(-1, 32).T.dot(z4_bar.reshape(-1, 45), out=out["W"])  # (40)
    gamma_bar = np.einsum("ntd,ntd->d", u, y3_bar)  # (41)
    u_bar = np.multiply(gamma, y3_bar, out=work.g)  # (42)
    beta_bar = work.ones3.dot(y3_bar.reshape(-1, 32), out=out["beta"])  # (43)
    v3_sum = np.einsum("ntd,ntd->nt", u_bar, u)  # (44)
    m_sum = work.s_rest
    u_bar.reshape(-1, 32).dot(work.ones, out=m_sum.reshape(32 * N))  # (45)
    t = np.divide(m_sum[:, :, None], 32, out=work.t3)  # (46) m_sum / 32
    v = np.divide(v3_sum[:, :, None], 32, out=work.v4)
    tt = np.multiply(v, u, out=work.tt)
    np.subtract(u_bar, t, out=u_bar)
    np.subtract(u_bar, tt, out=u_bar)  # (46) ū − m_sum / 32 − v3_sum u / 32
    y2_bar = np.divide(u_bar, v3_root[:, :, None], out=u_bar)  # (46)
    g_bar = y2_bar  # (47)
    b2_bar = work.ones3.dot(g_bar.reshape(-1, 32), out=out["b2"])  # (48)
    f1_bar = work.f1_bar
    g_bar.reshape(-1, 32).dot(W2.T, out=f1_bar.reshape(32 * N, 64))  # (49)
    W2_bar = f1.reshape(-1, 64).T.dot(g_bar.reshape(-1, 32), out=out["W2"])  # (50)
    t = np.greater(z1, work.zero, out=work.t4)
    z1_bar = np.multiply(f1_bar, t, out=f1_bar)  # (51); z1_bar lives in f1_bar
    b1_bar = work.ones3.dot(z1_bar.reshape(-1, 64), out=out["b1"])  # (52)
    rs_bar = work.y3_bar
    z1_bar.reshape(-1, 64).dot(W1.T, out=rs_bar.reshape(32 * N, 32))  # (53)
    W1_bar = rs.reshape(-1, 32).T.dot(z1_bar.reshape(-1, 64), out=out["W1"])  # (54)
    beta2_bar = work.ones3.dot(rs_bar.reshape(-1, 32), out=out["beta2"])  # (55)
    gamma2_bar = np.einsum("ntd,ntd->d", ur, rs_bar)  # (56)
    ur_bar = np.multiply(gamma2, rs_bar, out=rs_bar)  # (57); ur_bar lives in rs_bar
    vr_sum = np.einsum("ntd,ntd->nt", ur_bar, ur)  # (58)
    mr_sum = work.L_term
    ur_bar.reshape(-1, 32).dot(work.ones, out=mr_sum.reshape(32 * N))  # (59)
    r_bar = work.r
    np.copyto(r_bar, g_bar)  # (60)
    t = np.divide(mr_sum[:, :, None], 32, out=work.t3)  # (60) mr_sum / 32
    v = np.divide(vr_sum[:, :, None], 32, out=work.v4)
    tt = np.multiply(v, ur, out=work.tt)
    v = np.subtract(ur_bar, t, out=work.v5)
    np.subtract(v, tt, out=v)  # (60) u̅r̅ − mr_sum / 32 − vr_sum ur / 32
    np.divide(v, vr_root[:, :, None], out=v)  # (60)
    r_bar += v  # (60)
    bo_bar = work.ones3.dot(r_bar.reshape(-1, 32), out=out["bo"])  # (61)
    a_bar = work.a_bar
    # (62)
    r_bar.reshape(-1, 32).dot(Wo.reshape(32, 32).T, out=a_bar.reshape(32 * N, 32))
    Wo_bar = a.reshape(-1, 32).T.dot(r_bar.reshape(-1, 32)).reshape(4, 8, 32)  # (63)
    # (64)
    w_bar = np.matmul(
        a_bar.transpose(0, 2, 1, 3), v2.transpose(0, 2, 3, 1), out=work.w_bar
    )
    v2_bar = work.a
    # (65)
    np.matmul(
        w.transpose(0, 1, 3, 2),
        a_bar.transpose(0, 2, 1, 3),
        out=v2_bar.transpose(0, 2, 1, 3),
    )
    z2_sum = np.einsum("nhta,nhta->nht", w_bar, w)  # (66)
    np.subtract(w_bar, z2_sum[:, :, :, None], out=w_bar)  # (67) w̄ − z2_sum
    e_masked_bar = np.multiply(w, w_bar, out=w_bar)  # (67); e_masked_bar lives in w_bar
    t = np.less_equal(work.numbers, work.numbers[:, None], out=work.t)
    v = np.multiply(np.asarray(1, dtype), t, out=work.v6)
    e_bar = np.multiply(v, e_masked_bar, out=e_masked_bar)  # (68)
    q_bar = work.a_bar
    np.matmul(e_bar, k.transpose(0, 2, 1, 3), out=q_bar.transpose(0, 2, 1, 3))  # (69)
    q_bar = np.multiply(0.3535533905932738, q_bar, out=q_bar)  # (69)
    k_bar = work.v2
    # (70)
    np.matmul(
        e_bar.transpose(0, 1, 3, 2),
        q.transpose(0, 2, 1, 3),
        out=k_bar.transpose(0, 2, 1, 3),
    )
    k_bar = np.multiply(0.3535533905932738, k_bar, out=k_bar)  # (70)
    bv_bar = work.ones3.dot(v2_bar.reshape(-1, 32)).reshape(4, 8)  # (71)
    Wv_bar = xs.reshape(-1, 32).T.dot(v2_bar.reshape(-1, 32)).reshape(32, 4, 8)  # (72)
    Wk_bar = xs.reshape(-1, 32).T.dot(k_bar.reshape(-1, 32)).reshape(32, 4, 8)  # (73)
    bq_bar = work.ones3.dot(q_bar.reshape(-1, 32)).reshape(4, 8)  # (74)
    xs_bar = work.y3_bar
    # (75)
    v2_bar.reshape(-1, 32).dot(Wv.reshape(32, 32).T, out=xs_bar.reshape(32 * N, 32))
    t = k_bar.reshape(-1, 32).dot(Wk.reshape(32, 32).T, out=work.t5)  # (75)
    xs_bar += t.reshape(N, 32, 32)  # (75)
    t = q_bar.reshape(-1, 32).dot(Wq.reshape(32, 32).T, out=work.t5)  # (75)
    xs_bar += t.reshape(N, 32, 32)  # (75)
    Wq_bar = xs.reshape(-1, 32).T.dot(q_bar.reshape(-1, 32)).reshape(32, 4, 8)  # (76)
    beta1_bar = work.ones3.dot(xs_bar.reshape(-1, 32), out=out["beta1"])  # (77)
    gamma1_bar = np.einsum("ntd,ntd->d", ux, xs_bar)  # (78)
    ux_bar = np.multiply(gamma1, xs_bar, out=xs_bar)  # (79); ux_bar lives in xs_bar
    vx_sum = np.einsum("ntd,ntd->nt", ux_bar, ux)  # (80)
    mx_sum = work.s_rest
    ux_bar.reshape(-1, 32).dot(work.ones, out=mx_sum.reshape(32 * N))  # (81)
    y1_bar = r_bar  # (82)
    t = np.divide(mx_sum[:, :, None], 32, out=work.t3)  # (82) mx_sum / 32
    v = np.divide(vx_sum[:, :, None], 32, out=work.v4)
    tt = np.multiply(v, ux, out=work.tt)
    v = np.subtract(ux_bar, t, out=work.v5)
    np.subtract(v, tt, out=v)  # (82) u̅x̅ − mx_sum / 32 − vx_sum ux / 32
    np.divide(v, vx_root[:, :, None], out=v)  # (82)
    y1_bar += v  # (82)
    E_bar = np.zeros((45, 32), dtype)  # (83)
    # (83)
    np.add.at(
        E_bar.reshape(-1), (32 * ids[:, :, None] + work.numbers).ravel(), y1_bar.ravel()
    )
    P_bar = work.ones4.dot(y1_bar.reshape(-1, 1024)).reshape(32, 32)  # (84)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "E": _into(out["E"], E_bar),
        "P": _into(out["P"], P_bar),
        "Wq": _into(out["Wq"], Wq_bar),
        "bq": _into(out["bq"], bq_bar),
        "Wk": _into(out["Wk"], Wk_bar),
        "bk": _into(out["bk"], np.zeros(bk.shape, dtype)),
        "Wv": _into(out["Wv"], Wv_bar),
        "bv": _into(out["bv"], bv_bar),
        "Wo": _into(out["Wo"], Wo_bar),
        "bo": bo_bar,
        "gamma1": _into(out["gamma1"], gamma1_bar),
        "beta1": beta1_bar,
        "W1": W1_bar,
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
        "gamma2": _into(out["gamma2"], gamma2_bar),
        "beta2": beta2_bar,
        "gamma": _into(out["gamma"], gamma_bar),
        "beta": beta_bar,
        "W": W_bar,
        "b": b_bar,
    }
    return L, grads


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def metrics(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
    following: np.ndarray,
) -> dict[str, float]:
    """The metrics, by name."""
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
    np.setbufsize(1024)  # longer rows are read where they are
    y1 = np.add(P, np.take(E, ids, axis=0))  # (1)
    y1_moved = np.subtract(y1, y1[:, :, 0][:, :, None])  # (2)
    mx_moved = np.sum(y1_moved, axis=2)  # (2)
    mx_moved = np.divide(mx_moved, 32, out=mx_moved)  # (2)
    y1_moved_less = np.subtract(y1_moved, mx_moved[:, :, None], out=y1_moved)  # (3)
    vx = np.einsum("ntd,ntd->nt", y1_moved_less, y1_moved_less)  # (3)
    vx = np.divide(vx, 32, out=vx)  # (3)
    t = np.add(1e-05, vx[:, :, None])  # (4) vx + 0.00001
    np.sqrt(t, out=t)  # (4) √(vx + 0.00001)
    ux = np.divide(y1_moved_less, t, out=y1_moved_less)  # (4)
    np.multiply(gamma1, ux, out=ux)
    xs = np.add(beta1, ux, out=ux)  # (5); xs lives in ux
    q = xs.reshape(-1, 32).dot(Wq.reshape(32, 32)).reshape(N, 32, 4, 8)  # (6)
    q += bq  # (6)
    k = xs.reshape(-1, 32).dot(Wk.reshape(32, 32)).reshape(N, 32, 4, 8)  # (7)
    k += bk  # (7)
    v2 = xs.reshape(-1, 32).dot(Wv.reshape(32, 32)).reshape(N, 32, 4, 8)  # (8)
    v2 += bv  # (8)
    e = np.matmul(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1))  # (9)
    e = np.multiply(0.3535533905932738, e, out=e)  # (9)
    t = np.less_equal(np.arange(32), np.arange(32)[:, None])
    e_masked = np.where(t, e, -np.inf)  # (10)
    e_masked_max = np.max(e_masked, axis=3)  # (11)
    np.subtract(e_masked, e_masked_max[:, :, :, None], out=e_masked)  # (12)
    z2_term = np.exp(e_masked, out=e_masked)  # (12); z2_term lives in e_masked
    z2 = np.sum(z2_term, axis=3)  # (13)
    w = np.divide(z2_term, z2[:, :, :, None], out=z2_term)  # (14); w lives in z2_term
    a = np.matmul(w, v2.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)  # (15)
    r = a.reshape(-1, 32).dot(Wo.reshape(32, 32)).reshape(N, 32, 32)  # (16)
    t = np.add(bo, y1)  # (16) y1 + bo
    r += t  # (16)
    r_moved = np.subtract(r, r[:, :, 0][:, :, None])  # (17)
    mr_moved = np.sum(r_moved, axis=2)  # (17)
    mr_moved = np.divide(mr_moved, 32, out=mr_moved)  # (17)
    r_moved_less = np.subtract(r_moved, mr_moved[:, :, None], out=r_moved)  # (18)
    vr = np.einsum("ntd,ntd->nt", r_moved_less, r_moved_less)  # (18)
    vr = np.divide(vr, 32, out=vr)  # (18)
    t = np.add(1e-05, vr[:, :, None])  # (19) vr + 0.00001
    np.sqrt(t, out=t)  # (19) √(vr + 0.00001)
    ur = np.divide(r_moved_less, t, out=r_moved_less)  # (19); ur lives in r_moved_less
    np.multiply(gamma2, ur, out=ur)
    rs = np.add(beta2, ur, out=ur)  # (20); rs lives in ur
    z1 = rs.reshape(-1, 32).dot(W1).reshape(N, 32, 64)  # (21)
    z1 += b1  # (21)
    f1 = np.clip(z1, 0, np.inf, out=z1)  # (22); f1 lives in z1
    g = f1.reshape(-1, 64).dot(W2).reshape(N, 32, 32)  # (23)
    t = np.add(b2, r)  # (23) r + b2
    g += t  # (23)
    y2 = g  # (24)
    y2_moved = np.subtract(y2, y2[:, :, 0][:, :, None])  # (25)
    m_moved = np.sum(y2_moved, axis=2)  # (25)
    m_moved = np.divide(m_moved, 32, out=m_moved)  # (25)
    y2_moved_less = np.subtract(y2_moved, m_moved[:, :, None], out=y2_moved)  # (26)
    v3 = np.einsum("ntd,ntd->nt", y2_moved_less, y2_moved_less)  # (26)
    v3 = np.divide(v3, 32, out=v3)  # (26)
    t = np.add(0.001, v3[:, :, None])  # (27) v3 + 0.001
    np.sqrt(t, out=t)  # (27) √(v3 + 0.001)
    u = np.divide(y2_moved_less, t, out=y2_moved_less)  # (27); u lives in y2_moved_less
    np.multiply(gamma, u, out=u)
    y3 = np.add(beta, u, out=u)  # (28); y3 lives in u
    z4 = y3.reshape(-1, 32).dot(W).reshape(N, 32, 45)  # (29)
    z4 += b  # (29)
    z4_max = np.max(z4, axis=2)  # (30)
    np.subtract(z4, z4_max[:, :, None], out=z4)  # (31) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (31); s_term lives in z4
    s = np.sum(s_term, axis=2)  # (32)
    p = np.divide(s_term, s[:, :, None], out=s_term)  # (33); p lives in s_term
    c = p.argmax(axis=2)  # (35)
    t = np.equal(c.astype(dtype), following.astype(dtype))
    A_term = np.multiply(np.asarray(1, dtype), t)  # (36)
    A = np.sum(A_term)  # (36)
    A = A / (32 * N)  # (36)
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

    (1)  r = 1 / 2
    """
    r = 0.5  # (1)
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
        "E": packed[0:1440].reshape(45, 32),
        "P": packed[1440:2464].reshape(32, 32),
        "Wq": packed[2464:3488].reshape(32, 4, 8),
        "bq": packed[3488:3520].reshape(4, 8),
        "Wk": packed[3520:4544].reshape(32, 4, 8),
        "bk": packed[4544:4576].reshape(4, 8),
        "Wv": packed[4576:5600].reshape(32, 4, 8),
        "bv": packed[5600:5632].reshape(4, 8),
        "Wo": packed[5632:6656].reshape(4, 8, 32),
        "bo": packed[6656:6688],
        "gamma1": packed[6688:6720],
        "beta1": packed[6720:6752],
        "W1": packed[6752:8800].reshape(32, 64),
        "b1": packed[8800:8864],
        "W2": packed[8864:10912].reshape(64, 32),
        "b2": packed[10912:10944],
        "gamma2": packed[10944:10976],
        "beta2": packed[10976:11008],
        "gamma": packed[11008:11040],
        "beta": packed[11040:11072],
        "W": packed[11072:12512].reshape(32, 45),
        "b": packed[12512:12557],
    }


def fit(
    params: dict[str, np.ndarray],
    ids: np.ndarray,
    following: np.ndarray,
    *,
    epochs: int = 60,
    batch_size: int | None = 8,
    seed: int = 0,
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
    data = (ids, following)
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
        self.y1 = np.empty((N, 32, 32), dtype)
        self.y1_moved = np.empty((N, 32, 32), dtype)
        self.mx_moved = np.empty((N, 32), dtype)
        self.ones = np.ones((32,), dtype)
        self.ones.flags.writeable = False
        self.xs = np.empty((N, 32, 32), dtype)
        self.q = np.empty((N, 32, 4, 8), dtype)
        self.k = np.empty((N, 32, 4, 8), dtype)
        self.v2 = np.empty((N, 32, 4, 8), dtype)
        self.e = np.empty((N, 4, 32, 32), dtype)
        self.numbers = np.arange(32, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.t = np.empty((32, 32), bool)
        self.e_masked_max = np.empty((N, 4, 32), dtype)
        self.halves = np.empty((3072 * N,), dtype)
        self.a = np.empty((N, 32, 4, 8), dtype)
        self.r = np.empty((N, 32, 32), dtype)
        self.t2 = np.empty((N, 32, 32), dtype)
        self.mr_moved = np.empty((N, 32), dtype)
        self.rs = np.empty((N, 32, 32), dtype)
        self.z1 = np.empty((N, 32, 64), dtype)
        self.f1 = np.empty((N, 32, 64), dtype)
        self.g = np.empty((N, 32, 32), dtype)
        self.m_moved = np.empty((N, 32), dtype)
        self.z4 = np.empty((N, 32, 45), dtype)
        self.z4_max = np.empty((N, 32), dtype)
        self.s_term = np.empty((N, 32, 45), dtype)
        self.s = np.empty((N, 32), dtype)
        self.ones2 = np.ones((45,), dtype)
        self.ones2.flags.writeable = False
        self.s_rest_term = np.empty((N, 32, 45), dtype)
        self.numbers2 = np.arange(N, dtype=np.intp)
        self.numbers2.flags.writeable = False
        self.s_rest = np.empty((N, 32), dtype)
        self.L_term = np.empty((N, 32), dtype)
        self.v = np.empty((N, 32), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.ones3 = np.ones((32 * N,), dtype)
        self.ones3.flags.writeable = False
        self.y3_bar = np.empty((N, 32, 32), dtype)
        self.t3 = np.empty((N, 32, 1), dtype)
        self.v4 = np.empty((N, 32, 1), dtype)
        self.tt = np.empty((N, 32, 32), dtype)
        self.f1_bar = np.empty((N, 32, 64), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.t4 = np.empty((N, 32, 64), bool)
        self.v5 = np.empty((N, 32, 32), dtype)
        self.a_bar = np.empty((N, 32, 4, 8), dtype)
        self.w_bar = np.empty((N, 4, 32, 32), dtype)
        self.v6 = np.empty((32, 32), dtype)
        self.t5 = np.empty((32 * N, 32), dtype)
        self.ones4 = np.ones((N,), dtype)
        self.ones4.flags.writeable = False


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


def _row_extreme(
    larger: np.ufunc, x: np.ndarray, halves: np.ndarray, out: np.ndarray
) -> np.ndarray:
    """The largest of each row, a power of two long: of neighbours in pairs, again and again.

    What is left goes to one end of ``halves`` and to the other in turns.
    """
    flat, count, start = x.reshape(-1), out.size, True
    while flat.size > 2 * count:
        size = flat.size // 2
        into = halves[:size] if start else halves[-size:]
        larger(flat[::2], flat[1::2], out=into)
        flat, start = into, not start
    larger(flat[::2], flat[1::2], out=out.reshape(-1))
    return out
