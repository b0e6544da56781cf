"""Formulas that are wrong as they are written: F1 to F5 of the notebook, in both notations.

The sentences of the notebook are not here, only what its formulas say.
"""

from functools import cache

import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.check.finding import Finding
from models.notebook import loss as computed_loss

NAMES = {"w_s": "w_1", "w_i": "w_1", "S": "s_1", "S_k": "s_1", "H_j": "H1"}
"""The formulas are written for any neuron: here for the first of each layer."""


@cache
def loss() -> Value:
    return computed_loss()


def find(name: str, formula: str) -> Finding:
    (finding,) = ag.compare(loss(), [(name, formula)], names=NAMES).findings
    return finding


def d(above: str, below: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def product(*factors: str) -> str:
    return r" \cdot ".join(factors)


# F1: upside down


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("dE/dw_i", "dH1/dE * dw_i/dH1", "dE/dH1 * dH1/dw_i"),
        (
            d("E", "w_i"),
            product(d("H_1", "E"), d("w_i", "H_1")),
            product(d("E", "H_1"), d("H_1", "w_i")),
        ),
    ],
    ids=["Python", "LaTeX"],
)
def test_f1_a_product_of_derivatives_that_are_all_upside_down(
    name: str, wrong: str, right: str
) -> None:
    finding = find(name, wrong)
    assert finding.verdict == "wrong"
    (cause,) = finding.causes
    assert (cause.kind, cause.residual) == ("upside down", 0.0)
    assert cause.fix == "write dE/dH1, dH1/dw_1"
    assert find(name, right).verdict == "right"


def test_one_derivative_upside_down_among_right_ones() -> None:
    finding = find("dE/dH1", "dE1/dO1 * dnet_O1/dO1 * w_9 + dE2/dO2 * dO2/dnet_O2 * w_11")
    (cause,) = finding.causes
    assert (cause.kind, cause.fix) == ("upside down", "write dO1/dnet_O1")


# F2: a factor too much, then inverted


@pytest.mark.parametrize(
    ("name", "wrong", "factor", "right"),
    [
        (
            "dE1/dH1",
            "dE1/dO1 * dO1/dH1 * dH1/dE1",
            "dH1/dE1",
            "dE1/dO1 * dO1/dH1",
        ),
        (
            d("E_1", "H_1"),
            product(d("E_1", "O_1"), d("O_1", "H_1"), d("H_1", "E_1")),
            d("H_1", "E_1"),
            product(d("E_1", "O_1"), d("O_1", "H_1")),
        ),
    ],
    ids=["Python", "LaTeX"],
)
def test_f2_a_factor_that_is_too_much(name: str, wrong: str, factor: str, right: str) -> None:
    finding = find(name, wrong)
    assert finding.verdict == "wrong"
    (cause,) = finding.causes
    assert (cause.kind, cause.residual) == ("extra factor", 0.0)
    assert cause.sentence == f"the factor {factor} is too much: H1 does not depend on E1"
    assert cause.fix == f"leave out {factor}"
    assert find(name, right).verdict == "right"


@pytest.mark.parametrize("wrong", ["dH1/dE1", d("H_1", "E_1")])
def test_f2_what_it_was_inverted_to(wrong: str) -> None:
    (cause,) = find("dE1/dH1", wrong).causes
    assert (cause.kind, cause.fix) == ("upside down", "write dE1/dH1")


# F3: only the straight paths


@pytest.mark.parametrize(
    ("name", "wrong", "missing", "right"),
    [
        ("dE/dH1", "dE1/dH1", "E2", "dE1/dH1 + dE2/dH1"),
        ("dE/dH2", "dE2/dH2", "E1", "dE1/dH2 + dE2/dH2"),
        (
            d("E", "H_1"),
            product(d("E_1", "O_1"), d("O_1", "net_{O1}"), "w_9"),
            "E2",
            " + ".join(product(d(f"E_{k}", f"O_{k}"), d(f"O_{k}", "H_1")) for k in (1, 2)),
        ),
        ("dE/dH2", "2*(O2 - t2)*O2*(1 - O2)*w_12", "E1",
         "2*(O1 - t1)*O1*(1 - O1)*w_10 + 2*(O2 - t2)*O2*(1 - O2)*w_12"),
    ],
)  # fmt: skip
def test_f3_a_path_that_is_missing(name: str, wrong: str, missing: str, right: str) -> None:
    finding = find(name, wrong)
    assert finding.verdict == "wrong"
    cause = finding.causes[0]
    assert cause.kind == "missing path"
    assert missing in cause.sentence
    assert cause.residual < 1e-9
    assert find(name, right).verdict == "right"


def test_f3_the_missing_paths_have_the_numbers_of_the_facts() -> None:
    claims = {"dE2/dH1": "-0.068214449944", "dE1/dH2": "0.036030720758"}
    assert ag.compare(loss(), claims).ok


# F4: a quantity that does not depend on the weight


@pytest.mark.parametrize(
    ("name", "wrong", "zero", "right"),
    [
        (
            "dE/dw_s",
            "dE/dH1 * dH1/dS * dS/dw_s",
            "dS/dw_s",
            "dE/dH1 * dH1/dnet_H1 * dnet_H1/dw_s",
        ),
        (
            d("E", "w_s"),
            product(d("E", "H_j"), d("H_j", "S_k"), d("S_k", "w_s")),
            d("S_k", "w_s"),
            product(d("E", "H_j"), d("H_j", "net_{H1}"), d("net_{H1}", "w_s")),
        ),
    ],
    ids=["Python", "LaTeX"],
)
def test_f4_a_product_that_is_0(name: str, wrong: str, zero: str, right: str) -> None:
    finding = find(name, wrong)
    assert finding.verdict == "wrong"
    (cause,) = finding.causes
    assert cause.kind == "no path"
    assert cause.sentence == f"s_1 does not depend on w_1, so {zero} is 0 and the product with it"
    assert find(name, right).verdict == "right"


# F5: the target of the other output


@pytest.mark.parametrize(
    ("name", "formula", "sentence"),
    [
        ("Δw_10", "-eta*2*(O_1 - {})*O_1*(1 - O_1)*H_2", "t2 stands in place of t1"),
        (r"\Delta w_{{10}}", r"-\eta \cdot 2(O_1 - {}) \cdot O_1(1 - O_1) \cdot H_2",
         "t2 stands in place of t1"),
        ("Δw_11", "-eta*2*(O_2 - {})*O_2*(1 - O_2)*H_1", "t1 stands in place of t2"),
        (r"\Delta w_{{11}}", r"-\eta \cdot 2(O_2 - {}) \cdot O_2(1 - O_2) \cdot H_1",
         "t1 stands in place of t2"),
        ("dE/dw_10", "2*(O1 - {})*O1*(1 - O1)*H2", "t2 stands in place of t1"),
        (d("E", "w_{11}"), r"2(O_2 - {}) \cdot O_2(1 - O_2) \cdot H_1",
         "t1 stands in place of t2"),
    ],
)  # fmt: skip
def test_f5_the_target_of_the_other_output(name: str, formula: str, sentence: str) -> None:
    given, right = sentence[:2], sentence[-2:]
    name = name.format() if "Delta" in name else name
    finding = find(name, formula.format(given))
    assert finding.verdict == "wrong"
    cause = finding.causes[0]
    assert cause.kind == "wrong factor"
    assert cause.sentence.endswith(sentence)
    assert cause.fix == f"write {right} in place of {given}"
    assert find(name, formula.format(right)).verdict == "right"


# What is no fault


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("dE1/dO2", "0"),
        ("dE/dO1", "dE1/dO1 + dE2/dO1"),  # the second is 0, and says nothing wrong
        ("dE/dw_9", "dE1/dw_9"),
        ("dE/dw_1", "dE/dH1*H1*(1 - H1)*s_1"),
    ],
)
def test_a_derivative_that_is_0_is_no_fault_by_itself(name: str, formula: str) -> None:
    assert find(name, formula).verdict == "right"


def test_a_formula_that_is_wrong_for_another_reason_is_not_called_upside_down() -> None:
    cause = find("dE/dw_9", "dE1/dO1*O1*(1 - O1)*H2").causes[0]
    assert (cause.kind, cause.sentence) != ("upside down", "")
    assert "H2" in cause.sentence or "w_10" in cause.sentence


def test_a_formula_is_read_and_never_run() -> None:
    finding = find("dE/dw_9", "__import__('os').system('true')")
    assert (finding.verdict, finding.causes) == ("unchecked", ())
