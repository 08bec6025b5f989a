"""lstm_digits: reshape → lstm → dense

Made by symbprop 0.1.0 from lstm_digits.yaml (sha256 5cf691ebc8f5161f).
To change it, change lstm_digits.yaml and run: symbprop compile lstm_digits.yaml
Verified by 65 probes; the certificate is sha256 cf819d4c2ee887b1.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    m  f (64)    j  y (8)    k  y (8)    l  z1 (128)    u  c1 (32)    q  z2 (10)

Forward
    (1)  f[n,m] = x[n,m]
    (2)  y[n,j,k] = f[n,8·j+k]
    (3)  z1[n,j,l] = Σₖ y[n,j,k] W1[k,l] + b1[l] + Σᵤ h[n,j,u] U[u,l]   for j = 0 … 7
    (4)  i[n,j,u] = 1 / (1 + exp(−z1[n,j,u]))   for j = 0 … 7
    (5)  f1[n,j,u] = 1 / (1 + exp(−z1[n,j,u+32]))   for j = 0 … 7
    (6)  g[n,j,u] = tanh(z1[n,j,u+64])   for j = 0 … 7
    (7)  o[n,j,u] = 1 / (1 + exp(−z1[n,j,u+96]))   for j = 0 … 7
    (8)  c1[n,0,u] = 0
    (9)  c1[n,j+1,u] = i[n,j,u] g[n,j,u] + f1[n,j,u] c1[n,j,u]   for j = 0 … 7
    (10) h[n,0,u] = 0
    (11) h[n,j+1,u] = o[n,j,u] tanh(c1[n,j+1,u])   for j = 0 … 7
    (12) y1[n,u] = h[n,8,u]
    (13) z2[n,q] = Σᵤ y1[n,u] W2[u,q] + b2[q]
    (14) z2_max[n] = max_q z2[n,q]
    (15) s_term[n,q] = exp(z2[n,q] − z2_max[n])
    (16) s[n] = Σ_q s_term[n,q]
    (17) p[n,q] = s_term[n,q] / s[n]
    (18) L = −Σₙ (z2[n,label[n]] − z2_max[n] − log(s[n])) / N
    (19) c1_2[n] = argmax_q p[n,q]
    (20) A = Σₙ 1[c1_2[n] = label[n]] / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (21) z̄2[n,q] = (p[n,q] − δ[q,label[n]]) / N                           from (18)
    (22) b̄2[q] = Σₙ z̄2[n,q]                                               from (13)
    (23) ȳ1[n,u] = Σ_q W2[u,q] z̄2[n,q]                                    from (13)
    (24) W̄2[u,q] = Σₙ y1[n,u] z̄2[n,q]                                     from (13)
    (25) ō[n,j,u] = h̄[n,j+1,u] tanh(c1[n,j+1,u])   for j = 7 … 0          from (10), (11)
    (26) ī[n,j,u] = g[n,j,u] c̄1[n,j+1,u]   for j = 7 … 0                  from (8), (9)
    (27) ḡ[n,j,u] = i[n,j,u] c̄1[n,j+1,u]   for j = 7 … 0                  from (8), (9)
    (28) f̄1[n,j,u] = c1[n,j,u] c̄1[n,j+1,u]   for j = 7 … 0                from (8), (9)
    (29) c̄1[n,j+1,u] += o[n,j,u] h̄[n,j+1,u] (1 − tanh(c1[n,j+1,u])²)   for j = 7 … 0  from (10), (11)
    (30) c̄1[n,j,u] += f1[n,j,u] c̄1[n,j+1,u]   for j = 7 … 0               from (8), (9)
    (31) z̄1[n,j,u+96] = ō[n,j,u] o[n,j,u] (1 − o[n,j,u])   for j = 7 … 0  from (7)
    (32) z̄1[n,j,u+64] = ḡ[n,j,u] (1 − g[n,j,u]²)   for j = 7 … 0          from (6)
    (33) z̄1[n,j,u+32] = f̄1[n,j,u] f1[n,j,u] (1 − f1[n,j,u])   for j = 7 … 0  from (5)
    (34) z̄1[n,j,u] = ī[n,j,u] i[n,j,u] (1 − i[n,j,u])   (u < 32)   for j = 7 … 0  from (4)
    (35) h̄[n,8,u] = ȳ1[n,u]                                               from (12)
    (36) h̄[n,j,u] = Σₗ U[u,l] z̄1[n,j,l]   for j = 7 … 0                   from (3)
    (37) Ū[u,l] = Σₙⱼ h[n,j,u] z̄1[n,j,l]                                  from (3)
    (38) b̄1[l] = Σₙⱼ z̄1[n,j,l]                                            from (3)
    (39) W̄1[k,l] = Σₙⱼ y[n,j,k] z̄1[n,j,l]                                 from (3)

Cost of one call of the last function
    257085 N + 3 floating-point operations, 333568 N + 583368 bytes read or written (float64)
    5,578 parameters
    13648 N bytes kept from forward to backward: p, y1, c1, o, g, i, f1, h, y
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


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 10]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    W1, U, b1, W2, b2, x = arrays
    N = sizes["N"]
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = y.reshape(-1, 8).dot(W1).reshape(N, 8, 128)  # (3)
    z1 += b1  # (3)
    c1 = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += _narrow_dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j])  # (4) −z1
        np.minimum(z1[:, j], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j], 0)
        np.maximum(t, v, out=t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        i_f1_o = np.divide(t, u, out=t)  # (4)
        g = np.tanh(z1[:, j, 64:96])  # (6)
        t = np.multiply(i_f1_o[:, :32], g)
        u = np.multiply(i_f1_o[:, 32:64], c1[:, j])
        np.add(t, u, out=c1[:, j + 1])  # (9)
        t = np.tanh(c1[:, j + 1])  # (11) tanh(c1)
        np.multiply(i_f1_o[:, 96:], t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = y1.dot(W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    np.subtract(z2, z2_max[:, None], out=z2)  # (15) z2 − z2_max
    s_term = np.exp(z2, out=z2)  # (15); s_term lives in z2
    s = np.sum(s_term, axis=1)  # (16)
    p = np.divide(s_term, s[:, None], out=s_term)  # (17); p lives in s_term
    return p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
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
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = y.reshape(-1, 8).dot(W1).reshape(N, 8, 128)  # (3)
    z1 += b1  # (3)
    c1 = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += _narrow_dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j])  # (4) −z1
        np.minimum(z1[:, j], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j], 0)
        np.maximum(t, v, out=t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        i_f1_o = np.divide(t, u, out=t)  # (4)
        g = np.tanh(z1[:, j, 64:96])  # (6)
        t = np.multiply(i_f1_o[:, :32], g)
        u = np.multiply(i_f1_o[:, 32:64], c1[:, j])
        np.add(t, u, out=c1[:, j + 1])  # (9)
        t = np.tanh(c1[:, j + 1])  # (11) tanh(c1)
        np.multiply(i_f1_o[:, 96:], t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = y1.dot(W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    t = np.subtract(z2, z2_max[:, None])  # (15) z2 − z2_max
    s_term = np.exp(t, out=t)  # (15)
    s_place = z2.argmax(axis=1)  # (16)
    s_rest_term = s_term  # (16)
    s_rest_term[np.arange(N), s_place] = 0  # (16)
    s_rest = np.sum(s_rest_term, axis=1)  # (16)
    t = np.subtract(z2[np.arange(N), label], z2_max)  # (18) z2 − z2_max
    u = np.log1p(s_rest)  # (18) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (18)
    L = np.sum(L_term)  # (18)
    L = (-L) / N  # (18)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
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
    A batch of 330 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, U, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 165 stay in the cache
        microbatch = N if N < 330 else -(-N // (N // 165))
    if microbatch < N:
        return _in_parts(
            params, {"x": x, "label": label}, cotangent, out, microbatch, map, dtype, N
        )
    if out is None:
        out = _ANEW
    else:
        _require_fit(out, dtype, params, x, label)
    work = _borrow(_LossAndGradWork, dtype, N)
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = work.z1
    np.matmul(W1.T, y.transpose(1, 2, 0), out=z1.transpose(1, 2, 0))  # (3)
    z1 += b1  # (3)
    z1_exp = work.z1_exp  # (4)
    i_f1_o = work.z1  # (4)
    g = work.g  # (6)
    c1 = work.c1  # (9)
    c1.fill(0)
    c1_tanh = work.c1_tanh  # (11)
    h = work.h  # (11)
    h.fill(0)
    for (
        h_j,
        z1_j,
        z1_exp_j,
        z1_j_3,
        g_j,
        i_f1_o_j,
        i_f1_o_j_1,
        i_f1_o_j_2,
        c1_j,
        c1_next,
        c1_tanh_j,
        i_f1_o_j_last,
        h_next,
    ) in work.steps:
        t = U.T.dot(h_j.T, out=work.t.T)  # (3)
        z1_j += t.T  # (3)
        t = np.negative(z1_j, out=work.t)  # (4) −z1
        np.minimum(z1_j, t, out=t)  # (4) −|z1|
        np.exp(t, out=z1_exp_j)  # (4)
        np.tanh(z1_j_3, out=g_j)  # (6)
        t = np.add(work.one, z1_exp_j, out=work.t)  # (4) 1 + z1_exp
        u = np.greater_equal(z1_j, work.zero, out=work.u)
        v = np.maximum(z1_exp_j, u, out=work.v)  # (4) {1 if z1 ≥ 0 else z1_exp}
        np.divide(v, t, out=i_f1_o_j)  # (4)
        t = np.multiply(i_f1_o_j_1, g_j, out=work.t2)
        u = np.multiply(i_f1_o_j_2, c1_j, out=work.u2)
        np.add(t, u, out=c1_next)  # (9)
        np.tanh(c1_next, out=c1_tanh_j)  # (11)
        np.multiply(i_f1_o_j_last, c1_tanh_j, out=h_next)  # (11)
    y1 = h[:, 8]  # (12)
    z2 = work.z2
    W2.T.dot(y1.T, out=z2.T)  # (13)
    work.spread[...] = b2  # (13)
    z2 += work.spread  # (13)
    z2_max = np.maximum.reduce(z2, axis=1, out=work.z2_max)  # (14)
    work.spread[...] = z2_max[:, None]  # (15)
    t = np.subtract(z2, work.spread, out=work.s_term)  # (15) z2 − z2_max
    s_term = np.exp(t, out=t)  # (15)
    s = work.ones.dot(s_term.T, out=work.s)  # (16)
    s_place = z2.argmax(axis=1)  # (16)
    s_rest_term = work.s_rest_term
    np.copyto(s_rest_term, s_term)  # (16)
    s_rest_term[work.numbers, s_place] = 0  # (16)
    s_rest = work.ones.dot(s_rest_term.T, out=work.s_rest)  # (16)
    work.spread[...] = s[:, None]  # (17)
    p = np.divide(s_term, work.spread, out=work.s_rest_term)  # (17)
    t = np.subtract(z2[work.numbers, label], z2_max, out=work.L_term)  # (18)
    u = np.log1p(s_rest, out=work.u3)  # (18) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (18)
    L = np.add.reduce(L_term)  # (18)
    L = (-L) / N  # (18)
    t = np.subtract(work.one, s_term[work.numbers, label], out=work.L_term)  # (21)
    np.add(s_rest, t, out=t)  # (21) s_rest + 1 − s_term
    work.scale[...] = -cotangent / N
    np.multiply(work.scale, t, out=t)
    z2_bar_chosen = np.divide(t, s, out=t)  # (21)
    work.scale[...] = cotangent / N
    z2_bar = np.multiply(work.scale, p, out=work.s_term)  # (21)
    z2_bar[work.numbers, label] = z2_bar_chosen  # (21)
    b2_bar = z2_bar.T.dot(work.ones2, out=out["b2"])  # (22)
    y1_bar = z2_bar.dot(W2.T, out=work.y1_bar)  # (23)
    W2_bar = y1.T.dot(z2_bar, out=out["W2"])  # (24)
    h_bar = work.h_bar  # (35)
    h_bar.fill(0)
    h_bar[:, 8] += y1_bar  # (35)
    t = np.negative(c1[:, 1:], out=work.t3)  # (29) −c1
    np.minimum(c1[:, 1:], t, out=t)  # (29) −|c1|
    np.exp(t, out=t)  # (29) exp(−|c1|)
    np.multiply(t, t, out=t)  # (29) exp(−|c1|)²
    u = np.add(work.one, t, out=work.u4)  # (29) exp(−|c1|)² + 1
    np.multiply(u, u, out=u)  # (29) (exp(−|c1|)² + 1)²
    v = np.multiply(work.four, i_f1_o[:, :, 96:], out=work.c1_bar_factor)
    np.multiply(v, t, out=v)
    c1_bar_factor = np.divide(v, u, out=v)  # (29)
    t = np.add(work.one, z1_exp[:, :, 96:], out=work.t3)  # (31) 1 + z1_exp
    np.multiply(t, t, out=t)  # (31) (1 + z1_exp)²
    np.multiply(c1_tanh, z1_exp[:, :, 96:], out=c1_tanh)
    z1_bar_factor = np.divide(c1_tanh, t, out=c1_tanh)  # (31)
    t = np.multiply(z1_exp[:, :, 64:96], z1_exp[:, :, 64:96], out=work.t3)  # (32)
    u = np.add(work.one, t, out=work.u4)  # (32) z1_exp² + 1
    np.multiply(u, u, out=u)  # (32) (z1_exp² + 1)²
    v = np.multiply(work.four, i_f1_o[:, :, :32], out=work.z1_bar_factor_2)
    np.multiply(v, t, out=v)
    z1_bar_factor_2 = np.divide(v, u, out=v)  # (32)
    t = np.add(work.one, z1_exp[:, :, 32:64], out=work.t3)  # (33) 1 + z1_exp
    np.multiply(t, t, out=t)  # (33) (1 + z1_exp)²
    u = np.multiply(c1[:, :8], z1_exp[:, :, 32:64], out=work.z1_bar_factor_3)
    z1_bar_factor_3 = np.divide(u, t, out=u)  # (33)
    t = np.add(work.one, z1_exp[:, :, :32], out=work.t3)  # (34) 1 + z1_exp
    np.multiply(t, t, out=t)  # (34) (1 + z1_exp)²
    np.multiply(g, z1_exp[:, :, :32], out=g)
    z1_bar_factor_4 = np.divide(g, t, out=g)  # (34); z1_bar_factor_4 lives in g
    c1_bar = work.c1  # (29)
    c1_bar.fill(0)
    z1_bar = work.z1_exp  # (31)
    for (
        h_bar_next,
        c1_bar_factor_j,
        c1_bar_next,
        i_f1_o_j_2,
        c1_bar_j,
        z1_bar_factor_j,
        z1_bar_j_last,
        z1_bar_factor_2_j,
        z1_bar_j_3,
        z1_bar_factor_3_j,
        z1_bar_j_2,
        z1_bar_factor_4_j,
        z1_bar_j_1,
        z1_bar_j,
        h_bar_j,
    ) in work.steps_back:
        t = np.multiply(h_bar_next, c1_bar_factor_j, out=work.t2)
        c1_bar_next += t  # (29)
        np.multiply(i_f1_o_j_2, c1_bar_next, out=c1_bar_j)  # (30)
        np.multiply(h_bar_next, z1_bar_factor_j, out=z1_bar_j_last)  # (31)
        np.multiply(c1_bar_next, z1_bar_factor_2_j, out=z1_bar_j_3)  # (32)
        np.multiply(c1_bar_next, z1_bar_factor_3_j, out=z1_bar_j_2)  # (33)
        np.multiply(c1_bar_next, z1_bar_factor_4_j, out=z1_bar_j_1)  # (34)
        U.dot(z1_bar_j.T, out=h_bar_j.T)  # (36)
    h_rows = work.h_rows
    # what is summed comes first, in one block
    np.copyto(h_rows, h[:, :8].transpose(1, 0, 2))
    z1_bar_rows = work.z1_bar_rows
    # what is summed comes first, in one block
    np.copyto(z1_bar_rows, z1_bar.transpose(1, 0, 2))
    # (37)
    U_bar = h_rows.reshape(-1, 32).T.dot(z1_bar_rows.reshape(-1, 128), out=out["U"])
    b1_bar = work.ones3.dot(z1_bar_rows.reshape(-1, 128), out=out["b1"])  # (38)
    # (39)
    W1_bar = np.dot(
        y.transpose(2, 1, 0).reshape(8, -1), z1_bar_rows.reshape(-1, 128), out=out["W1"]
    )
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W1": W1_bar,
        "U": U_bar,
        "b1": b1_bar,
        "W2": W2_bar,
        "b2": b2_bar,
    }
    return L, grads


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def metrics(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
) -> dict[str, float]:
    """The metrics, by name."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    W1, U, b1, W2, b2, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)  # (2)
    z1 = y.reshape(-1, 8).dot(W1).reshape(N, 8, 128)  # (3)
    z1 += b1  # (3)
    c1 = np.zeros((N, 9, 32), dtype)  # (9)
    h = np.zeros((N, 9, 32), dtype)  # (11)
    for j in range(8):
        z1[:, j] += _narrow_dot(h[:, j], U)  # (3)
        t = np.negative(z1[:, j])  # (4) −z1
        np.minimum(z1[:, j], t, out=t)  # (4) −|z1|
        np.exp(t, out=t)  # (4) exp(−|z1|)
        u = np.add(1, t)  # (4) 1 + exp(−|z1|)
        v = np.greater_equal(z1[:, j], 0)
        np.maximum(t, v, out=t)  # (4) {1 if z1 ≥ 0 else exp(−|z1|)}
        i_f1_o = np.divide(t, u, out=t)  # (4)
        g = np.tanh(z1[:, j, 64:96])  # (6)
        t = np.multiply(i_f1_o[:, :32], g)
        u = np.multiply(i_f1_o[:, 32:64], c1[:, j])
        np.add(t, u, out=c1[:, j + 1])  # (9)
        t = np.tanh(c1[:, j + 1])  # (11) tanh(c1)
        np.multiply(i_f1_o[:, 96:], t, out=h[:, j + 1])  # (11)
    y1 = h[:, 8]  # (12)
    z2 = y1.dot(W2)  # (13)
    z2 += b2  # (13)
    z2_max = np.max(z2, axis=1)  # (14)
    np.subtract(z2, z2_max[:, None], out=z2)  # (15) z2 − z2_max
    s_term = np.exp(z2, out=z2)  # (15); s_term lives in z2
    s = np.sum(s_term, axis=1)  # (16)
    p = np.divide(s_term, s[:, None], out=s_term)  # (17); p lives in s_term
    c1_2 = p.argmax(axis=1)  # (19)
    t = np.equal(c1_2.astype(dtype), label.astype(dtype))
    A_term = np.multiply(np.asarray(1, dtype), t)  # (20)
    A = np.sum(A_term)  # (20)
    A = A / N  # (20)
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

    (1)  r = 1
    """
    r = 1  # (1)
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
        "W1": packed[0:1024].reshape(8, 128),
        "U": packed[1024:5120].reshape(32, 128),
        "b1": packed[5120:5248],
        "W2": packed[5248:5568].reshape(32, 10),
        "b2": packed[5568:5578],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    epochs: int = 20,
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
    data = (x, label)
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
        self.z1 = np.empty((8, 128, N), dtype).transpose(2, 0, 1)
        self.z1_exp = np.empty((8, 128, N), dtype).transpose(2, 0, 1)
        self.g = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.c1 = np.empty((9, 32, N), dtype).transpose(2, 0, 1)
        self.c1_tanh = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.h = np.empty((9, 32, N), dtype).transpose(2, 0, 1)
        self.t = np.empty((128, N), dtype).T
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.u = np.empty((128, N), bool).T
        self.v = np.empty((128, N), dtype).T
        self.t2 = np.empty((32, N), dtype).T
        self.u2 = np.empty((32, N), dtype).T
        self.steps = [
            (
                self.h[:, j],
                self.z1[:, j],
                self.z1_exp[:, j],
                self.z1[:, j, 64:96],
                self.g[:, j],
                self.z1[:, j],
                self.z1[:, j, :32],
                self.z1[:, j, 32:64],
                self.c1[:, j],
                self.c1[:, j + 1],
                self.c1_tanh[:, j],
                self.z1[:, j, 96:],
                self.h[:, j + 1],
            )
            for j in range(8)
        ]
        self.z2 = np.empty((10, N), dtype).T
        self.spread = np.empty((10, N), dtype).T
        self.z2_max = np.empty((N,), dtype)
        self.s_term = np.empty((10, N), dtype).T
        self.s = np.empty((N,), dtype)
        self.ones = np.ones((10,), dtype)
        self.ones.flags.writeable = False
        self.s_rest_term = np.empty((10, N), dtype).T
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s_rest = np.empty((N,), dtype)
        self.L_term = np.empty((N,), dtype)
        self.u3 = np.empty((N,), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.ones2 = np.ones((N,), dtype)
        self.ones2.flags.writeable = False
        self.y1_bar = np.empty((N, 32), dtype)
        self.h_bar = np.empty((9, 32, N), dtype).transpose(2, 0, 1)
        self.four = np.asarray(4, dtype=dtype)
        self.four.flags.writeable = False
        self.t3 = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.u4 = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.c1_bar_factor = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.z1_bar_factor_2 = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.z1_bar_factor_3 = np.empty((8, 32, N), dtype).transpose(2, 0, 1)
        self.steps_back = [
            (
                self.h_bar[:, j + 1],
                self.c1_bar_factor[:, j],
                self.c1[:, j + 1],
                self.z1[:, j, 32:64],
                self.c1[:, j],
                self.c1_tanh[:, j],
                self.z1_exp[:, j, 96:],
                self.z1_bar_factor_2[:, j],
                self.z1_exp[:, j, 64:96],
                self.z1_bar_factor_3[:, j],
                self.z1_exp[:, j, 32:64],
                self.g[:, j],
                self.z1_exp[:, j, :32],
                self.z1_exp[:, j],
                self.h_bar[:, j],
            )
            for j in reversed(range(8))
        ]
        self.h_rows = np.empty((8, N, 32), dtype)
        self.z1_bar_rows = np.empty((8, N, 128), dtype)
        self.ones3 = np.ones((8 * N,), dtype)
        self.ones3.flags.writeable = False


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


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A matrix with orthonormal rows or columns (Saxe, McClelland, Ganguli 2014)."""
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)


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
