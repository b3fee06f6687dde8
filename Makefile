# The commands of this repository; `make help` lists them. Each ends with a non-zero status if anything fails.

VENV  ?= .venv

BIN = $(VENV)/bin
LOWEST = .venv-lowest
FAST = tests/config tests/worlds tests/recordings tests/analysis tests/networks tests/figures

# The first Python that is new enough; name another one with `make PYTHON=/path/to/python env`.
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in $(BIN)/python python3 python3.14 python3.13 python3.12 python3.11; do \
              $$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)

PYTEST = MPLBACKEND=agg $(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile

# Whatever a profile sets: the library is this checkout's, and what its environment has is what is used.
export PYTHONPATH = $(CURDIR)
export PYTHONUTF8 = 1
unexport PYTHONHOME PYTHONSTARTUP PYTHONOPTIMIZE PYTHONWARNINGS SOURCE_DATE_EPOCH

.PHONY: help env book quick pdf test lowest coverage lab clean links
.DEFAULT_GOAL := help

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Does nothing if the lock and the package's own declaration are what was installed last.
env:  ## make the environment in .venv, exactly as in requirements.lock
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or run 'make PYTHON=/path/to/python $(MAKECMDGOALS)'" >&2; exit 1; }
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' || { echo "error: PYTHON = $(PYTHON) cannot be used: Python 3.11 or newer is needed" >&2; exit 1; }
	@"$(PYTHON)" make_env.py $(VENV)

book: env links  ## train what is missing, run the stale notebooks, build the site
	$(BIN)/jupyter-book build book -W --keep-going
	@echo "The site: $(CURDIR)/book/_build/html/index.html"

quick: env links  ## the whole site with two networks of each kind, in _quick/, in some three minutes
	$(BIN)/python -m mirror_core.pages.publishing.quick _quick
	@echo "The quick site: $(CURDIR)/_quick/book/_build/html/index.html"

pdf: env links  ## the supplement as one PDF; needs Chromium or Chrome, which prints it
	$(BIN)/python -m mirror_core.pages.publishing.pdf book/_build/supplement.pdf

test: env  ## check format and style, run all tests
	$(BIN)/ruff format --check --quiet . || { echo "error: not formatted; run $(BIN)/ruff format" >&2; exit 1; }
	$(BIN)/ruff check --quiet .
	@$(BIN)/python -c 'import playwright, axe_playwright_python' 2>/dev/null || \
	    $(BIN)/python -m pip install --quiet --constraint requirements.lock 'playwright>=1.50' 'axe-playwright-python>=0.1.8' || \
	    echo "note: Playwright and axe-core cannot be installed; the tests in a browser are skipped"
	$(PYTEST)

# uv finds the versions, pip installs them, from wherever it installs all else. Torch is the lock's, or whichever is
# there already: old ones come with gigabytes of GPU packages. With a newer Python than 3.11, some have no builds.
lowest: BIN = $(LOWEST)/bin
lowest:  ## the fast tests with the lowest versions that pyproject.toml allows, in .venv-lowest
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found" >&2; exit 1; }
	"$(PYTHON)" -m venv $(LOWEST)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet "$$(grep '^torch==' requirements.lock)"
	echo torch | $(BIN)/uv pip compile pyproject.toml --extra test --resolution lowest-direct --excludes - --quiet \
	    --python $(BIN)/python --output-file $(LOWEST)/lowest.txt
	$(BIN)/python -m pip install --quiet --requirement $(LOWEST)/lowest.txt
	$(PYTEST) $(FAST)

coverage: env  ## which lines the tests run; slower than the tests alone
	$(PYTEST) --cov=mirror_core --cov-report=term

lab: env  ## edit the notebooks in Jupyter Lab (right-click → Open With → Notebook)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock 'jupyterlab>=4.2'
	$(BIN)/jupyter lab notebooks

clean:  ## remove what the builds wrote; the environment and the trained networks stay
	rm -rf book/_build book/notebooks
	@test ! -d _quick || { test -e _quick/.made-by-mirror && rm -rf _quick; } || \
	    { echo "error: _quick has been made by something else (it has no file .made-by-mirror); delete it yourself" >&2; exit 1; }

# Copied without support for symbolic links, book/_config.yml is a small text file and no site can be built.
links:
	@for name in _config.yml _toc.yml; do \
	    cmp -s $$name book/$$name || { \
	        echo "error: book/$$name must be a symbolic link to ../$$name; links were lost when the repository was copied." >&2; \
	        echo "       Clone with 'git clone -c core.symlinks=true', or: ln -sf ../$$name book/$$name" >&2; exit 1; }; \
	done
