#!/bin/bash
# Builds the container image from a binary made here, without any registry: what `make image` runs. Needs Go and buildah.
#
#   IMAGE     name of the image (faxgate)
#   VERSION   its tag, and what `faxgate version` says (from git)
#   FLAGS     for go build (-trimpath)
set -euo pipefail
cd "$(dirname "$0")/.."
die() { echo "image: $*" >&2; exit 1; }

command -v buildah >/dev/null || die "buildah is missing: apt-get install buildah (or build from source with docker compose -f deploy/compose.yaml build)"
certificates=/etc/ssl/certs/ca-certificates.crt
[ -r "$certificates" ] || die "$certificates is missing: apt-get install ca-certificates"

image=${IMAGE:-faxgate}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
tag=${version//[^A-Za-z0-9_.-]/-}

# The image's files lie in a directory of their own, so that the build sees nothing else.
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
root=$context/dist/root
CGO_ENABLED=0 ${GO:-go} build ${FLAGS--trimpath} -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$root/faxgate" ./cmd/faxgate
install -D -m 644 -t "$root/etc/ssl/certs" "$certificates"
install -D -m 644 -t "$root/etc/faxgate" deploy/faxgate.toml
chmod -R go+rX "$context"
install -d -m 700 "$context/dist/own/data" "$context/dist/own/data/tmp"

# Only the docker format carries a health check.
log=$(buildah bud --format docker --isolation chroot --target prebuilt --tag "$image:$tag" --tag "$image:latest" \
  --file deploy/Dockerfile "$context" 2>&1) || die "$log"
size=$(buildah images --format '{{.Size}}' "localhost/$image:latest" | sed -n 1p)
echo "localhost/$image:$tag ($size), also localhost/$image:latest"
