"""One line of a document: what it names, and whether it says a number, a formula or nothing."""

import pytest
from reading import claims, pairs


@pytest.mark.parametrize(
    ("line", "name", "others"),
    [
        ("Error for O1: 0.4568", "Error for O1", ()),
        ("Error for O1 = $E_1$ = 0.4568", "E_1", ("Error for O1",)),
        (
            r"12. Derivative of $E1$ by $O1$ = $\frac{\partial E_1}{\partial O_1}$ = 0.4568",
            r"\frac{\partial E_1}{\partial O_1}",
            ("Derivative of E1 by O1",),
        ),
        (
            r"11. Gradient for $w_{9}$ = $\text{grad}_{w_{9}}$ = 0.4568",
            r"\text{grad}_{w_{9}}",
            ("Gradient for w_{9}",),
        ),
        (
            r"5. H1 output, $ \text{H1}_\text{output} $ = 0.4568",
            r"\text{H1}_\text{output}",
            ("H1 output", r"H1 output \text{H1}_\text{output}"),
        ),
        ("Total, $E$: $E_1 + 0.1 = 0.4568$", "E", ("Total", "Total E")),
        ("15. Updated weight, $w_{9}$ = 0.4568", "Updated weight w_{9}", ()),
        ("Updated weight w_9: 0.4568", "Updated weight w_9", ()),
        ("The new value is $w_9 = 0.4568$.", "new value is w_9", ()),
        ("New weight = $w_9$ = 0.4568", "New weight w_9", ()),
        ("Gradient, $w_9$ = 0.4568", "Gradient w_9", ()),
        ("Gradient, $dE/dw_9$ = 0.4568", "dE/dw_9", ("Gradient", "Gradient dE/dw_9")),
        ("w_9 = w_9 - 0.001*0.2451 = 0.4568", "updated w_9", ()),
        ("With the new weights: H1 = 0.4568", "H1", ()),
        ("H1 = a = 0.4568", "H1", ()),
        ("H1 = 1/(1 + e^{-0.2}) = 0.4568", "H1", ()),
        ("H1 ≈ 0.4568", "H1", ()),
        (r"$\frac{dE}{dw} \approx 0.4568$", r"\frac{dE}{dw}", ()),
        ("## Step 3. H1 = 0.4568", "H1", ("Step 3", "Step 3 H1")),
        ("> - `H1` = 0.4568;", "H1", ()),
        ("h#1 = 0.4568  # the second", "h#1", ()),
        ("H1 = np.float64(0.4568)", "H1", ()),
    ],
)
def test_the_name_nearest_to_the_number_is_its_name(
    line: str, name: str, others: tuple[str, ...]
) -> None:
    *_, claim = claims(f"Some words.\n\n{line}\n")
    assert (claim.name, claim.given, claim.line) == (name, "0.4568", 3)
    assert set(others) <= set(claim.others)


def test_several_equations_of_a_line() -> None:
    expected = [("dE/dw_1", "0.02"), ("dE/dw_2", "-0.03")]
    for line in ("dE/dw_1 = 0.02, dE/dw_2 = -0.03", "$dE/dw_1 = 0.02$; $dE/dw_2 = -0.03$."):
        assert pairs(line.replace("$;", ";").replace("; $", "; ")) == expected
    assert pairs("H1 = 0.5 and H2 = 0.6.") == [("H1", "0.5"), ("H2", "0.6")]


# Formulas


@pytest.mark.parametrize(
    ("line", "name", "formula"),
    [
        ("dE/dw_10 = 2*(O1 - t2)*O1", "dE/dw_10", "2*(O1 - t2)*O1"),
        ("# dE/dw_9 = dE1/dO1 * dO1/dw_9", "dE/dw_9", "dE1/dO1 * dO1/dw_9"),
        ("3) net_O1 = w_9*H1 + w_10*H2.", "net_O1", "w_9*H1 + w_10*H2"),
        ("dnet_O1/dw_9 = H1", "dnet_O1/dw_9", "H1"),
        ("∂E/∂w₉ = 2·(O1 − t1)·H1", "∂E/∂w₉", "2·(O1 − t1)·H1"),
        (
            r"so we have $$ \frac{\partial E}{\partial w_h} = a \cdot b = b \cdot a $$",
            r"\frac{\partial E}{\partial w_h}",
            r"a \cdot b",
        ),
        (r"$ \Delta w_{10} = -\eta \cdot g $", r"\Delta w_{10}", r"-\eta \cdot g"),
        (r"where $E = E_1 + E_2$ is the sum", "E", "E_1 + E_2"),
        (r"Updated weight: $w_9 = v - \eta g$", "Updated weight w_9", r"v - \eta g"),
        (r"$w_9 = w_9 - \eta g$", "updated w_9", r"w_9 - \eta g"),
    ],
)
def test_a_formula_is_a_claim_with_the_text_after_its_first_equals_sign(
    line: str, name: str, formula: str
) -> None:
    assert pairs(f"Words.\n{line}")[0] == (name, formula)


def test_a_chain_with_a_formula_and_a_number_is_both() -> None:
    assert pairs("dE/dO1 = 2*(O1 - t1) = 2*(0.67 - 0.0) = 1.34") == [
        ("dE/dO1", "2*(O1 - t1)"),
        ("dE/dO1", "2*(0.67 - 0.0)"),
        ("dE/dO1", "1.34"),
    ]


# What is no claim


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Only prose, without a number.",
        "We trained on 2024-05-01 at 12:30",
        "Time: 12:30",
        "Python version: 3.11",
        "Page: 3",
        "the learning rate is set to 0.005, and the error falls",
        "for i=1,2,3,4:",
        "For $i = 1, 2$:",
        "It takes a total of `364024` iterations",
        "The network: we saw it fall from 0.57 to 0.56",
        "https://example.org/a=3",
        "see http://example.org: it has 5",
        "net = Net(seed=0)",
        "def f(x, stride=1):",
        "def f(x, stride: int = 1):",
        'print(f"dE1_dO1: {dE1_dO1}")',
        'print("E = 0.5")',
        "conv = Conv2d(1, 1, kernel_size=2, stride=1)",
        "|---|---|",
        "| w_9 | 0.5 | 0.6 |",
        "| 1 | 2 |",
        "In [3]:",
        "Out[3]: 0.5",
        "x += 0.5",
        "if x == 0.5:",
        "x <= 0.5",
        "O1, O2 = 0.3",
        "weights['w'][0] = 0.5",
        "x = 0.5 + y.sum()",
        "Accuracy: 95%",
        "Ratio: 3:4",
        "The answer to all we ever wanted to know about this network is in short = 42",
    ],
)
def test_what_only_looks_like_a_claim_is_none(line: str) -> None:
    assert pairs(line) == []
