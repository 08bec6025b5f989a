"""two_towers: dense → dense → dense → dense → cosine → formula

Made by symbprop 0.1.0 from two_towers.yaml (sha256 e079cd47905f0e81).
To change it, change two_towers.yaml and run: symbprop compile two_towers.yaml
Verified by 62 probes; the certificate is sha256 e73156a8d50d0655.
Accuracy: accurate, each equation in a form that keeps its digits for numbers of any size.

Axes
    n  example (N)    j  z_left_hidden (64)    k  left (64)    m  left_code (16)

Forward
    (1)  z_left_hidden[n,j] = Σₖ left[n,k] W_left_hidden[k,j] + b_left_hidden[j]
    (2)  left_hidden[n,j] = max(z_left_hidden[n,j], 0)
    (3)  left_code[n,m] = Σⱼ left_hidden[n,j] W_left_code[j,m] + b_left_code[m]
    (4)  z_right_hidden[n,j] = Σₖ right[n,k] W_left_hidden[k,j] + b_left_hidden[j]
    (5)  right_hidden[n,j] = max(z_right_hidden[n,j], 0)
    (6)  right_code[n,m] = Σⱼ right_hidden[n,j] W_left_code[j,m] + b_left_code[m]
    (7)  s3_angle[n] = Σₘ left_code[n,m]²
    (8)  s4_angle[n] = Σₘ right_code[n,m]²
    (9)  s5_angle[n] = Σₘ left_code[n,m] right_code[n,m]
    (10) angle[n] = s5_angle[n] / √(s3_angle[n] s4_angle[n])
    (11) odds[n] = offset_odds + slope_odds angle[n]
    (12) L = Σₙ (log(1 + exp(odds[n])) − same[n] odds[n]) / N
    (13) q[n] = 1 / (1 + exp(−odds[n]))
    (14) A = Σₙ {1[same[n] > 1/2] if q[n] > 1/2 else 1[same[n] ≤ 1/2]} / N

Backward, with v̄ = ∂L/∂v (v_bar in the code)
    (15) o̅d̅d̅s̅[n] = (q[n] − same[n]) / N                                   from (12)
    (16) s̅l̅o̅p̅e̅_̅o̅d̅d̅s̅ = Σₙ angle[n] o̅d̅d̅s̅[n]                                 from (11)
    (17) a̅n̅g̅l̅e̅[n] = slope_odds o̅d̅d̅s̅[n]                                    from (11)
    (18) o̅f̅f̅s̅e̅t̅_̅o̅d̅d̅s̅ = Σₙ o̅d̅d̅s̅[n]                                         from (11)
    (19) s̄3_angle[n] = −a̅n̅g̅l̅e̅[n] angle[n] / (2 s3_angle[n])               from (10)
    (20) s̄4_angle[n] = −a̅n̅g̅l̅e̅[n] angle[n] / (2 s4_angle[n])               from (10)
    (21) s̄5_angle[n] = a̅n̅g̅l̅e̅[n] / √(s3_angle[n] s4_angle[n])              from (10)
    (22) r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,m] = left_code[n,m] s̄5_angle[n] + 2 right_code[n,m] s̄4_angle[n]  from (9), (8)
    (23) l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,m] = right_code[n,m] s̄5_angle[n] + 2 left_code[n,m] s̄3_angle[n]  from (9), (7)
    (24) r̅i̅g̅h̅t̅_̅h̅i̅d̅d̅e̅n̅[n,j] = Σₘ W_left_code[j,m] r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,m]          from (6)
    (25) z̄_right_hidden[n,j] = r̅i̅g̅h̅t̅_̅h̅i̅d̅d̅e̅n̅[n,j] 1[z_right_hidden[n,j] > 0]  from (5)
    (26) b̄_left_code[m] = Σₙ r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,m] + Σₙ l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,m]          from (6), (3)
    (27) l̅e̅f̅t̅_̅h̅i̅d̅d̅e̅n̅[n,j] = Σₘ W_left_code[j,m] l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,m]            from (3)
    (28) W̄_left_code[j,m] = Σₙ right_hidden[n,j] r̅i̅g̅h̅t̅_̅c̅o̅d̅e̅[n,m] + Σₙ left_hidden[n,j] l̅e̅f̅t̅_̅c̅o̅d̅e̅[n,m]  from (6), (3)
    (29) z̄_left_hidden[n,j] = l̅e̅f̅t̅_̅h̅i̅d̅d̅e̅n̅[n,j] 1[z_left_hidden[n,j] > 0]  from (2)
    (30) b̄_left_hidden[j] = Σₙ z̄_right_hidden[n,j] + Σₙ z̄_left_hidden[n,j]  from (4), (1)
    (31) W̄_left_hidden[k,j] = Σₙ right[n,k] z̄_right_hidden[n,j] + Σₙ left[n,k] z̄_left_hidden[n,j]  from (4), (1)

Cost of one call of the last function
    46435 N + 2 floating-point operations, 19072 N + 182856 bytes read or written (float64)
    5,202 parameters
    2336 N bytes kept from forward to backward: q, angle, s3_angle, s4_angle, right_code, left_code, right_hidden, z_right_hidden, left_hidden, z_left_hidden
"""

import numpy as np

NAME = "two_towers"
VERSION = "0.1.0"
DTYPE = "float64"
PARAMETERS: dict[str, tuple[int | str, ...]] = {
    "W_left_hidden": (64, 64),
    "b_left_hidden": (64,),
    "W_left_code": (64, 16),
    "b_left_code": (16,),
    "slope_odds": (),
    "offset_odds": (),
}
INPUTS: dict[str, tuple[int | str, ...]] = {
    "left": ("N", 64),
    "right": ("N", 64),
}
TARGETS: dict[str, tuple[int | str, ...]] = {
    "same": ("N",),
}
OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "odds": ("N",),
}
INTEGERS: dict[str, int] = {}
RANGES: dict[str, tuple[float, float]] = {
    "left": (0.0, 1.0),
    "right": (0.0, 1.0),
    "same": (0.0, 1.0),
}
FORMULAS: dict[str, str] = {
    "W_left_hidden": "\\bar{W}^{(\\mathrm{left\\_hidden})}_{kj} = \\sum_{n} \\mathrm{right}_{nk} \\bar{z}^{(\\mathrm{right\\_hidden})}_{nj} + \\sum_{n} \\mathrm{left}_{nk} \\bar{z}^{(\\mathrm{left\\_hidden})}_{nj}",
    "b_left_hidden": "\\bar{b}^{(\\mathrm{left\\_hidden})}_{j} = \\sum_{n} \\bar{z}^{(\\mathrm{right\\_hidden})}_{nj} + \\sum_{n} \\bar{z}^{(\\mathrm{left\\_hidden})}_{nj}",
    "W_left_code": "\\bar{W}^{(\\mathrm{left\\_code})}_{jm} = \\sum_{n} \\mathrm{right\\_hidden}_{nj} \\, \\overline{\\mathrm{right\\_code}}_{nm} + \\sum_{n} \\mathrm{left\\_hidden}_{nj} \\, \\overline{\\mathrm{left\\_code}}_{nm}",
    "b_left_code": "\\bar{b}^{(\\mathrm{left\\_code})}_{m} = \\sum_{n} \\overline{\\mathrm{right\\_code}}_{nm} + \\sum_{n} \\overline{\\mathrm{left\\_code}}_{nm}",
    "slope_odds": "\\overline{\\mathrm{slope\\_odds}} = \\sum_{n} \\mathrm{angle}_{n} \\, \\overline{\\mathrm{odds}}_{n}",
    "offset_odds": "\\overline{\\mathrm{offset\\_odds}} = \\sum_{n} \\overline{\\mathrm{odds}}_{n}",
}
ZERO_GRADIENTS: dict[str, str] = {}


def init(seed: int = 0, dtype: str = DTYPE) -> dict[str, np.ndarray]:
    """The parameters at the start, drawn from a generator with this seed."""
    rng = np.random.default_rng(seed)
    params = {
        # glorot_uniform
        "W_left_hidden": 0.21650635094610965 * rng.uniform(-1, 1, (64, 64)),
        "b_left_hidden": np.zeros((64,)),
        # glorot_uniform
        "W_left_code": 0.27386127875258304 * rng.uniform(-1, 1, (64, 16)),
        "b_left_code": np.zeros((16,)),
        "slope_odds": np.full((), 1),
        "offset_odds": np.zeros(()),
    }
    return {name: np.asarray(value, dtype) for name, value in params.items()}


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def forward(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """The output: odds [N]."""
    dtype, arrays, sizes = _arguments(params, {"left": left, "right": right})
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
    ) = arrays
    z_left_hidden = left.dot(W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0, out=z_left_hidden)  # (2)
    left_code = _narrow_dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = right.dot(W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0, out=z_right_hidden)  # (5)
    right_code = _narrow_dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    t = np.negative(left_code)  # (7) −left_code
    left_code_size_term = np.maximum(left_code, t, out=t)  # (7)
    left_code_size = np.max(left_code_size_term, axis=1)  # (7)
    # (7); left_code_scaled lives in left_code
    left_code_scaled = np.divide(left_code, left_code_size[:, None], out=left_code)
    s3_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, left_code_scaled)  # (7)
    t = np.negative(right_code)  # (8) −right_code
    right_code_size_term = np.maximum(right_code, t, out=t)  # (8)
    right_code_size = np.max(right_code_size_term, axis=1)  # (8)
    # (8); right_code_scaled lives in right_code
    right_code_scaled = np.divide(right_code, right_code_size[:, None], out=right_code)
    s4_angle_scaled = np.einsum("nm,nm->n", right_code_scaled, right_code_scaled)  # (8)
    s5_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, right_code_scaled)  # (9)
    np.multiply(s3_angle_scaled, s4_angle_scaled, out=s3_angle_scaled)
    np.sqrt(s3_angle_scaled, out=s3_angle_scaled)  # (10)
    angle = np.divide(s5_angle_scaled, s3_angle_scaled, out=s3_angle_scaled)  # (10)
    np.multiply(slope_odds, angle, out=angle)
    odds = np.add(offset_odds, angle, out=angle)  # (11); odds lives in angle
    return odds


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
) -> float:
    """The loss."""
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "same": same}
    )
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
        same,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_left_hidden = left.dot(W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0, out=z_left_hidden)  # (2)
    left_code = _narrow_dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = right.dot(W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0, out=z_right_hidden)  # (5)
    right_code = _narrow_dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    t = np.negative(left_code)  # (7) −left_code
    left_code_size_term = np.maximum(left_code, t, out=t)  # (7)
    left_code_size = np.max(left_code_size_term, axis=1)  # (7)
    # (7); left_code_scaled lives in left_code
    left_code_scaled = np.divide(left_code, left_code_size[:, None], out=left_code)
    s3_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, left_code_scaled)  # (7)
    t = np.negative(right_code)  # (8) −right_code
    right_code_size_term = np.maximum(right_code, t, out=t)  # (8)
    right_code_size = np.max(right_code_size_term, axis=1)  # (8)
    # (8); right_code_scaled lives in right_code
    right_code_scaled = np.divide(right_code, right_code_size[:, None], out=right_code)
    s4_angle_scaled = np.einsum("nm,nm->n", right_code_scaled, right_code_scaled)  # (8)
    s5_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, right_code_scaled)  # (9)
    np.multiply(s3_angle_scaled, s4_angle_scaled, out=s3_angle_scaled)
    np.sqrt(s3_angle_scaled, out=s3_angle_scaled)  # (10)
    angle = np.divide(s5_angle_scaled, s3_angle_scaled, out=s3_angle_scaled)  # (10)
    np.multiply(slope_odds, angle, out=angle)
    odds = np.add(offset_odds, angle, out=angle)  # (11); odds lives in angle
    t = np.negative(same)  # (12) −same
    u = np.greater_equal(odds, 0)
    np.add(t, u, out=t)  # (12) {1 − same if odds ≥ 0 else −same}
    np.multiply(odds, t, out=t)
    u = np.negative(odds)  # (12) −odds
    np.minimum(odds, u, out=u)  # (12) −|odds|
    np.exp(u, out=u)  # (12) exp(−|odds|)
    np.log1p(u, out=u)  # (12) log1p(exp(−|odds|))
    L_term = np.add(t, u, out=t)  # (12)
    L = np.sum(L_term)  # (12)
    L = L / N  # (12)
    return L


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def loss_and_grad(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
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
    A batch of 2253 examples or more goes through in parts by itself: that is faster.
    """
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "same": same}
    )
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
        same,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    if microbatch is None:  # parts of about 430 stay in the cache
        microbatch = N if N < 2253 else -(-N // (N // 430))
    if microbatch < N:
        return _in_parts(
            params,
            {"left": left, "right": right, "same": same},
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
        _require_fit(out, dtype, params, left, right, same)
    work = _borrow(_LossAndGradWork, dtype, N)
    z_left_hidden = left.dot(W_left_hidden, out=work.z_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, work.zero, out=work.left_hidden)  # (2)
    left_code = work.left_code
    W_left_code.T.dot(left_hidden.T, out=left_code.T)  # (3)
    work.spread[...] = b_left_code  # (3)
    left_code += work.spread  # (3)
    z_right_hidden = right.dot(W_left_hidden, out=work.z_right_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, work.zero, out=work.right_hidden)  # (5)
    right_code = work.right_code
    W_left_code.T.dot(right_hidden.T, out=right_code.T)  # (6)
    work.spread[...] = b_left_code  # (6)
    right_code += work.spread  # (6)
    t = np.negative(left_code, out=work.left_code_size_term)  # (7) −left_code
    left_code_size_term = np.maximum(left_code, t, out=t)  # (7)
    # (7)
    left_code_size = np.maximum.reduce(
        left_code_size_term, axis=1, out=work.left_code_size
    )
    work.spread[...] = left_code_size[:, None]  # (7)
    left_code_scaled = np.divide(left_code, work.spread, out=left_code)  # (7)
    s3_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, left_code_scaled)  # (7)
    t = np.negative(right_code, out=work.left_code_size_term)  # (8) −right_code
    right_code_size_term = np.maximum(right_code, t, out=t)  # (8)
    # (8)
    right_code_size = np.maximum.reduce(
        right_code_size_term, axis=1, out=work.right_code_size
    )
    work.spread[...] = right_code_size[:, None]  # (8)
    right_code_scaled = np.divide(right_code, work.spread, out=right_code)  # (8)
    s4_angle_scaled = np.einsum("nm,nm->n", right_code_scaled, right_code_scaled)  # (8)
    s5_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, right_code_scaled)  # (9)
    t = np.multiply(s3_angle_scaled, s4_angle_scaled, out=work.s3_angle_scaled_root)
    s3_angle_scaled_root = np.sqrt(t, out=t)  # (10)
    # (10); angle lives in s5_angle_scaled
    angle = np.divide(s5_angle_scaled, s3_angle_scaled_root, out=s5_angle_scaled)
    t = np.multiply(slope_odds, angle, out=work.odds)
    odds = np.add(offset_odds, t, out=t)  # (11)
    t = np.negative(odds, out=work.odds_exp)  # (12) −odds
    np.minimum(odds, t, out=t)  # (12) −|odds|
    odds_exp = np.exp(t, out=t)  # (12)
    t = np.negative(same, out=work.L_term)  # (12) −same
    u = np.greater_equal(odds, work.zero, out=work.u)
    np.add(t, u, out=t)  # (12) {1 − same if odds ≥ 0 else −same}
    np.multiply(odds, t, out=t)
    u = np.log1p(odds_exp, out=work.u2)  # (12) log1p(odds_exp)
    L_term = np.add(t, u, out=t)  # (12)
    L = np.add.reduce(L_term)  # (12)
    L = L / N  # (12)
    t = np.add(work.one, odds_exp, out=work.t)  # (13) 1 + odds_exp
    u = np.greater_equal(odds, work.zero, out=work.u)
    v = np.maximum(odds_exp, u, out=work.q2)  # (13) {1 if odds ≥ 0 else odds_exp}
    q = np.divide(v, t, out=v)  # (13)
    t = np.subtract(q, same, out=work.L_term)  # (15) q − same
    work.scale[...] = cotangent / N
    odds_bar = np.multiply(work.scale, t, out=t)  # (15)
    slope_odds_bar = angle.dot(odds_bar)  # (16)
    angle_bar = np.multiply(slope_odds, odds_bar, out=work.odds_exp)  # (17)
    offset_odds_bar = np.add.reduce(odds_bar)  # (18)
    # (21)
    s5_angle_bar_scaled = np.divide(angle_bar, s3_angle_scaled_root, out=work.L_term)
    work.spread[...] = s5_angle_bar_scaled[:, None]
    t = np.multiply(work.spread, left_code_scaled, out=work.left_code_size_term)
    work.spread[...] = right_code_size[:, None]  # (22)
    right_code_bar = np.divide(t, work.spread, out=t)  # (22)
    t = np.multiply(angle_bar[:, None], angle[:, None], out=work.t2)
    work.spread[...] = t
    u = np.multiply(work.spread, right_code_scaled, out=work.u3)
    t = np.multiply(right_code_size[:, None], s4_angle_scaled[:, None], out=work.t2)
    work.spread[...] = t  # (22)
    np.divide(u, work.spread, out=u)  # (22)
    right_code_bar -= u  # (22)
    work.spread[...] = s5_angle_bar_scaled[:, None]
    t = np.multiply(work.spread, right_code_scaled, out=work.left_code_bar)
    work.spread[...] = left_code_size[:, None]  # (23)
    left_code_bar = np.divide(t, work.spread, out=t)  # (23)
    t = np.multiply(angle_bar[:, None], angle[:, None], out=work.t2)
    work.spread[...] = t
    u = np.multiply(work.spread, left_code_scaled, out=work.u3)
    t = np.multiply(left_code_size[:, None], s3_angle_scaled[:, None], out=work.t2)
    work.spread[...] = t  # (23)
    np.divide(u, work.spread, out=u)  # (23)
    left_code_bar -= u  # (23)
    # (24)
    right_hidden_bar = right_code_bar.dot(W_left_code.T, out=work.right_hidden_bar)
    t = np.greater(z_right_hidden, work.zero, out=work.t3)
    z_right_hidden_bar = np.multiply(right_hidden_bar, t, out=right_hidden_bar)  # (25)
    b_left_code_bar = right_code_bar.T.dot(work.ones, out=out["b_left_code"])  # (26)
    t = left_code_bar.T.dot(work.ones, out=work.t4)  # (26)
    b_left_code_bar += t  # (26)
    left_hidden_bar = left_code_bar.dot(W_left_code.T, out=work.z_right_hidden)  # (27)
    W_left_code_bar = right_hidden.T.dot(right_code_bar, out=out["W_left_code"])  # (28)
    t = left_hidden.T.dot(left_code_bar, out=work.t5)  # (28)
    W_left_code_bar += t  # (28)
    t = np.greater(z_left_hidden, work.zero, out=work.t3)
    z_left_hidden_bar = np.multiply(left_hidden_bar, t, out=left_hidden_bar)  # (29)
    # (30)
    b_left_hidden_bar = work.ones.dot(z_right_hidden_bar, out=out["b_left_hidden"])
    t = work.ones.dot(z_left_hidden_bar, out=work.t6)  # (30)
    b_left_hidden_bar += t  # (30)
    # (31)
    W_left_hidden_bar = right.T.dot(z_right_hidden_bar, out=out["W_left_hidden"])
    t = left.T.dot(z_left_hidden_bar, out=work.t7)  # (31)
    W_left_hidden_bar += t  # (31)
    _give_back(work, _LossAndGradWork, dtype, N)
    grads = {
        "W_left_hidden": W_left_hidden_bar,
        "b_left_hidden": b_left_hidden_bar,
        "W_left_code": W_left_code_bar,
        "b_left_code": b_left_code_bar,
        "slope_odds": _into(out["slope_odds"], np.asarray(slope_odds_bar, dtype)),
        "offset_odds": _into(out["offset_odds"], np.asarray(offset_odds_bar, dtype)),
    }
    return L, grads


@np.errstate(under="ignore")  # what is too small for a float is 0, and no alarm
def metrics(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
) -> dict[str, float]:
    """The metrics, by name."""
    dtype, arrays, sizes = _arguments(
        params, {"left": left, "right": right, "same": same}
    )
    (
        W_left_hidden,
        b_left_hidden,
        W_left_code,
        b_left_code,
        slope_odds,
        offset_odds,
        left,
        right,
        same,
    ) = arrays
    N = sizes["N"]
    _require_examples(sizes)
    z_left_hidden = left.dot(W_left_hidden)  # (1)
    z_left_hidden += b_left_hidden  # (1)
    left_hidden = np.maximum(z_left_hidden, 0, out=z_left_hidden)  # (2)
    left_code = _narrow_dot(left_hidden, W_left_code)  # (3)
    left_code += b_left_code  # (3)
    z_right_hidden = right.dot(W_left_hidden)  # (4)
    z_right_hidden += b_left_hidden  # (4)
    right_hidden = np.maximum(z_right_hidden, 0, out=z_right_hidden)  # (5)
    right_code = _narrow_dot(right_hidden, W_left_code)  # (6)
    right_code += b_left_code  # (6)
    t = np.negative(left_code)  # (7) −left_code
    left_code_size_term = np.maximum(left_code, t, out=t)  # (7)
    left_code_size = np.max(left_code_size_term, axis=1)  # (7)
    # (7); left_code_scaled lives in left_code
    left_code_scaled = np.divide(left_code, left_code_size[:, None], out=left_code)
    s3_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, left_code_scaled)  # (7)
    t = np.negative(right_code)  # (8) −right_code
    right_code_size_term = np.maximum(right_code, t, out=t)  # (8)
    right_code_size = np.max(right_code_size_term, axis=1)  # (8)
    # (8); right_code_scaled lives in right_code
    right_code_scaled = np.divide(right_code, right_code_size[:, None], out=right_code)
    s4_angle_scaled = np.einsum("nm,nm->n", right_code_scaled, right_code_scaled)  # (8)
    s5_angle_scaled = np.einsum("nm,nm->n", left_code_scaled, right_code_scaled)  # (9)
    np.multiply(s3_angle_scaled, s4_angle_scaled, out=s3_angle_scaled)
    np.sqrt(s3_angle_scaled, out=s3_angle_scaled)  # (10)
    angle = np.divide(s5_angle_scaled, s3_angle_scaled, out=s3_angle_scaled)  # (10)
    np.multiply(slope_odds, angle, out=angle)
    odds = np.add(offset_odds, angle, out=angle)  # (11); odds lives in angle
    t = np.negative(odds)  # (13) −odds
    np.minimum(odds, t, out=t)  # (13) −|odds|
    np.exp(t, out=t)  # (13) exp(−|odds|)
    u = np.add(1, t)  # (13) 1 + exp(−|odds|)
    v = np.greater_equal(odds, 0)
    np.maximum(t, v, out=t)  # (13) {1 if odds ≥ 0 else exp(−|odds|)}
    q = np.divide(t, u, out=t)  # (13)
    t = np.greater(q, 0.5)
    u = np.greater(same, 0.5)
    v = np.multiply(np.asarray(1, dtype), u)  # (14) 1[same > 1/2]
    w = np.where(u, np.asarray(0, dtype), np.asarray(1, dtype))  # (14) 1[same ≤ 1/2]
    A_term = _either(t, v, w, out=v)  # (14)
    A = np.sum(A_term)  # (14)
    A = A / N  # (14)
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
        "W_left_hidden": packed[0:4096].reshape(64, 64),
        "b_left_hidden": packed[4096:4160],
        "W_left_code": packed[4160:5184].reshape(64, 16),
        "b_left_code": packed[5184:5200],
        "slope_odds": packed[5200:5201].reshape(()),
        "offset_odds": packed[5201:5202].reshape(()),
    }


def fit(
    params: dict[str, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
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
    data = (left, right, same)
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
        self.z_left_hidden = np.empty((N, 64), dtype)
        self.zero = np.asarray(0, dtype=dtype)
        self.zero.flags.writeable = False
        self.left_hidden = np.empty((N, 64), dtype)
        self.left_code = np.empty((16, N), dtype).T
        self.spread = np.empty((16, N), dtype).T
        self.z_right_hidden = np.empty((N, 64), dtype)
        self.right_hidden = np.empty((N, 64), dtype)
        self.right_code = np.empty((16, N), dtype).T
        self.left_code_size_term = np.empty((16, N), dtype).T
        self.left_code_size = np.empty((N,), dtype)
        self.right_code_size = np.empty((N,), dtype)
        self.s3_angle_scaled_root = np.empty((N,), dtype)
        self.odds = np.empty((N,), dtype)
        self.odds_exp = np.empty((N,), dtype)
        self.L_term = np.empty((N,), dtype)
        self.u = np.empty((N,), bool)
        self.u2 = np.empty((N,), dtype)
        self.one = np.asarray(1, dtype=dtype)
        self.one.flags.writeable = False
        self.t = np.empty((N,), dtype)
        self.q2 = np.empty((N,), dtype)
        self.scale = np.empty((), dtype=dtype)
        self.t2 = np.empty((1, N), dtype).T
        self.u3 = np.empty((16, N), dtype).T
        self.left_code_bar = np.empty((16, N), dtype).T
        self.right_hidden_bar = np.empty((N, 64), dtype)
        self.t3 = np.empty((N, 64), bool)
        self.ones = np.ones((N,), dtype)
        self.ones.flags.writeable = False
        self.t4 = np.empty((16,), dtype)
        self.t5 = np.empty((64, 16), dtype)
        self.t6 = np.empty((64,), dtype)
        self.t7 = np.empty((64, 64), dtype)


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


def _either(
    condition: np.ndarray,
    chosen: np.ndarray,
    other: np.ndarray,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """``np.where(condition, chosen, other)``, for many elements without a branch for each.

    Then bits that differ are changed where the condition holds: several times as fast.
    """
    few = condition.size < 4096 or not condition.shape == chosen.shape == other.shape
    if few or chosen.dtype != other.dtype or chosen.dtype.char not in "fd":
        found = np.where(condition, chosen, other)
        if out is None:
            return found
        out[...] = found
        return out
    bits = np.int32 if chosen.itemsize == 4 else np.int64
    kept = other.view(bits)
    changed = np.bitwise_xor(chosen.view(bits), kept)
    changed *= condition
    if out is None:
        return np.bitwise_xor(changed, kept, out=changed).view(chosen.dtype)
    np.bitwise_xor(changed, kept, out=out.view(bits))
    return out


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
