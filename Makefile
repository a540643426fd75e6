# Two commands on a fresh machine with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check ci soak recordings train clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt pip setuptools wheel
	$(BIN)/pip install --quiet -c constraints.txt .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

demo: $(VENV)/.installed  ## set up, verify the weights, analyse the bundled recording
	$(BIN)/debrief models verify
	$(BIN)/debrief demo

test: $(VENV)/.installed-dev  ## set up and pass the fast tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not service and not soak" $(PYTEST)

check: $(VENV)/.installed-dev  ## style, types, import table
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(VENV)/.installed-dev  ## long runs: damaged files, random histories, kills, every rewording, a 2 GB upload, garbage, 50 reviewers; writes docs/soak.md, docs/faults.md, benchmarks/web.md
	bad=0; \
	$(BIN)/python -m pytest -q -m soak || bad=1; \
	DEBRIEF_FUZZ_SECONDS=600 $(BIN)/python -m pytest -q -m service tests/pipeline/web/test_api_fuzz.py || bad=1; \
	$(BIN)/python benchmarks/web.py load --minutes 5 --write benchmarks/web.md || bad=1; \
	$(BIN)/python benchmarks/soak.py --write docs/soak.md || bad=1; \
	$(BIN)/python benchmarks/faults.py --times 20 --damaged 200 --write docs/faults.md || bad=1; \
	exit $$bad

clean:
	rm -rf $(VENV) out build dist
