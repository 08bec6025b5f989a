"""One thread unless somebody asked for more."""

from __future__ import annotations

from symbprop.tuning.threads import VARIABLES, settle, settle_peers


def test_without_a_number_it_is_one_unless_the_user_has_set_any() -> None:
    environment: dict[str, str] = {}
    settle(None, environment)
    assert environment == dict.fromkeys(VARIABLES, "1")
    environment = {"OMP_NUM_THREADS": "4"}
    settle(None, environment)
    assert environment == {"OMP_NUM_THREADS": "4"}


def test_a_number_stands_over_what_is_set() -> None:
    environment = {"OMP_NUM_THREADS": "4"}
    settle(2, environment)
    assert environment == dict.fromkeys(VARIABLES, "2")


def test_a_peer_is_held_to_one_thread_only_where_one_was_asked_for() -> None:
    for threads, held in ((1, True), (2, False)):
        environment: dict[str, str] = {}
        settle_peers(threads, environment)
        assert environment["JAX_PLATFORMS"] == "cpu"
        assert ("intra_op_parallelism_threads=1" in environment.get("XLA_FLAGS", "")) == held
