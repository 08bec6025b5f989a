"""The examples that learn from data reach what their first lines say, trained as ``symbprop train`` trains them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
from typer.testing import CliRunner

from symbprop.cli.app import app
from symbprop.deliver import compile_to
from symbprop.language.source import Source
from symbprop.network.asked import with_functions
from symbprop.network.document import load_source
from symbprop.pipeline import read
from symbprop.verify.module import load_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, DATA = ROOT / "examples", ROOT / "examples" / "data"


def trained(name: str, folder: Path) -> tuple[ModuleType, dict[str, np.ndarray]]:
    """The module and the weights that ``symbprop train`` leaves behind."""
    result = CliRunner().invoke(app, ["train", str(EXAMPLES / f"{name}.yaml"), "-o", str(folder)])
    assert result.exit_code == 0, result.output
    with np.load(folder / f"{name}.npz") as saved:
        return load_module(folder / f"{name}.py"), dict(saved)


def held_out(file: str, *names: str) -> list[np.ndarray]:
    """The last fifth of each array, which training has not seen."""
    with np.load(DATA / file) as arrays:
        return [arrays[name][-round(len(arrays[name]) * 0.2) :] for name in names]


def test_the_autoencoder_gives_images_back(tmp_path: Path) -> None:
    module, params = trained("autoencoder", tmp_path)
    (x,) = held_out("images.npz", "x")
    image = module.forward(params, x)
    assert np.mean((image - x) ** 2) < 0.02
    assert np.mean((0.5 - x) ** 2) > 0.15


def test_the_variational_autoencoder_describes_images_and_its_divergence_is_the_closed_form(tmp_path: Path) -> None:
    module, params = trained("vae", tmp_path)
    (x,) = held_out("images.npz", "x")
    drawn = [module.loss(params, x, training=True, seed=seed) for seed in range(8)]
    assert max(drawn) < 27
    assert len(set(drawn)) == 8
    loss = module.loss(params, x)
    assert loss < min(drawn)  # without the noise the image is the likeliest one
    hidden = np.tanh(x @ params["W_seen"] + params["b_seen"])
    mean = hidden @ params["W_mean"] + params["b_mean"]
    logvar = hidden @ params["W_logvar"] + params["b_logvar"]
    logits = module.forward(params, x)
    crossentropy = np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1))
    # Of a normal distribution from the standard one, by sampling: E[log q(z) - log p(z)].
    z = mean + np.exp(logvar / 2) * np.random.default_rng(0).standard_normal((4000, *mean.shape))
    sampled = np.mean(np.sum((z**2 - (z - mean) ** 2 / np.exp(logvar) - logvar) / 2, axis=-1))
    np.testing.assert_allclose(loss - crossentropy, sampled, rtol=0.01)


def test_what_is_asked_for_beside_the_gradient_and_training_draw_the_same_noise(tmp_path: Path) -> None:
    """For one seed the tangent and the rows of the gradient are those of the loss with this noise, and fit repeats itself."""
    source = load_source(str(EXAMPLES / "vae.yaml"))
    description = with_functions(read(source), Source("functions", "jvp, vjp, per_example_grad"))
    module = load_module(compile_to(description, source, tmp_path)[1].path)
    (x,) = held_out("images.npz", "x")
    x = x[:6].astype(np.float64)
    params = module.init(1, dtype="float64")
    _, grads = module.loss_and_grad(params, x, seed=3)
    rows = module.per_example_grad(params, x, seed=3)
    for name, value in grads.items():
        np.testing.assert_allclose(rows[name].sum(axis=0), value, rtol=1e-9, atol=1e-12)
    first, second = (module.fit(params, x, epochs=2, batch_size=3, seed=5) for _ in range(2))
    assert all(np.array_equal(first[0][name], second[0][name]) for name in params)
    assert first[1] == second[1]


def test_the_two_towers_know_equal_digits_and_share_their_parameters(tmp_path: Path) -> None:
    module, params = trained("two_towers", tmp_path)
    left, right, same = held_out("pairs.npz", "left", "right", "same")
    odds = module.forward(params, left, right)
    assert np.mean((odds > 0) == (same > 0.5)) > 0.95
    np.testing.assert_allclose(module.forward(params, right, left), odds, rtol=1e-10, atol=1e-10)
    assert not any("right" in name for name in params)


def test_the_transformer_learns_its_text_by_heart() -> None:
    """By its generated module alone, at the description's learning rate and batch size."""
    module = load_module(ROOT / "generated" / "transformer.py")
    training = read(load_source(str(EXAMPLES / "transformer.yaml"))).training
    assert training is not None
    assert training.learning_rate is not None
    with np.load(DATA / "zen.npz") as arrays:
        ids, following = arrays["ids"], arrays["following"]
    params, rng = module.init(training.seed), np.random.default_rng(training.seed)
    guess = module.loss(params, ids, following)
    for _ in range(training.epochs):
        order = rng.permutation(len(ids))
        for start in range(0, len(ids), training.batch_size):
            batch = order[start : start + training.batch_size]
            _, grads = module.loss_and_grad(params, ids[batch], following[batch])
            for name in params:
                params[name] -= np.float32(training.learning_rate) * grads[name]
    assert guess > 3.5
    assert module.loss(params, ids, following) < 0.2
    assert np.mean(np.argmax(module.forward(params, ids), axis=-1) == following) > 0.95
    later = ids.copy()
    later[:, 20:] = 0  # what follows a place does not move what is predicted there
    np.testing.assert_allclose(
        module.forward(params, later)[:, :20], module.forward(params, ids)[:, :20], rtol=1e-4, atol=1e-6
    )


def test_the_mixture_ends_where_expectation_maximisation_does_and_tells_the_species(tmp_path: Path) -> None:
    module, params = trained("gmm", tmp_path)
    with np.load(DATA / "iris.npz") as arrays:
        x = arrays["x"]
    responsibility, log_p = module.forward(params, x)
    w, mean, variance = np.ones(3) / 3, params["mu"].copy(), np.ones((3, 2))
    for _ in range(500):
        density = np.exp(-((x[:, None] - mean) ** 2) / variance / 2) / np.sqrt(2 * np.pi * variance)
        joint = w * density.prod(axis=2)
        share = joint / joint.sum(axis=1, keepdims=True)
        count = share.sum(axis=0)
        w, mean = count / len(x), share.T @ x / count[:, None]
        variance = np.einsum("nk,nki->ki", share, (x[:, None] - mean) ** 2) / count[:, None]
    np.testing.assert_allclose(module.loss(params, x), -np.mean(np.log(joint.sum(axis=1))), rtol=0, atol=1e-9)
    np.testing.assert_allclose(log_p, np.log(joint.sum(axis=1)), atol=1e-5)
    table = np.zeros((3, 3), int)
    np.add.at(table, (np.repeat(np.arange(3), 50), responsibility.argmax(axis=1)), 1)
    assert table.max(axis=1).sum() == 144
    assert len(set(table.argmax(axis=1))) == 3
    # No step from there makes it less: the Hessian is not negative, but for the weights' common constant.
    blocks = module.hessian(params, x)
    names = list(module.PARAMETERS)
    whole = np.block([[blocks[a][b].reshape(params[a].size, params[b].size) for b in names] for a in names])
    eigenvalues = np.linalg.eigvalsh((whole + whole.T) / 2)
    assert abs(eigenvalues[0]) < 1e-9
    assert eigenvalues[1] > 1e-3
