# make demo | up | test | check | plan-check | image-check | screens | chaos | soak | bench | lock. PYTHON is any Python from 3.11 on.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAY ?= --stay
PYTEST := $(BIN)/pytest -n 4 --dist loadgroup --no-loadscope-reorder
# What the database decides. The rest of the suite, and tests with a SQLite file of their own, run once.
POSTGRESQL_TESTS := tests/jobs tests/flow/test_kill.py tests/providers/test_locks.py tests/books tests/guidelines tests/intake/test_upload_order.py \
  tests/publishing/test_publish.py tests/api/test_reading.py tests/publishing/test_review.py tests/publishing/test_approving_beside_a_job.py \
  --ignore tests/jobs/test_cluster_processes.py --ignore tests/jobs/test_mutations.py

# Compiled once: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up test check lint types deploy infra-check plan-check image-check screens chaos soak bench lock

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m tests.install
	touch $@

.env: .env.example | $(VENV)/.installed
	$(BIN)/python -c "import secrets, pathlib; e = pathlib.Path('.env.example').read_text(); \
	pathlib.Path('.env').write_text(e.replace('SECRET_KEY=\n', f'SECRET_KEY={secrets.token_urlsafe(50)}\n'))"

demo: $(VENV)/.installed .env  ## The whole product on the sample book; STAY= ends it after the results, PORT chooses another port.
	$(BIN)/python manage.py demo $(STAY) $(if $(PORT),--port $(PORT))

up: $(VENV)/.installed .env  ## Web and workers; PORT chooses another port.
	$(BIN)/python manage.py up $(if $(PORT),--port $(PORT))

# Checkov pins old versions of what we use, so it has an environment of its own, made after the one that it lies in.
$(VENV)/checkov/.installed: requirements-checkov.txt | $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-checkov.txt
	touch $@

# Bindings that say what the provider of AWS takes, and what serves them to terraform: likewise.
$(VENV)/plan/.installed: requirements-plan.txt | $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)/plan
	$(VENV)/plan/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-plan.txt
	touch $@

check: lint types deploy infra-check

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/hadolint infra/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec infra/compose.yaml

types: $(VENV)/.installed-dev
	SECRET_KEY=of-the-checks-alone $(BIN)/mypy .

deploy: $(VENV)/.installed-dev
	SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(50))") sh -c \
	  '$(BIN)/python manage.py makemigrations --check --dry-run && \
	  DEBUG=false ALLOWED_HOSTS=books.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING'

PLAN := $(if $(shell command -v terraform),$(VENV)/plan/.installed)
infra-check: $(VENV)/checkov/.installed $(PLAN)
	$(VENV)/checkov/bin/checkov --config-file infra/checkov.yaml
	$(if $(PLAN),terraform fmt -check -recursive infra/terraform,@echo "There is no terraform here: infra/terraform is not validated.")
	$(if $(PLAN),$(VENV)/plan/bin/python -m tests.infra.plan_check)
	! command -v promtool >/dev/null || promtool test rules infra/prometheus/alerts_test.yaml

PRODUCTION := -chdir=infra/terraform/environments/production
plan-check:  ## terraform validate and terraform test with the provider itself, which has to be fetched.
	terraform $(PRODUCTION) init -backend=false -input=false
	terraform $(PRODUCTION) validate
	terraform $(PRODUCTION) test

image-check: $(VENV)/.installed-dev  ## Builds the image with buildah and starts it with podman; for root, in minutes.
	$(BIN)/python -m tests.infra.built_image

# Checks and installations two at a time. Tests four: many of them wait, for a browser or for processes of their own.
test:
	$(MAKE) --jobs 2 check
	$(PYTEST)
	TEST_DATABASE=postgresql $(PYTEST) $(POSTGRESQL_TESTS)

screens: $(VENV)/.installed-dev  ## Pictures of every screen, light, dark and on a phone, into docs/screens; in minutes.
	SCREENS=docs/screens $(BIN)/pytest -q tests/browser/pictures.py

chaos: $(VENV)/.installed-dev  ## 2,000 walks and 1,900 kills on each database, with what was met and killed.
	$(BIN)/pytest -n 2 -rP tests/chaos/chaos_*.py
	TEST_DATABASE=postgresql $(BIN)/pytest -n 2 -rP tests/chaos/chaos_*.py
	API_EXAMPLES=200 TEST_DATABASE=postgresql $(BIN)/pytest -n 2 tests/api/test_document.py

MINUTES ?= 60
soak: $(VENV)/.installed-dev  ## An hour of mixed work with random kills; fails where memory, connections, files or tables grow.
	SOAK_MINUTES=$(MINUTES) TEST_DATABASE=postgresql $(BIN)/pytest -n 0 -rP tests/chaos/soak.py

bench: $(VENV)/.installed-dev  ## Ratios beside the bare tools; fails below their bounds. About ten minutes.
	$(BIN)/python -m benchmarks

lock:  ## Pins requirements.in and requirements-dev.in with hashes; needs uv.
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.in -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-checkov.in -o requirements-checkov.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-plan.in -o requirements-plan.txt
