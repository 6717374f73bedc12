# Everything works on a fresh clone with Python 3.10+ and make: the environment is made on first use.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
DEMO := $(CURDIR)/.demo

.PHONY: demo test check lint format verify-types coverage package bench docs docs-serve clean

# Real answers from the embedded model, without a key, in a user directory inside this clone.
demo: $(VENV)/.installed
	@echo "$$ llm 'Five names for a pet pelican'"
	@env -u OPENAI_API_KEY -u LLM_MODEL LLM_USER_PATH=$(DEMO) $(BIN)/llm 'Five names for a pet pelican'
	@echo
	@echo "$$ llm logs -n 1"
	@LLM_USER_PATH=$(DEMO) $(BIN)/llm logs -n 1

test: $(VENV)/.developing
	$(BIN)/python -m pytest $(ARGS)

check: lint test

# Everything but the tests: format, lint, types, import contracts. (Sizes and start-up are tests.)
lint: $(VENV)/.developing
	$(BIN)/ruff format --check src tests bench downstream
	$(BIN)/ruff check src tests bench downstream
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.typing.verify

format: $(VENV)/.developing
	$(BIN)/ruff format src tests bench downstream
	$(BIN)/ruff check --fix src tests bench downstream

# Whether the types of every public name are complete, as pyright sees them.
verify-types: $(VENV)/.developing
	$(BIN)/python -m tests.typing.verify

# Which lines and branches the tests run, those of the processes that they start included.
coverage: $(VENV)/.developing
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# The wheel and the source distribution: built, looked into, installed elsewhere and tried. Needs the network.
package: $(VENV)/.developing
	$(BIN)/python -m tests.packaging

bench: $(VENV)/.developing
	$(BIN)/python -m bench

# The pages of docs/ as a site in site/: a broken link or a page without a place in the navigation is an error.
docs: $(VENV)/.documenting
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo 'Open site/index.html in a browser, or type: make docs-serve'

docs-serve: $(VENV)/.documenting
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24'
	$(BIN)/python -m pip install --quiet --editable '.[local]'
	touch $@

$(VENV)/.developing: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[local]' --group dev
	touch $@ $(VENV)/.installed

$(VENV)/.documenting: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[local]' --group docs
	touch $@

clean:
	rm -rf $(VENV) $(DEMO) site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist
