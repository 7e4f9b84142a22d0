# Two commands do all: `make demo` and `make test`. Everything beneath is a plain command too.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(p)),$(p))))
BIN := .venv/bin
UV := $(BIN)/uv

.PHONY: demo test check bench docs messages clean

demo: .venv/product                   ## the fictional office on http://localhost:8000
	$(BIN)/streha demo

test: .venv/dev                       ## every test; PostgreSQL, browser and catalogues when their programs are there
	@bash tools/test

check: .venv/dev                      ## style, types, arrows, catalogues, docs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	STREHA_DEMO=1 STREHA_DATA=.mypy_cache/office $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m streha.web.messages check
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

bench: .venv/dev                      ## every figure of the contract of speed, peers beside us
	$(BIN)/python -m bench

docs: .venv/dev                       ## the manual, in docs/_build
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

messages: .venv/dev                   ## catalogues: collect, generate the Latin form, compile
	$(BIN)/python -m streha.web.messages update
	$(BIN)/python -m streha.web.messages generate
	$(BIN)/python -m streha.web.messages compile

clean:
	rm -rf .venv docs/_build .mypy_cache .ruff_cache .pytest_cache

$(UV):
	$(PYTHON) -m venv .venv || { echo "Python's venv is missing. On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install -q "uv>=0.8"

# Byte code is made once, here: compiling it anew would be half of what every start of streha takes.
export UV_COMPILE_BYTECODE := 1

# uv keeps itself out of the environment it manages only when told so: --inexact.
.venv/product: $(UV) pyproject.toml uv.lock
	$(UV) sync -q --locked --inexact --no-default-groups
	$(BIN)/python -m streha.web.messages compile
	@touch $@

.venv/dev: $(UV) pyproject.toml uv.lock
	$(UV) sync -q --locked --inexact --all-groups --all-extras
	$(BIN)/python -m streha.web.messages compile
	@touch $@ .venv/product
