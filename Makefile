# Two commands matter: `make demo` and `make test`. Both set up by themselves what they need, in .venv.
#
#   make demo                       the guided demo of every stage, on real server processes
#   make test                       every test; make test ARGS="tests/stage1_single_node --target redis -x"
#   make notebooks                  JupyterLab on notebooks/
#   make lint                       ruff and mypy
#   make clean                      forget the environment and what the tools left behind
#
# PYTHON=python3.13 chooses the interpreter; without it the first one that is new enough is taken.

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
READY := .venv/.installed
ARGS ?=

.PHONY: demo test notebooks lint clean

demo: $(READY)
	$(BIN)/python -m lab.tour $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

notebooks: $(READY)
	$(BIN)/jupyter lab notebooks/

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy $(wildcard stage?_*) lab

# The stamp is as old as the last install, so a changed list of dependencies, and nothing else, installs again.
$(READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[speed]' 2>/dev/null || \
		echo "No C compiler, so LZF runs in Python: snapshots of long strings take longer."
	@touch $@

$(BIN)/python:
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "The course needs Python 3.11 or newer$(if $(PYTHON), and $(PYTHON) is not,: none was found on the PATH)." \
		     "Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON) (once, about a minute)"
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) could not make a virtual environment (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
