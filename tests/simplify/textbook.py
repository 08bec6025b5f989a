"""Formulas and the gradients that textbooks print for them, both in the index language.

A textbook's form may read what the formula names (``p``, ``s``) and cotangents (``z2_bar``); it computes ``v_bar`` for
the tensors v whose gradient it gives. Sources: Petersen & Pedersen, The Matrix Cookbook (2012), numbers of equations in
brackets; matrixcalculus.org; Bishop, Pattern Recognition and Machine Learning (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = "inputs: {x: {shape: [3]}}\n"
CLASSES = HEAD + "targets: {y: {shape: [4]}}\n"
LABELS = HEAD + "targets: {label: {shape: [], dtype: int, classes: 4}}\n"
BINARY = HEAD + "targets: {y: {shape: [1]}}\n"
SOFTMAX = "p[n, i] = exp(z[n, i]) / sum(j, exp(z[n, j]))\n"
NORMAL = "m[n] = mean(k, x[n, k])\nv[n] = mean(k, (x[n, k] - m[n])^2)\nh[n, k] = (x[n, k] - m[n]) / sqrt(v[n] + e)\n"


@dataclass(frozen=True)
class Pair:
    """A description (YAML if it has layers, else formulas) and what a textbook prints for its gradient.

    ``signed`` gives the leaves both signs, for forms with a kink.
    """

    name: str
    formula: str
    textbook: str
    signed: bool = False


PAIRS = [
    # Vectors and matrices
    Pair("inner product (69)", "L = sum(i, a[i] * x[i])", "x_bar[i] = a[i]"),
    Pair("bilinear form (70)", "L = sum((i, j), a[i] * X[i, j] * b[j])", "X_bar[i, j] = a[i] * b[j]"),
    Pair("quadratic form (81)", "L = sum((i, j), x[i] * A[i, j] * x[j])", "x_bar[i] = sum(j, (A[i, j] + A[j, i]) * x[j])"),
    Pair("aᵀXᵀXb (77)", "L = sum((i, j, k), a[i] * X[j, i] * X[j, k] * b[k])",
         "X_bar[j, i] = sum(k, X[j, k] * (a[i] * b[k] + b[i] * a[k]))"),
    Pair("tr(X) (99)", "L = sum(i, X[i, i])", "X_bar[i, j] = where(i == j, 1, 0)"),
    Pair("tr(AX) (100)", "L = sum(i, sum(j, A[i, j] * X[j, i]))", "X_bar[j, i] = A[i, j]"),
    Pair("tr(AXB) (101)", "L = sum((i, j, k), A[i, j] * X[j, k] * B[k, i])", "X_bar[j, k] = sum(i, A[i, j] * B[k, i])"),
    Pair("tr(XᵀX) (115)", "L = sum((i, j), X[i, j]^2)", "X_bar[i, j] = 2 * X[i, j]"),
    Pair("tr(XᵀBX) (108)", "L = sum((i, j, k), X[j, i] * B[j, k] * X[k, i])",
         "X_bar[j, i] = sum(k, (B[j, k] + B[k, j]) * X[k, i])"),
    Pair("tr(XBXC)", "L = sum((i, j, k, l), X[i, j] * B[j, k] * X[k, l] * C[l, i])",
         "X_bar[i, j] = sum(k, B[j, k] * sum(l, X[k, l] * C[l, i])) + sum(k, C[j, k] * sum(l, X[k, l] * B[l, i]))"),
    Pair("‖Ax − y‖²", "L = sum(i, (sum(j, A[i, j] * x[j]) - y[i])^2)",
         "x_bar[j] = sum(i, A[i, j] * 2 * (s[i] - y[i]))"),
    Pair("‖AX − B‖²", "L = sum((i, j), (sum(k, A[i, k] * X[k, j]) - B[i, j])^2)",
         "X_bar[k, j] = sum(i, A[i, k] * 2 * (s[i, j] - B[i, j]))"),
    Pair("matrix factorisation", "L = sum((i, j), (B[i, j] - sum(k, U[i, k] * V[j, k]))^2) / 2",
         "U_bar[i, k] = sum(j, (s[i, j] - B[i, j]) * V[j, k])\nV_bar[j, k] = sum(i, (s[i, j] - B[i, j]) * U[i, k])"),
    Pair("‖x‖ (129)", "L = sqrt(sum(i, x[i]^2))", "x_bar[i] = x[i] / L"),
    Pair("‖x − a‖ (129)", "L = sqrt(sum(i, (x[i] - a[i])^2))", "x_bar[i] = (x[i] - a[i]) / L"),
    Pair("weighted squares (84)", "L = sum((i, j), (x[i] - c[i]) * W[i, j] * (x[j] - c[j]))",
         "x_bar[i] = sum(j, (W[i, j] + W[j, i]) * (x[j] - c[j]))"),
    Pair("Rayleigh quotient", "L = sum((i, j), x[i] * A[i, j] * x[j]) / sum(i, x[i]^2)",
         "x_bar[i] = sum(j, (A[i, j] + A[j, i]) * x[j] / s) - 2 * L * x[i] / s"),
    Pair("quotient of linear forms", "L = sum(i, a[i] * x[i]) / sum(i, b[i] * x[i])", "x_bar[i] = (a[i] - L * b[i]) / s"),
    Pair("squared sum", "L = sum(i, x[i])^2", "t = 2 * s\nx_bar[i] = t"),
    Pair("all pairs", "L = sum((i, j), (x[i] - x[j])^2)", "x_bar[i] = sum(j, 4 * (x[i] - x[j]))"),
    Pair("variance", "m = mean(k, x[k])\nL = mean(k, (x[k] - m)^2)", "x_bar[k] = 2 * (x[k] - m) / size(k)"),
    Pair("cosine", "L = sum(k, a[k] * b[k]) / sqrt(sum(k, a[k]^2) * sum(k, b[k]^2))",
         "a_bar[k] = b[k] / sqrt(s * s2) - L * a[k] / s\nb_bar[k] = a[k] / sqrt(s * s2) - L * b[k] / s2"),
    # Element by element
    Pair("entropy", "L = -sum(i, x[i] * log(x[i]))", "x_bar[i] = -1 - log(x[i])"),
    Pair("relative entropy", "L = sum(i, y[i] * log(y[i] / x[i]))", "x_bar[i] = -y[i] / x[i]\ny_bar[i] = 1 + log(y[i] / x[i])"),
    Pair("softplus", "L = sum(i, log(1 + exp(x[i])))", "x_bar[i] = 1 / (1 + exp(-x[i]))"),
    Pair("log cosh", "L = sum(i, log(cosh(x[i])))", "x_bar[i] = tanh(x[i])"),
    Pair("√(1 + x²)", "L = sum(i, sqrt(1 + x[i]^2))", "x_bar[i] = x[i] / sqrt(1 + x[i]^2)"),
    Pair("x/√(1 + x²)", "L = sum(i, x[i] / sqrt(1 + x[i]^2))", "x_bar[i] = 1 / (1 + x[i]^2)^(3/2)"),
    Pair("exponentials", "L = sum(i, exp(sum(j, A[i, j] * x[j])))", "x_bar[j] = sum(i, A[i, j] * exp(s[i]))"),
    Pair("lasso", "L = lam * sum(k, abs(w[k]))",
         "w_bar[k] = lam * where(w[k] > 0, 1, where(w[k] < 0, -1, 0))", signed=True),
    Pair("softsign", "L = sum(i, x[i] / (1 + abs(x[i])))", "x_bar[i] = 1 / (1 + abs(x[i]))^2", signed=True),
    Pair("relu", "L = sum(i, g[i] * max(x[i], 0))", "x_bar[i] = g[i] * where(x[i] > 0, 1, 0)", signed=True),
    # Models
    Pair("linear regression", "L = mean(n, (sum(k, X[n, k] * w[k]) - y[n])^2)",
         "w_bar[k] = sum(n, X[n, k] * 2 * (s[n] - y[n]) / size(n))"),
    Pair("ridge", "L = mean(n, (sum(k, X[n, k] * w[k]) - y[n])^2) + lam * sum(k, w[k]^2)",
         "w_bar[k] = sum(n, X[n, k] * 2 * (s[n] - y[n]) / size(n)) + 2 * lam * w[k]"),
    Pair("logistic regression, labels ±1", "L = sum(n, log(1 + exp(-y[n] * sum(k, X[n, k] * w[k]))))",
         "w_bar[k] = sum(n, X[n, k] * (-y[n] / (1 + exp(y[n] * s[n]))))"),
    Pair("logistic regression",
         "a[n] = sigmoid(sum(k, X[n, k] * w[k]))\nL = mean(n, -y[n] * log(a[n]) - (1 - y[n]) * log(1 - a[n]))",
         "w_bar[k] = sum(n, X[n, k] * (a[n] - y[n]) / size(n))"),
    Pair("Gaussian, μ and log σ", "L = sum(n, (x[n] - mu)^2 * exp(-2 * r) / 2 + r)",
         "mu_bar = sum(n, (mu - x[n]) * exp(-2 * r))\nr_bar = sum(n, 1 - (x[n] - mu)^2 * exp(-2 * r))"),
    Pair("Gaussian, μ and σ", "L = sum(n, (x[n] - mu)^2 / (2 * sigma^2) + log(sigma))",
         "mu_bar = sum(n, (mu - x[n]) / sigma^2)\nsigma_bar = sum(n, 1 / sigma - (x[n] - mu)^2 / sigma^3)"),
    Pair("Poisson regression", "s[n] = sum(k, X[n, k] * w[k])\nL = sum(n, exp(s[n]) - y[n] * s[n])",
         "w_bar[k] = sum(n, X[n, k] * (exp(s[n]) - y[n]))"),
    # Networks
    Pair("log-sum-exp", "L = log(sum(k, exp(x[k])))", "x_bar[k] = exp(x[k] - x_max) / s"),
    Pair("softmax", SOFTMAX + "L = sum((n, i), g[n, i] * p[n, i])",
         "z_bar[n, i] = p[n, i] * (p_bar[n, i] - sum(j, p_bar[n, j] * p[n, j]))"),
    Pair("entropy of softmax", SOFTMAX + "L = -sum((n, i), p[n, i] * log(p[n, i]))",
         "z_bar[n, i] = p[n, i] * (p_bar[n, i] - sum(j, p_bar[n, j] * p[n, j]))"),
    Pair("softmax + cross-entropy, one distribution", SOFTMAX + "L = -sum((n, i), y[n, i] * log(p[n, i]))",
         "z_bar[n, i] = exp(z[n, i] - z_max[n]) / s[n] * sum(j, y[n, j]) - y[n, i]"),
    Pair("softmax + cross-entropy, integer labels", LABELS + "layers: [{dense: {units: 4, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n",
         "z_bar[n, k] = (p[n, k] - where(k == label[n], 1, 0)) / size(n)"),
    Pair("softmax + cross-entropy, a layer apart", LABELS + "layers: [{dense: {units: 4}}, softmax]\nloss: sparse_categorical_crossentropy\n",
         "z_bar[n, k] = (p[n, k] - where(k == label[n], 1, 0)) / size(n)"),
    Pair("softmax + cross-entropy, from logits", LABELS + "layers: [{dense: {units: 4}}]\nloss: {sparse_categorical_crossentropy: {from_logits: true}}\n",
         "z_bar[n, k] = (exp(z[n, k] - z_max[n]) / s[n] - where(k == label[n], 1, 0)) / size(n)"),
    Pair("sigmoid + binary cross-entropy", BINARY + "layers: [{dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\n",
         "z_bar[n, k] = (a[n, k] - y[n, k]) / size(n)"),
    Pair("sigmoid + binary cross-entropy, a layer apart", BINARY + "layers: [{dense: {units: 1}}, sigmoid]\nloss: binary_crossentropy\n",
         "z_bar[n, k] = (a[n, k] - y[n, k]) / size(n)"),
    Pair("delta recursion, tanh", CLASSES + "layers: [{dense: {units: 5, activation: tanh}}, {dense: {units: 4}}]\nloss: mean_squared_error\n",
         "z1_bar[n, j] = sum(k, z2_bar[n, k] * W2[j, k]) * (1 - h[n, j]^2)"),
    Pair("delta recursion, sigmoid", CLASSES + "layers: [{dense: {units: 5, activation: sigmoid}}, {dense: {units: 4}}]\nloss: mean_squared_error\n",
         "z1_bar[n, j] = sum(k, z2_bar[n, k] * W2[j, k]) * (a[n, j] * (1 - a[n, j]))"),
    Pair("delta recursion, softplus", CLASSES + "layers: [{dense: {units: 5, activation: softplus}}, {dense: {units: 4}}]\nloss: mean_squared_error\n",
         "z1_bar[n, j] = sum(k, z2_bar[n, k] * W2[j, k]) * (1 - exp(-h[n, j]))"),
    Pair("layer normalisation, three terms", NORMAL + "L = sum((n, k), g[n, k] * h[n, k])",
         "x_bar[n, k] = (h_bar[n, k] - mean(j, h_bar[n, j]) - h[n, k] * mean(j, h_bar[n, j] * h[n, j])) / sqrt(v[n] + e)"),
    Pair("root mean square normalisation",
         "r[n] = mean(k, x[n, k]^2)\nu[n, k] = x[n, k] / sqrt(r[n] + e)\nL = sum((n, k), g[n, k] * u[n, k])",
         "x_bar[n, k] = (u_bar[n, k] - u[n, k] * mean(j, u_bar[n, j] * u[n, j])) / sqrt(r[n] + e)"),
    Pair("unit vectors", "r[n] = sum(k, x[n, k]^2)\nu[n, k] = x[n, k] / sqrt(r[n])\nL = sum((n, k), g[n, k] * u[n, k])",
         "x_bar[n, k] = (u_bar[n, k] - u[n, k] * sum(j, u_bar[n, j] * u[n, j])) / sqrt(r[n])"),
]  # fmt: skip
