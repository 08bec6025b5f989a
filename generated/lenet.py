"""lenet: reshape → conv2d → max_pooling2d → conv2d → max_pooling2d → flatten → dense → dense

Made by symbprop 0.1.0 from lenet.yaml (sha256 b90e2f206305f551).
To change it, change lenet.yaml and run: symbprop compile lenet.yaml

Axes
    n  example (N)    i  f (64)    j  y (8)    k  y (8)    l  y (1)    u  z1 (8)    v  z1 (8)    m
    z1 (8)    o  K1 (3)    q  K1 (3)    r  y1 (4)    d  y1 (4)    c  y1 (2)    a  y1 (2)    b  z2
    (4)    g  z2 (4)    e  z2 (16)    p1  K2 (3)    q1  K2 (3)    u1  y2 (2)    v1  y2 (2)    p2  y2
    (2)    q2  y2 (2)    j1  z3 (48)    k1  y2_2 (64)    j2  z4 (10)

Forward
    (1)  f[n,i] = x[n,i]
    (2)  y[n,j,k,l] = f[n,8·j+k+l]
    (3)  x_pad1[n,j+1,k+1,l] = y[n,j,k,l]
    (4)  z1[n,u,v,m] = Σ_{o,q,l} x_pad1[n,u+o,v+q,l] K1[o,q,l,m] + b1[m]
    (5)  h1[n,u,v,m] = max(z1[n,u,v,m], 0)
    (6)  y1[n,r,d,m] = max_{c,a} h1[n,2·r+c,2·d+a,m]
    (7)  x_pad2[n,r+1,d+1,m] = y1[n,r,d,m]
    (8)  z2[n,b,g,e] = Σ_{p1,q1,m} x_pad2[n,b+p1,g+q1,m] K2[p1,q1,m,e] + b2[e]
    (9)  h2[n,b,g,e] = max(z2[n,b,g,e], 0)
    (10) y2[n,u1,v1,e] = max_{p2,q2} h2[n,2·u1+p2,2·v1+q2,e]
    (11) y2_2[n,32·u1+16·v1+e] = y2[n,u1,v1,e]
    (12) z3[n,j1] = Σ_{k1} y2_2[n,k1] W3[k1,j1] + b3[j1]
    (13) h3[n,j1] = max(z3[n,j1], 0)
    (14) z4[n,j2] = Σ_{j1} h3[n,j1] W4[j1,j2] + b4[j2]
    (15) z4_max[n] = max_{j2} z4[n,j2]
    (16) s_term[n,j2] = exp(z4[n,j2] − z4_max[n])
    (17) s[n] = Σ_{j2} s_term[n,j2]
    (18) p[n,j2] = s_term[n,j2] / s[n]
    (19) L = −Σₙ (z4[n,label[n]] − z4_max[n] − log(s[n])) / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (20) z̄4[n,j2] = (p[n,j2] − δ[j2,label[n]]) / N                       from (19)
    (21) b̄4[j2] = Σₙ z̄4[n,j2]                                           from (14)
    (22) h̄3[n,j1] = Σ_{j2} W4[j1,j2] z̄4[n,j2]                           from (14)
    (23) W̄4[j1,j2] = Σₙ h3[n,j1] z̄4[n,j2]                               from (14)
    (24) z̄3[n,j1] = h̄3[n,j1] 1[z3[n,j1] > 0]                            from (13)
    (25) b̄3[j1] = Σₙ z̄3[n,j1]                                           from (12)
    (26) ȳ2_2[n,k1] = Σ_{j1} W3[k1,j1] z̄3[n,j1]                          from (12)
    (27) W̄3[k1,j1] = Σₙ y2_2[n,k1] z̄3[n,j1]                             from (12)
    (28) ȳ2[n,u1,v1,e] = ȳ2_2[n,32·u1+16·v1+e]                            from (11)
    (29) y2_at_p2[n,u1,v1,e] = [argmax_{p2,q2} h2[n,2·u1+p2,2·v1+q2,e]]_p2
    (30) y2_at_q2[n,u1,v1,e] = [argmax_{p2,q2} h2[n,2·u1+p2,2·v1+q2,e]]_q2
    (31) h̄2[n,i,j,e] = Σ_{u1,v1} ȳ2[n,u1,v1,e] δ[i,2·u1+y2_at_p2[n,u1,v1,e]] δ[j,2·v1+y2_at_q2[n,u1,v1,e]]  from (10)
    (32) z̄2[n,b,g,e] = h̄2[n,b,g,e] 1[z2[n,b,g,e] > 0]                   from (9)
    (33) b̄2[e] = Σ_{n,b,g} z̄2[n,b,g,e]                                  from (8)
    (34) x̄_pad2[n,i,j,m] = Σ_{b,g,e,p1,q1} K2[p1,q1,m,e] z̄2[n,b,g,e] δ[i,b+p1] δ[j,g+q1]  from (8)
    (35) K̄2[p1,q1,m,e] = Σ_{n,b,g} x_pad2[n,b+p1,g+q1,m] z̄2[n,b,g,e]    from (8)
    (36) ȳ1[n,r,d,m] = x̄_pad2[n,r+1,d+1,m]                               from (7)
    (37) y1_at_c[n,r,d,m] = [argmax_{c,a} h1[n,2·r+c,2·d+a,m]]_c
    (38) y1_at_a[n,r,d,m] = [argmax_{c,a} h1[n,2·r+c,2·d+a,m]]_a
    (39) h̄1[n,i,j,m] = Σ_{r,d} ȳ1[n,r,d,m] δ[i,2·r+y1_at_c[n,r,d,m]] δ[j,2·d+y1_at_a[n,r,d,m]]  from (6)
    (40) z̄1[n,u,v,m] = h̄1[n,u,v,m] 1[z1[n,u,v,m] > 0]                   from (5)
    (41) b̄1[m] = Σₙᵤᵥ z̄1[n,u,v,m]                                       from (4)
    (42) K̄1[o,q,l,m] = Σₙᵤᵥ x_pad1[n,u+o,v+q,l] z̄1[n,u,v,m]             from (4)

Cost of one call of the last function
    158194 N + 3 floating-point operations, 138992 N + 115400 bytes read or written (float64)
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
    "K2": "\\bar{K}^{(2)}_{p_{1},q_{1},m,e} = \\sum_{n,b,g} x^{(\\mathrm{pad2})}_{n,b + p_{1},g + q_{1},m} \\bar{z}^{(2)}_{nbge}",
    "b2": "\\bar{b}^{(2)}_{e} = \\sum_{n,b,g} \\bar{z}^{(2)}_{nbge}",
    "W3": "\\bar{W}^{(3)}_{k_{1},j_{1}} = \\sum_{n} \\mathrm{y2\\_2}_{n,k_{1}} \\bar{z}^{(3)}_{n,j_{1}}",
    "b3": "\\bar{b}^{(3)}_{j_{1}} = \\sum_{n} \\bar{z}^{(3)}_{n,j_{1}}",
    "W4": "\\bar{W}^{(4)}_{j_{1},j_{2}} = \\sum_{n} h^{(3)}_{n,j_{1}} \\bar{z}^{(4)}_{n,j_{2}}",
    "b4": "\\bar{b}^{(4)}_{j_{2}} = \\sum_{n} \\bar{z}^{(4)}_{n,j_{2}}",
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


def forward(
    params: dict[str, np.ndarray],
    x: np.ndarray,
) -> np.ndarray:
    """The output: p [N, 10]."""
    dtype, arrays, sizes = _arguments(params, {"x": x})
    K1, b1, K2, b2, W3, b3, W4, b4, x = arrays
    N = sizes["N"]
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    z1 = np.dot(
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1).T,
        K1.reshape(9, 8),
    ).reshape(N, 8, 8, 8)
    z1 += b1  # (4)
    h1 = np.maximum(z1, 0, out=z1)  # (5); h1 lives in z1
    y1 = h1[:, :7:2, :7:2].copy()  # (6)
    for c in range(2):
        for a in range(2):
            np.maximum(y1, h1[:, c : c + 7 : 2, a : a + 7 : 2], out=y1)
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    z2 = np.dot(
        _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72),
        K2.reshape(72, 16),
    ).reshape(N, 4, 4, 16)
    z2 += b2  # (8)
    h2 = np.maximum(z2, 0, out=z2)  # (9); h2 lives in z2
    y2 = h2[:, :3:2, :3:2].copy()  # (10)
    for p2 in range(2):
        for q2 in range(2):
            np.maximum(y2, h2[:, p2 : p2 + 3 : 2, q2 : q2 + 3 : 2], out=y2)
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = np.dot(y2_2, W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0, out=z3)  # (13); h3 lives in z3
    z4 = np.dot(h3, W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    np.subtract(z4, z4_max[:, None], out=z4)  # (16) z4 − z4_max
    s_term = np.exp(z4, out=z4)  # (16); s_term lives in z4
    s = np.sum(s_term, axis=1)  # (17)
    p = np.divide(s_term, s[:, None], out=s_term)  # (18); p lives in s_term
    return p


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
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    z1 = np.dot(
        _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1).T,
        K1.reshape(9, 8),
    ).reshape(N, 8, 8, 8)
    z1 += b1  # (4)
    h1 = np.maximum(z1, 0, out=z1)  # (5); h1 lives in z1
    y1 = h1[:, :7:2, :7:2].copy()  # (6)
    for c in range(2):
        for a in range(2):
            np.maximum(y1, h1[:, c : c + 7 : 2, a : a + 7 : 2], out=y1)
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    z2 = np.dot(
        _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72),
        K2.reshape(72, 16),
    ).reshape(N, 4, 4, 16)
    z2 += b2  # (8)
    h2 = np.maximum(z2, 0, out=z2)  # (9); h2 lives in z2
    y2 = h2[:, :3:2, :3:2].copy()  # (10)
    for p2 in range(2):
        for q2 in range(2):
            np.maximum(y2, h2[:, p2 : p2 + 3 : 2, q2 : q2 + 3 : 2], out=y2)
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = np.dot(y2_2, W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0, out=z3)  # (13); h3 lives in z3
    z4 = np.dot(h3, W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    t = np.subtract(z4, z4_max[:, None])  # (16) z4 − z4_max
    s_term = np.exp(t, out=t)  # (16)
    s = np.sum(s_term, axis=1)  # (17)
    t = np.log(s)  # (19) log(s)
    u = np.subtract(z4[np.arange(N), label], z4_max)
    L_term = np.subtract(u, t, out=u)  # (19)
    L = np.sum(L_term)  # (19)
    L = (-L) / N  # (19)
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
    K1, b1, K2, b2, W3, b3, W4, b4, x, label = arrays
    N = sizes["N"]
    _require_examples(sizes)
    f = x  # (1)
    y = f.reshape(N, 8, 8)[:, :, :, None]  # (2)
    x_pad1 = np.zeros((N, 10, 10, 1), dtype)  # (3)
    x_pad1[:, 1:9, 1:9] = y  # (3)
    # (4)
    x_pad1_windows = _windows(x_pad1, (3, 3), (1, 2)).transpose(4, 5, 3, 0, 1, 2).reshape(9, -1)
    z1 = np.dot(x_pad1_windows.T, K1.reshape(9, 8)).reshape(N, 8, 8, 8)  # (4)
    z1 += b1  # (4)
    h1 = np.maximum(z1, 0)  # (5)
    y1 = h1[:, :7:2, :7:2].copy()  # (6)
    for c in range(2):
        for a in range(2):
            np.maximum(y1, h1[:, c : c + 7 : 2, a : a + 7 : 2], out=y1)
    x_pad2 = np.zeros((N, 6, 6, 8), dtype)  # (7)
    x_pad2[:, 1:5, 1:5] = y1  # (7)
    # (8)
    x_pad2_windows = _windows(x_pad2, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 72)
    z2 = np.dot(x_pad2_windows, K2.reshape(72, 16)).reshape(N, 4, 4, 16)  # (8)
    z2 += b2  # (8)
    h2 = np.maximum(z2, 0)  # (9)
    y2 = h2[:, :3:2, :3:2].copy()  # (10)
    for p2 in range(2):
        for q2 in range(2):
            np.maximum(y2, h2[:, p2 : p2 + 3 : 2, q2 : q2 + 3 : 2], out=y2)
    y2_2 = y2.reshape(N, 64)  # (11)
    z3 = np.dot(y2_2, W3)  # (12)
    z3 += b3  # (12)
    h3 = np.maximum(z3, 0)  # (13)
    z4 = np.dot(h3, W4)  # (14)
    z4 += b4  # (14)
    z4_max = np.max(z4, axis=1)  # (15)
    t = np.subtract(z4, z4_max[:, None])  # (16) z4 − z4_max
    s_term = np.exp(t, out=t)  # (16)
    s = np.sum(s_term, axis=1)  # (17)
    p = np.divide(s_term, s[:, None], out=s_term)  # (18); p lives in s_term
    t = np.log(s)  # (19) log(s)
    u = np.subtract(z4[np.arange(N), label], z4_max)
    L_term = np.subtract(u, t, out=u)  # (19)
    L = np.sum(L_term)  # (19)
    L = (-L) / N  # (19)
    z4_bar = np.multiply(cotangent / N, p)  # (20)
    z4_bar[np.arange(N), label] -= cotangent / N  # (20)
    b4_bar = np.sum(z4_bar, axis=0)  # (21)
    h3_bar = np.dot(z4_bar, W4.T)  # (22)
    W4_bar = np.dot(h3.T, z4_bar)  # (23)
    t = np.greater(z3, 0)
    z3_bar = np.multiply(h3_bar, t, out=h3_bar)  # (24); z3_bar lives in h3_bar
    b3_bar = np.sum(z3_bar, axis=0)  # (25)
    y2_2_bar = np.dot(z3_bar, W3.T)  # (26)
    W3_bar = np.dot(y2_2.T, z3_bar)  # (27)
    y2_bar = y2_2_bar.reshape(N, 2, 2, 16)  # (28)
    # (29)
    y2_at = _argmax(h2.reshape(N, 2, 2, 2, 2, 16).transpose(0, 1, 3, 5, 2, 4), (4, 5))
    y2_at_p2 = y2_at // 2  # (29)
    y2_at_q2 = y2_at % 2  # (30)
    h2_bar = np.zeros((N, 4, 4, 16), dtype)  # (31)
    for q in range(2):  # (31)
        for r in range(2):
            t = np.equal(y2_at_p2, q)
            u = np.equal(y2_at_q2, r)
            np.logical_and(t, u, out=t)
            u = np.multiply(y2_bar, t)
            h2_bar[:, q : q + 3 : 2, r : r + 3 : 2] += u
    t = np.greater(z2, 0)
    z2_bar = np.multiply(h2_bar, t, out=h2_bar)  # (32); z2_bar lives in h2_bar
    b2_bar = np.sum(z2_bar, axis=(0, 1, 2))  # (33)
    x_pad2_bar = np.zeros((N, 6, 6, 8), dtype)  # (34)
    for p1 in range(3):  # (34)
        for q1 in range(3):
            x_pad2_bar[:, p1 : p1 + 4, q1 : q1 + 4] += np.tensordot(
                z2_bar, K2[p1, q1], axes=([3], [1])
            )
    # (35)
    K2_bar = np.dot(x_pad2_windows.T, z2_bar.reshape(-1, 16)).reshape(3, 3, 8, 16)
    y1_bar = x_pad2_bar[:, 1:5, 1:5]  # (36)
    # (37)
    y1_at = _argmax(h1.reshape(N, 4, 2, 4, 2, 8).transpose(0, 1, 3, 5, 2, 4), (4, 5))
    y1_at_c = y1_at // 2  # (37)
    y1_at_a = y1_at % 2  # (38)
    h1_bar = np.zeros((N, 8, 8, 8), dtype)  # (39)
    for q in range(2):  # (39)
        for r in range(2):
            t = np.equal(y1_at_c, q)
            u = np.equal(y1_at_a, r)
            np.logical_and(t, u, out=t)
            u = np.multiply(y1_bar, t)
            h1_bar[:, q : q + 7 : 2, r : r + 7 : 2] += u
    t = np.greater(z1, 0)
    z1_bar = np.multiply(h1_bar, t, out=h1_bar)  # (40); z1_bar lives in h1_bar
    b1_bar = np.sum(z1_bar, axis=(0, 1, 2))  # (41)
    K1_bar = np.dot(x_pad1_windows, z1_bar.reshape(-1, 8)).reshape(3, 3, 1, 8)  # (42)
    grads = {
        "K1": K1_bar,
        "b1": b1_bar,
        "K2": K2_bar,
        "b2": b2_bar,
        "W3": W3_bar,
        "b3": b3_bar,
        "W4": W4_bar,
        "b4": b4_bar,
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


def _argmax(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The row-major position of the first maximum along a few short axes.

    Each place is compared with the best before it, all windows at once.
    """
    places = np.moveaxis(array, axes, range(len(axes)))
    best = places[(0,) * len(axes)].copy()
    count = int(np.prod(places.shape[: len(axes)]))
    at = np.zeros(best.shape, np.int8 if count < 128 else np.intp)
    for position, place in enumerate(np.ndindex(places.shape[: len(axes)])):
        better = np.greater(places[place], best).astype(at.dtype)
        np.maximum(best, places[place], out=best)
        np.maximum(at, better * at.dtype.type(position), out=at)
    return at


def _windows(array: np.ndarray, sizes: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """Every window of these sizes along these axes, as a view: places inside it last."""
    return np.lib.stride_tricks.sliding_window_view(array, sizes, axes)
