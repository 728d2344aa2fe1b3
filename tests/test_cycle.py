"""Steps in order, what a run may keep, and what the manifest says."""

from __future__ import annotations

import pytest

from kpi_toolkit import cycle, workspace
from kpi_toolkit.cycle import OtherInputs, UnknownStep
from kpi_toolkit.quarter import Quarter


def test_steps_are_carried_out_in_the_order_of_the_cycle():
    assert cycle.chosen_steps(()) == cycle.chosen_steps(["all"]) == tuple(cycle.STEPS)
    assert cycle.chosen_steps(["renew", "diagnose"]) == ("diagnose", "renew")


def test_a_misspelt_step_is_named_with_the_nearest():
    with pytest.raises(UnknownStep, match=r"diagnos.*Nearest: diagnose"):
        cycle.chosen_steps(["diagnos"])


ENTRIES = dict.fromkeys((*cycle.GROUND, "ledger"), "same")


def manifest(*ended: str, **changed: str) -> dict[str, object]:
    return {**ENTRIES, **changed, "steps": {step: {"started": "1", "ended": "2"} for step in ended}}


def test_a_stopped_run_goes_on_after_the_last_step_that_ended():
    assert cycle._standing(manifest("diagnose", "propose"), ENTRIES, tuple(cycle.STEPS)) == ("diagnose", "propose")


def test_what_comes_after_a_step_that_is_done_anew_is_done_anew_too():
    assert cycle._standing(manifest("diagnose", "target"), ENTRIES, tuple(cycle.STEPS)) == ("diagnose",)


@pytest.mark.parametrize("entry", cycle.GROUND)
def test_changed_ground_keeps_nothing(entry):
    assert cycle._standing(manifest(*cycle.STEPS, **{entry: "other"}), ENTRIES, tuple(cycle.STEPS)) == ()


def test_a_signature_leaves_the_steps_before_the_goals_and_redoes_the_rest():
    assert cycle._standing(manifest(*cycle.STEPS, ledger="other"), ENTRIES, tuple(cycle.STEPS)) == cycle.BEFORE_GOALS


def test_a_step_is_never_built_on_an_evaluation_of_other_inputs(tmp_path):
    folder = tmp_path / "2026Q3"
    entries = dict.fromkeys((*cycle.GROUND, "ledger"), "same")
    workspace.note(folder, **entries)
    now = cycle.ground(workspace.read_manifest(folder))
    done = {step: {"ended": "1", "ground": now} for step in ("evaluate", "act")}
    workspace.note(folder, steps=done)
    assert cycle.of_other_inputs(workspace.read_manifest(folder)) == []
    workspace.note(folder, as_of="2026-08-05")
    assert cycle.of_other_inputs(workspace.read_manifest(folder)) == ["evaluate", "act"]
    quarter = Quarter.parse("2026Q3")
    with pytest.raises(OtherInputs, match="--step evaluate --step renew"):
        cycle._check_ground(tmp_path, quarter, ("renew",))
    cycle._check_ground(tmp_path, quarter, ("evaluate", "act", "renew"))
    cycle._check_ground(tmp_path, quarter, ("diagnose", "propose", "target"))


def test_every_step_has_its_notebook():
    assert {path.stem for path in cycle.notebooks().glob("*.ipynb")} == set(cycle.STEPS.values())
