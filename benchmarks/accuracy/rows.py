"""The functions measured: what a user writes, the plain mathematics that is its truth, and the peers' names for it."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Abs, Expr, Max, Min, Piecewise, Rational, Symbol, cosh, erf, exp, log, pi, sqrt, tanh

X, Y = Symbol("x", real=True), Symbol("y", real=True)
SIGMOID = 1 / (1 + exp(-X))


@dataclass(frozen=True, slots=True)
class Row:
    """One function of x (and a given y).

    ``node`` or ``loss`` is its description, ``targets`` the y that are tried, ``goal`` the mixed ulps allowed; ``jax`` and ``torch`` are expressions in x and y over the peers' modules, where they have it.
    """

    name: str
    formula: Expr
    node: str = ""
    loss: str = ""
    targets: tuple[float, ...] = ()
    positive: bool = False
    goal: float = 4.0
    jax: str = ""
    torch: str = ""

    def description(self) -> str:
        """A network of one unit u = x + b between the input and the function."""
        given = "targets: {y: {shape: [1]}}\n" if self.loss else ""
        unit = "  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}\n"
        size = "1" if self.loss else "J"
        loss = self.loss or "{formula: 'L = sum((n, j), h[n, j])', inputs: [h]}"
        node = f"  h: {{{self.node}, inputs: [u]}}\n" if self.node else ""
        return f"inputs: {{x: {{shape: [{size}]}}}}\n{given}nodes:\n{unit}{node}loss: {loss}\n"


def _where(condition: object, chosen: Expr, otherwise: Expr) -> Expr:
    return Piecewise((chosen, condition), (otherwise, True))


def _loss(name: str, arguments: str = "") -> str:
    return f"{{{name}: {{inputs: [u, y]{arguments}}}}}"


_ALPHA, _SCALE = Rational("1.6732632423543772"), Rational("1.0507009873554805")
_TANH_ARGUMENT = sqrt(2 / pi) * (X + Rational("0.044715") * X**3)
_T = Y * SIGMOID + (1 - Y) * (1 - SIGMOID)

ROWS: tuple[Row, ...] = (
    Row("sigmoid", SIGMOID, "sigmoid: {}", jax="nn.sigmoid(x)", torch="torch.sigmoid(x)"),
    Row("tanh", tanh(X), "tanh: {}", jax="np.tanh(x)", torch="torch.tanh(x)"),
    Row("softplus", log(1 + exp(X)), "softplus: {}", jax="nn.softplus(x)", torch="F.softplus(x)"),
    Row("silu", X * SIGMOID, "silu: {}", jax="nn.silu(x)", torch="F.silu(x)"),
    Row("mish", X * tanh(log(1 + exp(X))), "mish: {}", jax="nn.mish(x)", torch="F.mish(x)"),
    Row("gelu (erf)", X * (1 + erf(X / sqrt(2))) / 2, "gelu: {}", jax="nn.gelu(x, False)", torch="F.gelu(x)"),
    Row(
        "gelu (tanh)",
        X * (1 + tanh(_TANH_ARGUMENT)) / 2,
        "gelu: {approximate: true}",
        jax="nn.gelu(x, True)",
        torch="F.gelu(x, approximate='tanh')",
    ),
    Row("elu", _where(X > 0, X, exp(X) - 1), "elu: {}", jax="nn.elu(x)", torch="F.elu(x)"),
    Row(
        "celu",
        _where(X > 0, X, (exp(2 * X) - 1) / 2),
        "celu: {alpha: 0.5}",
        jax="nn.celu(x, 0.5)",
        torch="F.celu(x, 0.5)",
    ),
    Row("selu", _SCALE * _where(X > 0, X, _ALPHA * (exp(X) - 1)), "selu: {}", jax="nn.selu(x)", torch="F.selu(x)"),
    Row("log-sigmoid", -log(1 + exp(-X)), "log_sigmoid: {}", jax="nn.log_sigmoid(x)", torch="F.logsigmoid(x)"),
    Row("softsign", X / (1 + Abs(X)), "softsign: {}", jax="nn.soft_sign(x)", torch="F.softsign(x)"),
    Row(
        "hard-swish",
        X * Min(Max(X + 3, 0), 6) / 6,
        "hard_swish: {}",
        jax="nn.hard_swish(x)",
        torch="F.hardswish(x)",
    ),
    Row(
        "swish, beta = 1.5",
        X / (1 + exp(-3 * X / 2)),
        "formula: 'h[n, j] = u[n, j] * sigmoid(1.5 * u[n, j])'",
        jax="x * nn.sigmoid(1.5 * x)",
        torch="x * torch.sigmoid(1.5 * x)",
    ),
    Row(
        "x / sqrt(1 + x^2)",
        X / sqrt(1 + X**2),
        "formula: 'h[n, j] = u[n, j] / sqrt(1 + u[n, j]^2)'",
        jax="x / np.sqrt(1 + x**2)",
        torch="x / torch.sqrt(1 + x**2)",
    ),
    Row(
        "binary cross-entropy of logits",
        log(1 + exp(X)) - Y * X,
        loss=_loss("binary_crossentropy", ", from_logits: true"),
        targets=(0.0, 1.0),
        goal=8.0,
        jax="nn.softplus(x) - y * x",
        torch="F.binary_cross_entropy_with_logits(x, y, reduction='none')",
    ),
    Row(
        "focal cross-entropy of logits",
        (1 - _T) ** 2 * (-Y * log(SIGMOID) - (1 - Y) * log(1 - SIGMOID)),
        loss=_loss("binary_focal_crossentropy", ", from_logits: true"),
        targets=(0.0, 1.0),
        goal=8.0,
        jax="(1 - (y * nn.sigmoid(x) + (1 - y) * nn.sigmoid(-x)))**2 * (nn.softplus(x) - y * x)",
        torch="(1 - (y * torch.sigmoid(x) + (1 - y) * torch.sigmoid(-x)))**2 * F.binary_cross_entropy_with_logits(x, y, reduction='none')",
    ),
    Row(
        "log-cosh",
        log(cosh(X - Y)),
        loss=_loss("log_cosh"),
        targets=(0.0,),
        goal=8.0,
        jax="np.logaddexp(x - y, y - x) - np.log(2.0).astype(x.dtype)",
        torch="(x - y) + F.softplus(-2.0 * (x - y)) - math.log(2.0)",
    ),
    Row(
        "Huber",
        _where(Abs(X - Y) <= 1, (X - Y) ** 2 / 2, Abs(X - Y) - Rational(1, 2)),
        loss=_loss("huber"),
        targets=(0.0,),
        goal=8.0,
        jax="np.where(np.abs(x - y) <= 1, (x - y)**2 / 2, np.abs(x - y) - 0.5)",
        torch="F.huber_loss(x, y, reduction='none')",
    ),
    Row(
        "squared hinge",
        Max(1 - Y * X, 0) ** 2,
        loss=_loss("squared_hinge"),
        targets=(-1.0, 1.0),
        goal=8.0,
        jax="np.maximum(1 - y * x, 0)**2",
        torch="torch.clamp(1 - y * x, min=0)**2",
    ),
    Row(
        "Poisson",
        X - Y * log(X),
        loss=_loss("poisson"),
        targets=(0.0, 1.0, 2.0, 5.0, 10.0),
        positive=True,
        goal=8.0,
        jax="x - y * np.log(x)",
        torch="F.poisson_nll_loss(x, y, log_input=False, eps=0.0, reduction='none')",
    ),
)
