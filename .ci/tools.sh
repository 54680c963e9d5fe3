#!/usr/bin/env bash
# Installs other people's tools, pinned, into virtual environments under $1:
# one each, because they disagree about their libraries.
set -euo pipefail
out=$1
install() { # name, requirements
	local name=$1
	shift
	if [ ! -f "$out/$name/installed" ] || [ "$(cat "$out/$name/installed")" != "$*" ]; then
		python3 -m venv "$out/$name"
		"$out/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
		echo "$*" >"$out/$name/installed"
	fi
}
install awscli 'awscli==1.46.3'
install moto 'moto[server]==5.2.2'
install scim2tester 'scim2-tester[httpx2]==0.5.2' 'scim2-client==0.13.2' 'scim2-models==0.12.3' 'scim2-cli==0.6.0' 'pydantic==2.14.3' 'httpx2==2.16.2'
install sanity 'scim-sanity==0.7.4'
"$out/awscli/bin/aws" --version
"$out/moto/bin/python" -c 'import moto; print("moto", moto.__version__)'
"$out/sanity/bin/scim-sanity" --version
