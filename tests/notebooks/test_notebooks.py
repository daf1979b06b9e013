"""Each notebook runs from a fresh kernel, and its committed outputs are those of a run from top to bottom."""

import re
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lab.processes import REPOSITORY
from lab.programs import require_program
from tests.waiting import eventually

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
OURS = 'ENGINE = "python"'  # the line with which each notebook chooses what runs its servers

LONGEST_RUN_SECONDS = 180  # what a reader is promised
LARGEST_BYTES = 1_500_000  # with its pictures; code hosts refuse to render much larger ones

# A number with one of these is a figure; a bare one may be a name (stage 2, Redis 7.0).
UNITS = "%|×|[µnm]?s|[kKMG]?i?B|bytes?|seconds?|minutes?|times|queries|requests|reads|pages|keys|customers"
TYPED_FIGURE = re.compile(rf"(?<![\w.])\d[\d.,]*\s*(?:{UNITS})(?!\w)")
NO_PROSE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)  # code, and where links lead

OF_ONE_MACHINE = re.compile(
    rf"{re.escape(str(REPOSITORY))}|/(?:home|root|tmp|var|Users)/|site-packages|127\.0\.0\.1:\d"
)
NOISE = re.compile(r"Warning\b|Traceback")


def test_every_stage_has_its_notebook():
    stages = {path.parent.name.removeprefix("stage") for path in REPOSITORY.glob("stage?_*/server.py")}
    assert {path.stem for path in NOTEBOOKS} == stages


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The line for the engine that --target names: the real Redis is the notebooks' control too."""
    target = request.config.getoption("--target")
    if target == "redis":
        require_program("redis-server", "apt-get install redis-server")
        return OURS.replace("python", "redis")
    if target != "ours":
        pytest.skip("the notebooks know two engines: --target ours and --target redis")
    return OURS


def test_a_notebook_runs_from_a_fresh_kernel_and_leaves_no_process_behind(notebook, engine, tmp_path, monkeypatch):
    for name in ("TMPDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):  # nothing of this user's, nothing for this user
        directory = tmp_path / name.lower()
        directory.mkdir()
        monkeypatch.setenv(name, str(directory))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    figures = cells_with_figures(notebook)
    choices = [cell for cell in notebook.cells if OURS in cell.source]
    choices[0].source = choices[0].source.replace(OURS, engine)
    end = time.monotonic() + LONGEST_RUN_SECONDS

    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout_func=lambda _cell: max(1, int(end - time.monotonic())),
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()  # raises the first cell's error

    assert cells_with_figures(notebook) == figures
    eventually(lambda: not processes_in(tmp_path))
    assert not list((tmp_path / "tmpdir").iterdir())


def cells_with_figures(notebook: nbformat.NotebookNode) -> list[str]:
    """The names of the cells below which there is a picture."""
    return [cell.id for cell in notebook.cells if any(map(is_figure, cell.get("outputs", ())))]


def is_figure(output: nbformat.NotebookNode) -> bool:
    return "image/png" in output.get("data", ())


def processes_in(directory: Path) -> list[str]:
    """The processes whose working directory is there or below: children inherit it, and servers get one below TMPDIR.

    Linux tells. (The environment would not do: the real redis-server writes its title over it.)
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(directory):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # another user's, or gone meanwhile
            pass
    return found


def test_a_notebook_is_committed_as_one_run_from_top_to_bottom_left_it(notebook):
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(OURS in cell.source for cell in cells)
    assert cells_with_figures(notebook)


def test_committed_outputs_hold_no_error_no_noise_and_nothing_of_one_machine(path, notebook):
    assert path.stat().st_size < LARGEST_BYTES
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error" and output.get("name") != "stderr", output
            texts = [text for kind, text in output.get("data", {}).items() if not kind.startswith("image/")]
            for text in [*texts, output.get("text", "")]:
                assert not OF_ONE_MACHINE.search(text) and not NOISE.search(text), text


def test_no_figure_is_typed_into_the_text(notebook):
    typed = [figure for cell in notebook.cells if cell.cell_type == "markdown" for figure in typed_figures(cell.source)]
    assert not typed, "figures come from the run: let a code cell say them"


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It takes 20 ms, and 1,024 keys fit.", ["20 ms", "1,024 keys"]),
        ("10× as many, 99.9% of them", ["10×", "99.9%"]),
        ("1. In stage 2 the p99 of Redis 7.0 is `20 ms`, see [there](a/3 s).", []),
        ("```\nwait 20 ms\n```", []),
    ],
)
def test_a_typed_figure_is_told_from_a_name(text, figures):
    assert typed_figures(text) == figures


def typed_figures(text: str) -> list[str]:
    return TYPED_FIGURE.findall(NO_PROSE.sub("", text))


def test_links_lead_to_files_that_exist(path, notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", text)
    assert links
    assert not [link for link in links if not (path.parent / link).exists()]
