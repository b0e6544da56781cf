"""Grading a folder: each submission at its own point, points by hand, and nothing ends the run."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from handed_in import as_json, as_markdown, backward_of, forward_of, handed_in, weights_of

import autograd_lite as ag
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Claim
from autograd_lite.check.grade import submissions
from autograd_lite.check.grade.grading import Grader, Grades, grade
from autograd_lite.check.grade.marks import read_rubric
from autograd_lite.check.grade.table import Row
from autograd_lite.errors import ClaimError
from models.notebook import NotebookCNN, loss
from models.notebook.data import initial_weights

FOLDER = Path(__file__).parent / "submissions"
PATH = "the path dE/dO2·dO2/dnet_O2·dnet_O2/dH1 is missing"


@pytest.fixture(scope="module")
def folder() -> Grades:
    """The folder of submissions, with its rubric."""
    return grade(loss(), FOLDER, rubric=read_rubric(FOLDER / "rubric.toml"))


@pytest.fixture
def graded(tmp_path: Path) -> Callable[..., Row]:
    """One derivation of the notebook's network, graded."""

    def graded(text: str, name: str = "a.md", **options: object) -> Row:
        (tmp_path / name).write_text(text, encoding="utf-8")
        (row,) = grade(loss(), tmp_path, **options).rows  # type: ignore[arg-type]
        return row

    return graded


def by_name(grades: Grades) -> dict[str, Row]:
    return {row.name: row for row in grades.rows}


def square() -> ag.Value:
    w = ag.Value(3.0, "w")
    return (w * w).named("E")


def students(folder: Path, **claims: str) -> None:
    for name, text in claims.items():
        (folder / f"{name}.md").write_text(text)


# The folder


def test_every_submission_is_a_row(folder: Grades) -> None:
    assert [(row.name, bool(row.error)) for row in folder.rows] == [
        ("anna.json", False),
        ("ben.toml", False),
        ("carla.csv", False),
        ("dora.md", False),
        ("emil.ipynb", False),
        ("finn", False),
        ("gina.json", False),
        ("hugo.json", True),
        ("ida.md", False),
        ("jan.md", True),
        ("kim.pdf", True),
    ]


def test_the_points_are_those_worked_out_by_hand(folder: Grades) -> None:
    # 12 weights at 1 point, and 8 for the kernel; what follows earns 3/4.
    points = {name: row.points for name, row in by_name(folder).items() if not row.error}
    one_path = 8 + 4 * 0.75 + 8 * 0.75  # w_1 to w_4 and the kernel lie below H1
    assert points == {
        "anna.json": 20,
        "ben.toml": one_path,
        "carla.csv": one_path,
        "dora.md": one_path,
        "emil.ipynb": 2 + 10 * 0.75 + 8 * 0.75,  # only w_9 and w_10 do not lie below O2
        "finn": 12,
        "gina.json": points["gina.json"],
        "ida.md": 0,
    }
    assert {row.possible for row in folder.rows if not row.error} == {20}


def test_each_is_judged_at_the_weights_that_it_states(folder: Grades) -> None:
    own = ("w_conv", "w_hidden", "w_output")
    stated = {name: row.stated for name, row in by_name(folder).items()}
    assert stated["anna.json"] == stated["gina.json"] == stated["kim.pdf"] == ()
    assert stated["ben.toml"] == stated["dora.md"] == stated["finn"] == own
    assert "at its own w_conv, w_hidden, w_output" in by_name(folder)["ben.toml"].notes


def test_the_mistake_is_named_and_the_rest_follows(folder: Grades) -> None:
    row = by_name(folder)["carla.csv"]
    assert row.first_mistake == f"dE/dH1 (line 53): missing path: {PATH}"
    # w_1 to w_4, four s, four F, and the kernel.
    assert (len(row.roots), row.count("follows"), row.count("unchecked")) == (1, 16, 0)


def test_who_shares_a_mistake_is_listed_together(folder: Grades) -> None:
    first = folder.clusters[0]
    assert (first.quantities, first.kind, first.sentence) == (("dE/dH1",), "missing path", PATH)
    assert first.members == ("ben.toml", "carla.csv", "dora.md")
    assert folder.shared == [f"3 of 8: dE/dH1: missing path: {PATH}: ben.toml, carla.csv, dora.md"]


def test_a_folder_of_files_is_one_submission(folder: Grades) -> None:
    finn = by_name(folder)["finn"]
    assert [Path(file).name for file in finn.files] == ["backward.csv", "forward.md"]
    assert finn.unanswered == tuple(f"dE/dw_conv[{m},{n}]" for m in (0, 1) for n in (0, 1))
    assert "not read: sketch.png" in finn.notes


def test_another_point_that_is_not_stated_is_said(folder: Grades) -> None:
    note = "all 29 forward values differ: other weights? state them"
    assert [row.name for row in folder.rows if note in row.notes] == ["gina.json"]


def test_an_empty_file_has_no_points_and_says_so(folder: Grades) -> None:
    ida = by_name(folder)["ida.md"]
    assert (ida.points, len(ida.unanswered)) == (0, 16)
    assert ida.notes == ("nothing to check was found in it",)


def test_a_broken_file_has_its_reason(folder: Grades) -> None:
    reasons = {row.name: row.error for row in folder.broken}
    assert reasons["hugo.json"].startswith("hugo.json: Expecting property name")
    assert reasons["jan.md"].startswith("jan.md: cannot be decoded: it is binary")
    assert reasons["kim.pdf"].startswith("kim.pdf: a file has to be one of .json, ")


# Points and notes


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_derivation_of_any_seed_is_right(graded: Callable[..., Row], seed: int) -> None:
    row = graded(as_json(handed_in(seed)), "a.json")
    # The weights, and the twelve other gradients that are claimed.
    assert (row.points, row.possible, row.roots, row.first_mistake) == (28, 28, (), "")


def test_only_the_weights_that_are_stated_move(graded: Callable[..., Row]) -> None:
    # E at seed 0, but for the kernel; computed by the model itself at these weights.
    first, other = initial_weights(0), initial_weights(5)
    there = NotebookCNN(first._replace(w_conv=other.w_conv)).loss()
    kernel = {name: w for name, w in weights_of(5).items() if "conv" in name}
    row = graded(as_markdown(kernel | {"E": there.data}))
    assert row.stated == ("w_conv",)
    assert row.count("right") == 5


def test_what_is_wrong_by_a_named_mistake_earns_its_share(graded: Callable[..., Row]) -> None:
    rubric = {"points": {"dE/dw_*": 2}, "mistakes": {"missing factor": 0.25}}
    text = as_json(weights_of(4) | backward_of(4, "no slope"))
    # dE/dw_1 to dE/dw_4 lack their factor, the other weights are right; the kernel as well.
    row = graded(text, "a.json", rubric=rubric)
    assert row.points == 8 * 2 + 4 * 2 * 0.25 + 4 * 2
    assert len(row.roots) == 4


def test_updated_weights_are_checked_with_the_learning_rate(graded: Callable[..., Row]) -> None:
    updated = weights_of(0)["w_9"] - 0.1 * backward_of(0)["dE/dw_9"]
    text, rubric = f"w_9 updated: {updated!r}", {"points": {"w_9 updated": 3}}
    assert graded(text, rubric=rubric, learning_rate=0.1).points == 3
    row = graded(text, rubric=rubric)
    assert (row.points, row.count("unchecked")) == (0, 1)


def test_names_are_the_authors(graded: Callable[..., Row]) -> None:
    row = graded(f"Total: {forward_of(0)['E']!r}", names={"Total": "E"})
    assert row.count("right") == 1


def test_names_that_mean_nothing_are_said(graded: Callable[..., Row]) -> None:
    (note,) = graded("gamma_7 = 0.5").notes
    assert note == "none of its names is known: is a table of names missing?"


def test_a_single_wrong_forward_value_is_a_mistake_and_no_other_point(
    graded: Callable[..., Row],
) -> None:
    row = graded("H1 = 0.123\nO1 = 0.676\n")
    assert (row.notes, len(row.roots)) == ((), 1)


# Clusters over seeds


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Grades:
    folder = tmp_path_factory.mktemp("seeds")
    planted = {11: "swapped", 12: "no slope", 13: "swapped", 14: "no slope", 15: "swapped"}
    for seed, mistake in planted.items():
        digits = 6 if seed % 2 else 0
        (folder / f"{seed}.md").write_text(as_markdown(handed_in(seed, mistake), digits))
    return grade(loss(), folder)


def test_the_same_mistake_at_different_seeds_is_one_cluster(seeds: Grades) -> None:
    swapped, slope = seeds.clusters
    assert swapped.quantities == ("dE/dw_9",)
    assert swapped.members == ("11.md", "13.md", "15.md")
    assert swapped.sentence == "dnet_O1/dw_10 stands in place of dnet_O1/dw_9"
    assert slope.quantities == ("dE/dw_1", "dE/dw_2", "dE/dw_3", "dE/dw_4")
    assert (slope.members, slope.kind) == (("12.md", "14.md"), "missing factor")


# What goes wrong


def test_a_defect_of_ours_in_one_submission_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    students(tmp_path, anna="dE/dw: 6.0", ben="dE/dw: 6.0", carla="dE/dw: 6.0")
    read = submissions.Submission.claims

    def fails(self: submissions.Submission) -> list[Claim]:
        if self.name == "ben.md":
            raise ZeroDivisionError("division by zero")
        return read(self)

    monkeypatch.setattr(submissions.Submission, "claims", fails)
    rows = grade(square(), tmp_path).rows
    assert [row.error for row in rows] == [
        "",
        "internal error: ZeroDivisionError: division by zero",
        "",
    ]


def test_an_interrupt_does(tmp_path: Path) -> None:
    students(tmp_path, anna="dE/dw: 6.0", ben="dE/dw: 6.0")
    seen = []

    def progress(done: int, count: int, name: str) -> None:
        seen.append((done, count, name))
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(square(), tmp_path, progress=progress)
    assert seen == [(0, 2, "anna.md"), (1, 2, "ben.md")]


def test_numbers_at_which_nothing_is_finite_do_not_end_the_run(tmp_path: Path) -> None:
    students(tmp_path, anna="w: 1e200\ndE/dw: 2e200\nE: inf", ben="w: 0\ndE/dw: 0")
    assert [row.error for row in grade(square(), tmp_path).rows] == ["", ""]


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), "fast"])
def test_a_learning_rate_has_to_be_a_number(rate: object) -> None:
    with pytest.raises(ClaimError, match="learning_rate"):
        Grader(named_graph(square()), learning_rate=rate)  # type: ignore[arg-type]


def test_an_empty_folder_has_no_rows(tmp_path: Path) -> None:
    grades = grade(square(), tmp_path)
    assert str(grades) == "0 submissions"
    assert grades.as_dict() == {"output": "E", "submissions": [], "clusters": []}


# The author's own point


def neuron() -> ag.Value:
    x, w, b = ag.Constant(0.5, "x"), ag.Value(0.8, "w"), ag.Value(0.1, "b")
    z = (w * x + b).named("z")
    return ((ag.sigmoid(z).named("h") - 1.0) ** 2).named("E")


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("x = 0.7", ("x",)),
        ("the weight: w = 3/4 = 0.75", ("w",)),
        ("$w = \\frac{3}{4} = 0.75$", ("w",)),
        ("w: 0.3 → 0.28", ("w",)),
        ("dz/dw = x = 0.7", ()),
        ("$\\frac{\\partial z}{\\partial w} = x = 0.7$", ()),
        ("dz/dx = w = 0.3", ()),
        ("w = w - 0.1 dE/dw = 0.75", ()),
        ("dE/db = dE/dz = b = 0.3", ()),
    ],
)
def test_a_point_is_stated_and_not_what_a_chain_ends_in(
    tmp_path: Path, text: str, stated: tuple[str, ...]
) -> None:
    students(tmp_path, anna=f"{text}\n")
    assert [row.stated for row in grade(neuron(), tmp_path).rows] == [stated]


def test_a_wrong_number_for_an_input_in_a_chain_blames_no_other_line(tmp_path: Path) -> None:
    students(tmp_path, anna="dz/dw = x = 0.7\nz = 0.5\nh = 0.6225\ndE/dh = -0.7551\n")
    (row,) = grade(neuron(), tmp_path).rows
    assert [one.verdict for one in row.findings if one.name in ("z", "h", "dE/dh")] == ["right"] * 3
    assert {root.name for root in row.roots} == {"x"}


# Views


@pytest.fixture
def three(tmp_path: Path) -> Grades:
    students(tmp_path, anna="dE/dw: 6.0", ben="w: 2.5\ndE/dw: -5.00\ndE/db: 1", carla="dE/dw: -6")
    (tmp_path / "dora.pdf").write_bytes(b"")
    return grade(square(), tmp_path)


def test_the_table_of_a_small_folder(three: Grades) -> None:
    known = ".json, .toml, .csv, .tsv, .ipynb, .md, .markdown, .txt, .rst, .tex, .py"
    assert str(three).splitlines() == [
        "4 submissions, 1 of which could not be read",
        "submission  points  right  wrong  follows  unanswered  to check",
        "anna.md     1/1     1      0      0        0           0",
        "ben.md      0/1     1      1      0        0           1",
        "  dE/dw (line 2): wrong sign: the sign is wrong",
        "  at its own w",
        "carla.md    0/1     0      1      0        0           0",
        "  dE/dw (line 1): wrong sign: the sign is wrong",
        "dora.pdf",
        f"  dora.pdf: a file has to be one of {known}",
        "",
        "Shared mistakes:",
        "2 of 3: dE/dw: wrong sign: the sign is wrong: ben.md, carla.md",
    ]


def test_the_csv_has_every_row(three: Grades) -> None:
    rows = list(csv.DictReader(io.StringIO(three.to_csv())))
    assert [row["submission"] for row in rows] == ["anna.md", "ben.md", "carla.md", "dora.pdf"]
    shown = ("points", "possible", "wrong", "roots", "stated", "unchecked")
    assert [rows[1][name] for name in shown] == ["0", "1", "1", "dE/dw", "w", "1"]
    assert rows[3]["error"].startswith("dora.pdf: ")


def test_a_name_is_no_formula_in_a_spreadsheet() -> None:
    for name in ("=1+1.md", "+1.md", "-1.md", "@a.md"):
        (row,) = csv.DictReader(io.StringIO(Grades("E", [Row(name=name)]).to_csv()))
        assert row["submission"] == f"'{name}"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "＝", "a;=", "a; @", "a;b;+"])
def test_no_cell_is_a_formula_whatever_separates_them(start: str) -> None:
    row = Row(name=f"{start}1.md", notes=(f"{start}cmd",), error=f"{start}x")
    text = Grades("E", [row]).to_csv()
    for separator in ",;":
        for cells in csv.reader(io.StringIO(text), delimiter=separator):
            for cell in cells:
                assert cell.strip()[:1] not in tuple("=+-@＝") or not cell


def test_a_row_is_the_same_after_it_was_kept(three: Grades) -> None:
    kept = Grades("E", [Row.of_dict(json.loads(json.dumps(row.as_dict()))) for row in three.rows])
    assert str(kept) == str(three)
    assert kept.to_csv() == three.to_csv()
    assert kept.clusters == three.clusters


def test_the_json_has_every_finding(three: Grades) -> None:
    content = json.loads(three.to_json())
    ben = content["submissions"][1]
    assert [(one["name"], one["verdict"]) for one in ben["findings"]] == [
        ("w", "right"),
        ("dE/dw", "wrong"),
        ("dE/db", "unchecked"),
    ]
    assert ben["items"] == [{"quantity": "dE/dw", "points": 1.0, "earned": 0.0, "answers": 1}]
    assert content["clusters"][0]["members"] == ["ben.md", "carla.md"]


def test_a_terminal_shows_the_same(three: Grades) -> None:
    from rich.console import Console

    console = Console(width=150, file=io.StringIO(), force_terminal=False)
    console.print(three)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for text in ("anna.md", "dora.pdf: a file", "at its own w", "Shared mistakes:", "2 of 3"):
        assert text in shown


def test_names_cannot_move_the_cursor() -> None:
    grades = Grades("E", [Row(name="a\x1b[2J.md", notes=("b\n",), error="c\r")])
    assert "\x1b" not in str(grades)
    assert "\r" not in str(grades)


# Many


@pytest.mark.slow
def test_a_hundred_submissions_are_clustered(tmp_path: Path) -> None:
    for seed in range(100):
        mistake = ("", "", "one path", "sign", "no slope", "swapped")[seed % 6]
        (tmp_path / f"{seed:03}.md").write_text(as_markdown(handed_in(seed, mistake), 6))
    grades = grade(loss(), tmp_path)
    kinds = {(one.quantities[0], one.kind): len(one.members) for one in grades.clusters[:4]}
    assert kinds == pytest.approx(
        {
            ("dE/dH1", "missing path"): 17,
            ("dE/dO2", "wrong sign"): 17,
            ("dE/dw_1", "missing factor"): 16,
            ("dE/dw_9", "wrong factor"): 16,
        },
        abs=1,
    )
