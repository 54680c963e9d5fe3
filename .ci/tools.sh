#!/usr/bin/env bash
# Installs other people's tools, pinned, into virtual environments under $1:
# one each, because they disagree about botocore.
set -euo pipefail
out=$1
install() { # name, requirement
	if [ ! -f "$out/$1/installed" ] || [ "$(cat "$out/$1/installed")" != "$2" ]; then
		python3 -m venv "$out/$1"
		"$out/$1/bin/pip" install --quiet --disable-pip-version-check "$2"
		echo "$2" >"$out/$1/installed"
	fi
}
install awscli 'awscli==1.46.3'
install moto 'moto[server]==5.2.2'
"$out/awscli/bin/aws" --version
"$out/moto/bin/python" -c 'import moto; print("moto", moto.__version__)'
