#!/usr/bin/env bash
# Writes the locked, hashed requirements from pyproject.toml. What is pinned stays pinned unless --upgrade is given.
#   runtime.txt  what the product needs      build.txt  what installs the project itself
#   fit.txt      runtime and what fits models to a history
#   dev.txt      runtime, fit, Apprise, build and the tools of tests and checks
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-annotate --custom-compile-command "make lock" "$@"
}

compile pyproject.toml --output-file requirements/runtime.txt "$@"
compile pyproject.toml --extra fit --constraint requirements/runtime.txt --output-file requirements/fit.txt "$@"
compile pyproject.toml --extra fit --extra apprise --group dev --constraint requirements/fit.txt --output-file requirements/dev.txt "$@"
compile --group build --constraint requirements/dev.txt --output-file requirements/build.txt "$@"

# Whoever installs chooses the index: a file that names one works on one network only.
if grep -n '://' requirements/*.txt; then
    echo "an address stands in the requirements" >&2
    exit 1
fi
