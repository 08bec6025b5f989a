"""lenet: reshape → conv2d → max_pooling2d → conv2d → max_pooling2d → flatten → dense → dense

Made by symbprop 0.1.0 from lenet.yaml (sha256 ec4ff9babaca8362).
To change it, change lenet.yaml and run: symbprop compile lenet.yaml
Verified by 104 probes; the certificate is sha256 c5a3ea66d0fe8817.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    i  f (64)    j  y (8)    k  y (8)    l  y (1)    u  z1 (8)    v  z1 (8)    m
    z1 (8)    o  K1 (3)    q  K1 (3)    r  y1 (4)    d  y1 (4)    a  y1 (2)    b  y1 (2)    g  z2
    (4)    e  z2 (4)    j1  z2 (16)    p1  K2 (3)    q1  K2 (3)    u1  y2 (2)    v1  y2 (2)    p2
    y2 (2)    q2  y2 (2)    j2  z3 (48)    k1  y2_2 (64)    j3  z4 (10)

Forward
    (1)  f[n,i] = x[n,i]
    (2)  y[n,j,k,l] = f[n,8·j+k+l]
    (3)  x_pad1[n,j+1,k+1,l] = y[n,j,k,l]
    (4)  z1[n,u,v,m] = Σ_{o,q,l} x_pad1[n,u+o,v+q,l] K1[o,q,l,m] + b1[m]
    (5)  h1[n,u,v,m] = max(z1[n,u,v,m], 0)
    (6)  y1[n,r,d,m] = max_{a,b} h1[n,2·r+a,2·d+b,m]
    (7)  x_pad2[n,r+1,d+1,m] = y1[n,r,d,m]
    (8)  z2[n,g,e,j1] = Σ_{p1,q1,m} x_pad2[n,g+p1,e+q1,m] K2[p1,q1,m,j1] + b2[j1]
    (9)  h2[n,g,e,j1] = max(z2[n,g,e,j1], 0)
    (10) y2[n,u1,v1,j1] = max_{p2,q2} h2[n,2·u1+p2,2·v1+q2,j1]
    (11) y2_2[n,32·u1+16·v1+j1] = y2[n,u1,v1,j1]
    (12) z3[n,j2] = Σ_{k1} y2_2[n,k1] W3[k1,j2] + b3[j2]
    (13) h3[n,j2] = max(z3[n,j2], 0)
    (14) z4[n,j3] = Σ_{j2} h3[n,j2] W4[j2,j3] + b4[j3]
    (15) z4_max[n] = max_{j3} z4[n,j3]
    (16) s_term[n,j3] = exp(z4[n,j3] − z4_max[n])
    (17) s[n] = Σ_{j3} s_term[n,j3]
    (18) p[n,j3] = s_term[n,j3] / s[n]
    (19) L = −Σₙ (z4[n,label[n]] − z4_max[n] − log(s[n])) / N
    (20) c[n] = argmax_{j3} p[n,j3]
    (21) A = Σₙ 1[c[n] = label[n]] / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (22) z̄4[n,j3] = (p[n,j3] − δ[j3,label[n]]) / N                        from (19)
    (23) b̄4[j3] = Σₙ z̄4[n,j3]                                             from (14)
    (24) h̄3[n,j2] = Σ_{j3} W4[j2,j3] z̄4[n,j3]                             from (14)
    (25) W̄4[j2,j3] = Σₙ h3[n,j2] z̄4[n,j3]                                 from (14)
    (26) z̄3[n,j2] = h̄3[n,j2] 1[z3[n,j2] > 0]                              from (13)
    (27) b̄3[j2] = Σₙ z̄3[n,j2]                                             from (12)
    (28) ȳ2_2[n,k1] = Σ_{j2} W3[k1,j2] z̄3[n,j2]                           from (12)
    (29) W̄3[k1,j2] = Σₙ y2_2[n,k1] z̄3[n,j2]                               from (12)
    (30) ȳ2[n,u1,v1,j1] = ȳ2_2[n,32·u1+16·v1+j1]                          from (11)
    (31) y2_at_p2[n,u1,v1,j1] = [argmax_{p2,q2} h2[n,2·u1+p2,2·v1+q2,j1]]_p2
    (32) y2_at_q2[n,u1,v1,j1] = [argmax_{p2,q2} h2[n,2·u1+p2,2·v1+q2,j1]]_q2
    (33) h̄2[n,i,j,j1] = Σ_{u1,v1} ȳ2[n,u1,v1,j1] δ[i,2·u1+y2_at_p2[n,u1,v1,j1]] δ[j,2·v1+y2_at_q2[n,u1,v1,j1]]  from (10)
    (34) z̄2[n,g,e,j1] = h̄2[n,g,e,j1] 1[z2[n,g,e,j1] > 0]                  from (9)
    (35) b̄2[j1] = Σ_{n,g,e} z̄2[n,g,e,j1]                                  from (8)
    (36) x̄_pad2[n,i,j,m] = Σ_{g,e,j1,p1,q1} K2[p1,q1,m,j1] z̄2[n,g,e,j1] δ[i,g+p1] δ[j,e+q1]  from (8)
    (37) K̄2[p1,q1,m,j1] = Σ_{n,g,e} x_pad2[n,g+p1,e+q1,m] z̄2[n,g,e,j1]    from (8)
    (38) ȳ1[n,r,d,m] = x̄_pad2[n,r+1,d+1,m]                                from (7)
    (39) y1_at_a[n,r,d,m] = [argmax_{a,b} h1[n,2·r+a,2·d+b,m]]_a
    (40) y1_at_b[n,r,d,m] = [argmax_{a,b} h1[n,2·r+a,2·d+b,m]]_b
    (41) h̄1[n,i,j,m] = Σ_{r,d} ȳ1[n,r,d,m] δ[i,2·r+y1_at_a[n,r,d,m]] δ[j,2·d+y1_at_b[n,r,d,m]]  from (6)
    (42) z̄1[n,u,v,m] = h̄1[n,u,v,m] 1[z1[n,u,v,m] > 0]                     from (5)
    (43) b̄1[m] = Σₙᵤᵥ z̄1[n,u,v,m]                                         from (4)
    (44) K̄1[o,q,l,m] = Σₙᵤᵥ x_pad1[n,u+o,v+q,l] z̄1[n,u,v,m]               from (4)

Cost of one call of the last function
    155917 N + 3 floating-point operations, 125696 N + 115400 bytes read or written (float64)
    4,858 parameters
    16752 N bytes kept from forward to backward: p, h3, z3, y2_2, h2, z2, x_pad2, h1, z1, x_pad1
"""

import numpy as np

NAME = "lenet"
VERSION = "0.1.0"
DTYPE = "float32"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "K1": (3, 3, 1, 8),
    "b1": (8,),
    "K2": (3, 3, 8, 16),
    "b2": (16,),
    "W3": (64, 48),
    "b3": (48,),
    "W4": (48, 10),
    "b4": (10,),
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
    "K1": "\\bar{K}^{(1)}_{oqlm} = \\sum_{n,u,v} x^{(\\mathrm{pad1})}_{n,u + o,v + q,l} \\bar{z}^{(1)}_{nuvm}",
    "b1": "\\bar{b}^{(1)}_{m} = \\sum_{n,u,v} \\bar{z}^{(1)}_{nuvm}",
    "K2": "\\bar{K}^{(2)}_{p_{1},q_{1},m,j_{1}} = \\sum_{n,g,e} x^{(\\mathrm{pad2})}_{n,g + p_{1},e + q_{1},m} \\bar{z}^{(2)}_{n,g,e,j_{1}}",
    "b2": "\\bar{b}^{(2)}_{j_{1}} = \\sum_{n,g,e} \\bar{z}^{(2)}_{n,g,e,j_{1}}",
    "W3": "\\bar{W}^{(3)}_{k_{1},j_{2}} = \\sum_{n} y^{(2)[2]}_{n,k_{1}} \\bar{z}^{(3)}_{n,j_{2}}",
    "b3": "\\bar{b}^{(3)}_{j_{2}} = \\sum_{n} \\bar{z}^{(3)}_{n,j_{2}}",
    "W4": "\\bar{W}^{(4)}_{j_{2},j_{3}} = \\sum_{n} h^{(3)}_{n,j_{2}} \\bar{z}^{(4)}_{n,j_{3}}",
    "b4": "\\bar{b}^{(4)}_{j_{3}} = \\sum_{n} \\bar{z}^{(4)}_{n,j_{3}}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        "K1": 0.2721655269759087 * rng.uniform(-1, 1, (3, 3, 1, 8)),  # glorot_uniform
        "b1": np.zeros((8,)),
        "K2": rng.uniform(-1, 1, (3, 3, 8, 16)) / 6,  # glorot_uniform
        "b2": np.zeros((16,)),
        "W3": 0.23145502494313785 * rng.uniform(-1, 1, (64, 48)),  # glorot_uniform
        "b3": np.zeros((48,)),
        "W4": 0.32163376045133846 * rng.uniform(-1, 1, (48, 10)),  # glorot_uniform
        "b4": np.zeros((10,)),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 10]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    K1, b1, K2, b2, W3, b3, W4, b4, x = arrays
    N = sizes["N"]
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    z1_part = np.dot(
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1).T,
        K1.reshape(9, 8),
    ).reshape(N, 8, 8, 8)
    z1_part_max = np.maximum(z1_part[:, :7:2, :7:2], z1_part[:, :7:2, 1::2])  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, :7:2], out=z1_part_max)  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, 1::2], out=z1_part_max)  # (6)
    z1_max = np.add(b1, z1_part_max, out=z1_part_max)  # (4)
    y1 = np.maximum(z1_max, 0, out=z1_max)  # (5); y1 lives in z1_max
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    z2_part = np.dot(
        _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72),
        K2.reshape(72, 16),
    ).reshape(N, 4, 4, 16)
    z2_part_max = np.maximum(z2_part[:, :3:2, :3:2], z2_part[:, :3:2, 1::2])  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, :3:2], out=z2_part_max)  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, 1::2], out=z2_part_max)  # (10)
    z2_max = np.add(b2, z2_part_max, out=z2_part_max)  # (8)
    y2 = np.maximum(z2_max, 0, out=z2_max)  # (9); y2 lives in z2_max
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = y2_2.dot(W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0, out=z3)  # (13); h3 lives in z3
    z4 = h3.dot(W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    np.subtract(z4, z4_max[:, None], out=z4)  # (16) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (16); s_term lives in z4
    s = np.sum(s_term, axis=1)  # (17)
    p = np.divide(s_term, s[:, None], out=s_term)  # (18); p lives in s_term
    return p


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    K1, b1, K2, b2, W3, b3, W4, b4, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    z1_part = np.dot(
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1).T,
        K1.reshape(9, 8),
    ).reshape(N, 8, 8, 8)
    z1_part_max = np.maximum(z1_part[:, :7:2, :7:2], z1_part[:, :7:2, 1::2])  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, :7:2], out=z1_part_max)  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, 1::2], out=z1_part_max)  # (6)
    z1_max = np.add(b1, z1_part_max, out=z1_part_max)  # (4)
    y1 = np.maximum(z1_max, 0, out=z1_max)  # (5); y1 lives in z1_max
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    z2_part = np.dot(
        _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72),
        K2.reshape(72, 16),
    ).reshape(N, 4, 4, 16)
    z2_part_max = np.maximum(z2_part[:, :3:2, :3:2], z2_part[:, :3:2, 1::2])  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, :3:2], out=z2_part_max)  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, 1::2], out=z2_part_max)  # (10)
    z2_max = np.add(b2, z2_part_max, out=z2_part_max)  # (8)
    y2 = np.maximum(z2_max, 0, out=z2_max)  # (9); y2 lives in z2_max
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = y2_2.dot(W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0, out=z3)  # (13); h3 lives in z3
    z4 = h3.dot(W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    t = np.subtract(z4, z4_max[:, None])  # (16) z4 − z4_max
    s_term = np.exp(t, out=t)  # (16)
    s_place = z4.argmax(axis=1)  # (17)
    s_rest_term = s_term  # (17)
    s_rest_term[np.arange(N), s_place] = 0  # (17)
    s_rest = np.sum(s_rest_term, axis=1)  # (17)
    t = np.subtract(z4[np.arange(N), label], z4_max)  # (19) z4 − z4_max
    u = np.log1p(s_rest)  # (19) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (19)
    L = np.sum(L_term)  # (19)
    L = (-L) / N  # (19)
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
    A batch of 601 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(params, {"x": x, "label": label})
    K1, b1, K2, b2, W3, b3, W4, b4, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 194 stay in the cache
        microbatch = N if N < 601 else -(-N // (N // 194))
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
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = work.x_pad1  # (3)
    x_pad1.fill(0)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    x_pad1_windows = work.x_pad1_windows
    # (4)
    np.copyto(
        x_pad1_windows.reshape(3, 3, 1, 8, 8, N),
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 1, 2, 0),
    )
    z1_part = work.z1_part
    # (4)
    np.dot(
        K1.reshape(9, 8).T,
        x_pad1_windows,
        out=z1_part.transpose(3, 1, 2, 0).reshape(8, 64 * N),
    )
    # (6)
    z1_part_max = np.maximum(
        z1_part[:, :7:2, :7:2], z1_part[:, :7:2, 1::2], out=work.z1_part_max
    )
    np.maximum(z1_part_max, z1_part[:, 1::2, :7:2], out=z1_part_max)  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, 1::2], out=z1_part_max)  # (6)
    z1_max = np.add(b1, z1_part_max, out=work.z1_max)  # (4)
    y1 = np.maximum(z1_max, work.zero, out=work.y1)  # (5)
    x_pad2 = work.x_pad2  # (7)
    x_pad2.fill(0)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    x_pad2_windows = work.x_pad2_windows
    # (8)
    np.copyto(
        x_pad2_windows.reshape(6, 3, 8, 4, N),
        _windows(x_pad2, (3,), (2,)).transpose(1, 4, 3, 2, 0),
    )
    # for each row of windows a matrix; they overlap
    x_pad2_bands = _windows(x_pad2_windows, (72,), (0,))[::24].transpose(0, 2, 1)
    z2_part = work.z2_part
    # (8)
    np.matmul(
        K2.reshape(72, 16).T,
        x_pad2_bands,
        out=z2_part.transpose(1, 3, 2, 0).reshape(4, 16, 4 * N),
    )
    # (10)
    z2_part_max = np.maximum(
        z2_part[:, :3:2, :3:2], z2_part[:, :3:2, 1::2], out=work.z2_part_max
    )
    np.maximum(z2_part_max, z2_part[:, 1::2, :3:2], out=z2_part_max)  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, 1::2], out=z2_part_max)  # (10)
    z2_max = np.add(b2, z2_part_max, out=work.z2_max)  # (8)
    y2 = np.maximum(z2_max, work.zero, out=work.y2)  # (9)
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = y2_2.dot(W3, out=work.z3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, work.zero, out=work.h3)  # (13)
    z4 = work.z4
    W4.T.dot(h3.T, out=z4.T)  # (14)
    work.spread[...] = b4  # (14)
    z4 += work.spread  # (14)
    z4_max = np.maximum.reduce(z4, axis=1, out=work.z4_max)  # (15)
    work.spread[...] = z4_max[:, None]  # (16)
    t = np.subtract(z4, work.spread, out=work.s_term)  # (16) z4 − z4_max
    s_term = np.exp(t, out=t)  # (16)
    s = work.ones.dot(s_term.T, out=work.s)  # (17)
    s_place = z4.argmax(axis=1)  # (17)
    s_rest_term = work.s_rest_term
    np.copyto(s_rest_term, s_term)  # (17)
    s_rest_term[work.numbers, s_place] = 0  # (17)
    s_rest = work.ones.dot(s_rest_term.T, out=work.s_rest)  # (17)
    work.spread[...] = s[:, None]  # (18)
    p = np.divide(s_term, work.spread, out=work.s_rest_term)  # (18)
    t = np.subtract(z4[work.numbers, label], z4_max, out=work.L_term)  # (19)
    u = np.log1p(s_rest, out=work.u)  # (19) log1p(s_rest)
    L_term = np.subtract(t, u, out=t)  # (19)
    L = np.add.reduce(L_term)  # (19)
    L = (-L) / N  # (19)
    t = np.subtract(work.one, s_term[work.numbers, label], out=work.L_term)  # (22)
    np.add(s_rest, t, out=t)  # (22) s_rest + 1 − s_term
    work.scale[...] = -cotangent / N
    np.multiply(work.scale, t, out=t)
    z4_bar_chosen = np.divide(t, s, out=t)  # (22)
    work.scale[...] = cotangent / N
    z4_bar = np.multiply(work.scale, p, out=work.s_term)  # (22)
    z4_bar[work.numbers, label] = z4_bar_chosen  # (22)
    b4_bar = z4_bar.T.dot(work.ones2, out=out["b4"])  # (23)
    h3_bar = z4_bar.dot(W4.T, out=work.h3_bar)  # (24)
    W4_bar = h3.T.dot(z4_bar, out=out["W4"])  # (25)
    t = np.greater(z3, work.zero, out=work.t)
    z3_bar = np.multiply(h3_bar, t, out=h3_bar)  # (26); z3_bar lives in h3_bar
    b3_bar = work.ones2.dot(z3_bar, out=out["b3"])  # (27)
    y2_2_bar = work.y2_2_bar
    W3.dot(z3_bar.T, out=y2_2_bar.T)  # (28)
    W3_bar = y2_2.T.dot(z3_bar, out=out["W3"])  # (29)
    y2_bar = y2_2_bar.reshape(N, 2, 2, 16)  # (30)
    # (31)
    y2_at = _argmax(
        z2_part.reshape(N, 2, 2, 2, 2, 16).transpose(0, 1, 3, 5, 2, 4),
        (4, 5),
        z2_part_max,
    )
    y2_at_p2 = y2_at // 2  # (31)
    y2_at_q2 = y2_at & 1  # (32)
    t = np.greater(z2_max, work.zero, out=work.t2)
    z2_max_bar = np.multiply(y2_bar, t, out=work.y2)  # (34)
    z2_bar = work.z2_part  # (33)
    for q in range(2):  # (33)
        for r in range(2):
            t = np.equal(y2_at_p2, q, out=work.t2)
            u = np.equal(y2_at_q2, r, out=work.u2)
            np.logical_and(t, u, out=t)
            np.multiply(z2_max_bar, t, out=z2_bar[:, q : q + 3 : 2, r : r + 3 : 2])
    b2_bar = np.add.reduce(z2_max_bar, axis=(0, 1, 2), out=out["b2"])  # (35)
    x_pad2_bar = work.x_pad2_bar  # (36)
    x_pad2_bar.fill(0)
    x_pad2_bar_bands = work.x_pad2_bar_bands  # (36)
    x_pad2_bar_bands.fill(0)
    for p1 in range(3):  # (36)
        x_pad2_bar_bands[p1 : p1 + 4] += np.matmul(
            K2[p1].reshape(-1, 16), z2_bar.transpose(1, 3, 2, 0).reshape(4, 16, -1)
        ).reshape(4, 3, 8, 4, N)
    for q1 in range(3):  # (36)
        x_pad2_bar[:, :, q1 : q1 + 4] += x_pad2_bar_bands[:, q1].transpose(3, 0, 2, 1)
    # (37)
    K2_bar = np.matmul(
        x_pad2_bands, z2_bar.transpose(1, 2, 0, 3).reshape(4, -1, 16)
    ).sum(axis=0).reshape(3, 3, 8, 16)
    y1_bar = x_pad2_bar[:, 1:5, 1:5]  # (38)
    # (39)
    y1_at = _argmax(
        z1_part.reshape(N, 4, 2, 4, 2, 8).transpose(0, 1, 3, 5, 2, 4),
        (4, 5),
        z1_part_max,
    )
    y1_at_a = y1_at // 2  # (39)
    y1_at_b = y1_at & 1  # (40)
    t = np.greater(z1_max, work.zero, out=work.t3)
    z1_max_bar = np.multiply(y1_bar, t, out=work.y1)  # (42)
    z1_bar = work.z1_part  # (41)
    for q in range(2):  # (41)
        for r in range(2):
            t = np.equal(y1_at_a, q, out=work.t3)
            u = np.equal(y1_at_b, r, out=work.u3)
            np.logical_and(t, u, out=t)
            np.multiply(z1_max_bar, t, out=z1_bar[:, q : q + 7 : 2, r : r + 7 : 2])
    b1_bar = np.add.reduce(z1_max_bar, axis=(0, 1, 2), out=out["b1"])  # (43)
    # (44)
    K1_bar = np.dot(
        x_pad1_windows, z1_bar.transpose(3, 1, 2, 0).reshape(8, -1).T
    ).reshape(3, 3, 1, 8)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "K1": _into(out["K1"], K1_bar),
        "b1": b1_bar,
        "K2": _into(out["K2"], K2_bar),
        "b2": b2_bar,
        "W3": W3_bar,
        "b3": b3_bar,
        "W4": W4_bar,
        "b4": b4_bar,
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
    K1, b1, K2, b2, W3, b3, W4, b4, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    np.setbufsize(1024)  # longer rows are read where they are
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    z1_part = np.dot(
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1).T,
        K1.reshape(9, 8),
    ).reshape(N, 8, 8, 8)
    z1_part_max = np.maximum(z1_part[:, :7:2, :7:2], z1_part[:, :7:2, 1::2])  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, :7:2], out=z1_part_max)  # (6)
    np.maximum(z1_part_max, z1_part[:, 1::2, 1::2], out=z1_part_max)  # (6)
    z1_max = np.add(b1, z1_part_max, out=z1_part_max)  # (4)
    y1 = np.maximum(z1_max, 0, out=z1_max)  # (5); y1 lives in z1_max
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    z2_part = np.dot(
        _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72),
        K2.reshape(72, 16),
    ).reshape(N, 4, 4, 16)
    z2_part_max = np.maximum(z2_part[:, :3:2, :3:2], z2_part[:, :3:2, 1::2])  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, :3:2], out=z2_part_max)  # (10)
    np.maximum(z2_part_max, z2_part[:, 1::2, 1::2], out=z2_part_max)  # (10)
    z2_max = np.add(b2, z2_part_max, out=z2_part_max)  # (8)
    y2 = np.maximum(z2_max, 0, out=z2_max)  # (9); y2 lives in z2_max
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = y2_2.dot(W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0, out=z3)  # (13); h3 lives in z3
    z4 = h3.dot(W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    np.subtract(z4, z4_max[:, None], out=z4)  # (16) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (16); s_term lives in z4
    s = np.sum(s_term, axis=1)  # (17)
    p = np.divide(s_term, s[:, None], out=s_term)  # (18); p lives in s_term
    c = p.argmax(axis=1)  # (20)
    t = np.equal(c.astype(dtype), label.astype(dtype))
    A_term = np.multiply(np.asarray(1, dtype), t)  # (21)
    A = np.sum(A_term)  # (21)
    A = A / N  # (21)
    values = {
        "accuracy": float(A),
    }
    return values


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

    (1)  r = 0.003
    """
    r = 0.003  # (1)
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
        "K1": packed[0:72].reshape(3, 3, 1, 8),
        "b1": packed[72:80],
        "K2": packed[80:1232].reshape(3, 3, 8, 16),
        "b2": packed[1232:1248],
        "W3": packed[1248:4320].reshape(64, 48),
        "b3": packed[4320:4368],
        "W4": packed[4368:4848].reshape(48, 10),
        "b4": packed[4848:4858],
    }


def fit(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
    *,
    epochs: int = 25,
    batch_size: int | None = 16,
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
        self.x_pad1 = np.empty((1, 10, 10, N), dtype).transpose(3, 1, 2, 0)
        self.x_pad1_windows = np.empty((9, 64 * N), dtype)
        self.z1_part = np.empty((8, 8, 8, N), dtype).transpose(3, 1, 2, 0)
        self.z1_part_max = np.empty((8, 4, 4, N), dtype).transpose(3, 1, 2, 0)
        self.z1_max = np.empty((8, 4, 4, N), dtype).transpose(3, 1, 2, 0)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.y1 = np.empty((8, 4, 4, N), dtype).transpose(3, 1, 2, 0)
        self.x_pad2 = np.empty((8, 6, 6, N), dtype).transpose(3, 1, 2, 0)
        self.x_pad2_windows = np.empty((144, 4 * N), dtype)
        self.z2_part = np.empty((16, 4, 4, N), dtype).transpose(3, 1, 2, 0)
        self.z2_part_max = np.empty((16, 2, 2, N), dtype).transpose(3, 1, 2, 0)
        self.z2_max = np.empty((16, 2, 2, N), dtype).transpose(3, 1, 2, 0)
        self.y2 = np.empty((16, 2, 2, N), dtype).transpose(3, 1, 2, 0)
        self.z3 = np.empty((N, 48), dtype)
        self.h3 = np.empty((N, 48), dtype)
        self.z4 = np.empty((10, N), dtype).T
        self.spread = np.empty((10, N), dtype).T
        self.z4_max = np.empty((N,), dtype)
        self.s_term = np.empty((10, N), dtype).T
        self.s = np.empty((N,), dtype)
        self.ones = np.ones((10,), dtype)
        self.ones.flags.writeable = False
        self.s_rest_term = np.empty((10, N), dtype).T
        self.numbers = np.arange(N, dtype=np.intp)
        self.numbers.flags.writeable = False
        self.s_rest = np.empty((N,), dtype)
        self.L_term = np.empty((N,), dtype)
        self.u = np.empty((N,), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.scale = np.empty((), dtype=dtype)
        self.ones2 = np.ones((N,), dtype)
        self.ones2.flags.writeable = False
        self.h3_bar = np.empty((N, 48), dtype)
        self.t = np.empty((N, 48), bool)
        self.y2_2_bar = np.empty((64, N), dtype).T
        self.t2 = np.empty((16, 2, 2, N), bool).transpose(3, 1, 2, 0)
        self.u2 = np.empty((16, 2, 2, N), bool).transpose(3, 1, 2, 0)
        self.x_pad2_bar = np.empty((8, 6, 6, N), dtype).transpose(3, 1, 2, 0)
        self.x_pad2_bar_bands = np.empty((6, 3, 8, 4, N), dtype)
        self.t3 = np.empty((8, 4, 4, N), bool).transpose(3, 1, 2, 0)
        self.u3 = np.empty((8, 4, 4, N), bool).transpose(3, 1, 2, 0)


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


def _argmax(
    array: np.ndarray, axes: tuple[int, ...], largest: np.ndarray | None = None
) -> np.ndarray:
    """The row-major position of the first maximum along a few short axes.

    It is how many places come before the one that is equal to the largest.
    """
    places = np.moveaxis(array, axes, range(len(axes)))
    first, *others = np.ndindex(places.shape[: len(axes)])
    if largest is None:
        largest = places[first].copy(order="K")  # what follows lies in memory as it does
        for place in others:
            np.maximum(largest, places[place], out=largest)
    before = np.not_equal(places[first], largest)
    at = before.astype(np.int8 if len(others) < 127 else np.intp)
    also = np.empty_like(before)
    for place in others[:-1]:
        np.not_equal(places[place], largest, out=also)
        np.logical_and(before, also, out=before)
        at += before
    return at


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


def _windows(
    array: np.ndarray, sizes: tuple[int, ...], axes: tuple[int, ...]
) -> np.ndarray:
    """Every window of these sizes along these axes, as a view: places inside it last."""
    shape = list(array.shape)
    for size, axis in zip(sizes, axes):
        shape[axis] -= size - 1
    strides = (*array.strides, *(array.strides[axis] for axis in axes))
    return np.lib.stride_tricks.as_strided(
        array, (*shape, *sizes), strides, writeable=False
    )
