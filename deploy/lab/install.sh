#!/bin/bash
# Installs what the tests need (Debian, Ubuntu) when run as root, otherwise prints the command that does.
# Quick when nothing is missing. No daemon is started or left enabled by it: the lab starts its own.
set -euo pipefail
packages=(
  postfix dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd libsasl2-modules sasl2-bin openssl # the mail servers
  swaks libnet-ssleay-perl libauthen-sasl-perl libdigest-hmac-perl mpack uudeview curl netcat-openbsd # other people's mail clients
  libtiff-tools libjpeg-turbo-progs jbigkit-bin tesseract-ocr tesseract-ocr-eng                     # other people's eyes
  poppler-utils mupdf-tools ghostscript imagemagick                                                 # and more of them
  chromium postgresql buildah podman runc jq iproute2 util-linux python3                            # the rest
)
missing=()
status=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
for p in "${packages[@]}"; do
  grep -qx "$p installed" <<<"$status" || missing+=("$p")
done
[ ${#missing[@]} = 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "The tests need the programs of these Debian packages: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  printf 'The tests need these packages; install them with\n\n  sudo apt-get install -y --no-install-recommends %s\n\n' "${missing[*]}" >&2
  exit 1
fi

# Exit status 101 of this file tells Debian's packages not to start their services.
guard=/usr/sbin/policy-rc.d
kept=
restore() {
  if [ -n "$kept" ]; then mv -f "$kept" "$guard"; else rm -f "$guard"; fi
}
if [ -e "$guard" ]; then
  kept=$(mktemp "$guard.XXXXXX")
  cp -p "$guard" "$kept"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$guard"
chmod 755 "$guard"

export DEBIAN_FRONTEND=noninteractive
if command -v debconf-set-selections >/dev/null; then
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
fi
install=(apt-get install -y -q --no-install-recommends "${missing[@]}")
echo "lab: installing ${missing[*]}"
log=$(mktemp)
"${install[@]}" >"$log" 2>&1 || {
  apt-get update -q >"$log" 2>&1 || true
  "${install[@]}" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
}
rm -f "$log"
