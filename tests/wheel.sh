#!/bin/sh
# Install a wheel into an empty environment and run the demo from an empty folder.
set -eu
wheel=$(realpath "$1")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
"${PYTHON:-python3}" -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
mkdir home
export HOME="$place/home"
env/bin/sourcemark --version
env/bin/sourcemark init demo
cd demo
../env/bin/sourcemark run sources/group-singing
../env/bin/sourcemark run sources/group-singing | grep 'nothing changed'
../env/bin/sourcemark replay group-singing
../env/bin/sourcemark doctor
test -z "$(ls -A "$HOME")" || { echo "something was written into the home folder" >&2; exit 1; }
