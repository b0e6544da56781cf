"""Each numeric step of a chain is checked as arithmetic, to its printed digits."""

from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding
from autograd_lite.check.report import Report


def unit() -> Value:
    """a = w·x, o = σ(a), E = (o − t)²."""
    x, t, w = Constant(1.37, "x"), Constant(0.2, "t"), Value(0.83, "w")
    a = (w * x).named("a")
    o = ag.sigmoid(a).named("o")
    loss: Value = (o - t) ** 2
    return loss.named("E")


def report(tmp_path: Path, text: str) -> Report:
    path = tmp_path / "mine.txt"
    path.write_text(text, encoding="utf-8")
    return ag.compare(unit(), path)


def found(tmp_path: Path, text: str) -> list[Finding]:
    return list(report(tmp_path, text).findings)


# a = 1.1371, o = 0.75714, dE/do = 1.11428, do/da = 0.18388, dE/da = 0.20489, dE/dw = 0.28070


@pytest.mark.parametrize(
    "line",
    [
        "dE/da = 1.114*0.1839 = 0.205",
        "dE/da = 1.11 · 0.184 = 0.2049",
        "dE/da = dE/do * do/da = 1.1142*0.1839 = 0.2049",
        "a = 0.83*1.37 = 1.1371 ≈ 1.14",
        "E = (0.757 - 0.2)^2 = 0.5571^2 = 0.3104",
        "dE/do = 2*(0.757 - 0.2) = 2*0.557 = 1.114",
    ],
)
def test_a_chain_with_the_rounding_of_its_numbers_is_right(tmp_path: Path, line: str) -> None:
    assert {one.verdict for one in found(tmp_path, line)} == {"right"}


def test_a_slip_is_found_and_says_the_right_number(tmp_path: Path) -> None:
    product, number = found(tmp_path, "dE/da = 1.114*0.1839 = 0.2409")
    assert (product.verdict, number.verdict) == ("right", "wrong")
    cause = number.causes[0]
    assert (cause.kind, cause.fix) == ("arithmetic", "write 0.204865")


def test_what_follows_from_a_slip_has_it_as_its_root(tmp_path: Path) -> None:
    text = "dE/da = 1.114*0.1839 = 0.2409\ndE/dw = dE/da*x = 0.2409*1.37 = 0.3300"
    *_, number = found(tmp_path, text)
    assert (number.verdict, number.root) == ("follows", "dE/da")


def test_a_wrong_product_is_no_slip(tmp_path: Path) -> None:
    product, number = found(tmp_path, "dE/da = 1.114*0.757 = 0.843")
    assert (product.verdict, number.verdict) == ("wrong", "wrong")
    assert "arithmetic" not in {one.kind for one in number.causes}


@pytest.mark.parametrize("line", ["0.562*0.999 = 0.246", "v = 0.562*0.999 = 0.246"])
def test_a_slip_is_wrong_whatever_the_network(tmp_path: Path, line: str) -> None:
    *_, number = found(tmp_path, line)
    assert (number.verdict, number.causes[0].kind) == ("wrong", "arithmetic")
    assert "0.561438" in number.causes[0].sentence


@pytest.mark.parametrize("line", ["0.562*0.999 = 0.561", "0.562*0.999 = 0.562"])
def test_arithmetic_without_a_name_is_right(tmp_path: Path, line: str) -> None:
    assert [one.verdict for one in found(tmp_path, line)] == ["right"]


@pytest.mark.parametrize(
    "line", ["dE/dw = 0.205*1.37 = 0.2807", "dE/da = 1.1*0.18 = 0.20", "dE/da = 1.1142*0.1839"]
)
def test_each_printed_number_has_its_own_rounding(tmp_path: Path, line: str) -> None:
    # 1.37 is x itself: nothing is added to the rounding of 0.205.
    assert {one.verdict for one in found(tmp_path, line)} == {"right"}


@pytest.mark.parametrize("line", ["dE/dw = 0.21*1.31 = 0.275", "dE/da = 1.114*0.1939 = 0.2160"])
def test_a_number_that_is_off_by_more_is_wrong(tmp_path: Path, line: str) -> None:
    assert "wrong" in {one.verdict for one in found(tmp_path, line)}


@pytest.mark.parametrize("line", ["w: 0.83 -> 0.80", "w = 0.83 → 0.80"])
def test_what_becomes_of_a_number_is_no_equation(tmp_path: Path, line: str) -> None:
    kinds = {cause.kind for one in found(tmp_path, line) for cause in one.causes}
    assert "arithmetic" not in kinds


def test_about_a_whole_number_is_to_the_nearest(tmp_path: Path) -> None:
    assert {one.verdict for one in found(tmp_path, "a = 0.83*1.37 = 1.1371 ≈ 1")} == {"right"}
    assert found(tmp_path, "a ≈ 2")[0].verdict == "wrong"
    assert found(tmp_path, "a = 1")[0].verdict == "wrong"


@pytest.mark.parametrize("line", ["1/0 = 3", "0.1^(-5000) = 2", "(-1.5)^0.5 = 2"])
def test_arithmetic_without_a_value_is_unchecked(tmp_path: Path, line: str) -> None:
    assert "right" not in {one.verdict for one in found(tmp_path, line)}
