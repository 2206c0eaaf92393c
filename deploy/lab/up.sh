#!/bin/bash
# Starts a real Postfix and Dovecot under one directory, on free loopback ports, without systemd. Run as root.
#
#   up.sh DIR      DIR must be new or empty; DIR/lab.json then says where everything listens
#   down.sh DIR    stops them again
#
# Every user NAME@test.local exists, with the password secret-NAME and a mailbox of its own.
# Domains, from any of the SMTP ports:
#   test.local   into a Dovecot mailbox             final.test   delivered by Postfix itself: a success DSN
#   fail.test    taken, then bounced with 5.1.1     slow.test    never reachable: a delay DSN after a second
#   reject.test  refused at RCPT with 550 5.1.1     later.test   refused at RCPT with 450 4.2.0
#   pNNNNN.gw.test   handed to 127.0.0.1:NNNNN by SMTP, where the test itself listens
set -euo pipefail
umask 022
R=${1:?usage: up.sh DIR}
die() { echo "lab: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "Postfix and Dovecot change their user ids: run the tests as root"
for tool in postfix:postfix dovecot:dovecot-core openssl:openssl ss:iproute2 flock:util-linux; do
  command -v "${tool%%:*}" >/dev/null || die "${tool%%:*} is missing: run deploy/lab/install.sh (or apt-get install ${tool##*:})"
done
for part in imap:imapd pop3:pop3d lmtp:lmtpd; do
  [ -x "/usr/lib/dovecot/${part%%:*}" ] || die "Dovecot's ${part%%:*} is missing: run deploy/lab/install.sh (or apt-get install dovecot-${part##*:})"
done
mkdir -p "$R"
R=$(cd "$R" && pwd -P)
[ -z "$(ls -A "$R")" ] || die "$R is not empty"
# A socket's path holds 107 characters, and Dovecot's names under dc/run take up to 40 of them.
[ ${#R} -le 60 ] || die "$R is too long a path for Unix sockets: 60 characters at most"
chmod 755 "$R"
mkdir -p "$R"/{tls,dc/run,dc/state,pf/conf,pf/spool,pf/data,mail}
chown 5000:5000 "$R/mail"
chown postfix "$R/pf/data"

# --- ports: below the range that the kernel hands out by itself, one lab choosing at a time until its servers listen ---
exec 9>"${TMPDIR:-/tmp}/faxgate-lab.lock"
flock 9
names=(smtp submission smtps bare small lmtp imap imaps pop3 pop3s)
taken=$(ss -Htln | awk '{print $4}' | sed 's/.*://')
base=$((20000 + (RANDOM % 1100) * 10))
while for i in "${!names[@]}"; do grep -qx $((base + i)) <<<"$taken" && break; done; do
  base=$((20000 + (RANDOM % 1100) * 10))
done
for i in "${!names[@]}"; do declare "${names[i]}=$((base + i))"; done

# --- TLS: a CA of its own, one certificate for every server ---
(
  cd "$R/tls"
  new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
  openssl req -x509 $new -keyout ca.key -out ca.crt -days 30 -subj "/CN=faxgate lab CA" \
    -addext keyUsage=critical,keyCertSign,cRLSign
  openssl req $new -keyout server.key -out server.csr -subj "/CN=mail.test.local"
  openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out server.crt -extfile <(
    printf '%s\n' subjectAltName=DNS:mail.test.local,DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth keyUsage=digitalSignature)
) >"$R/tls/log" 2>&1 || die "openssl: $(tail -1 "$R/tls/log")"

# --- Dovecot: every name is a user, failed log-ins cost no time ---
cat >"$R/dc/dovecot.conf" <<E
base_dir = $R/dc/run
state_dir = $R/dc/state
instance_name = faxgate-lab
log_path = $R/dc/log
auth_verbose = yes
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <$R/tls/server.crt
ssl_key = <$R/tls/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 apop
auth_realms = test.local
auth_default_realm = test.local
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = static
  args = password=secret-%n
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=$R/mail/%n allow_all_users=yes
}
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 50
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = $pop3s
    ssl = yes
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    address = 127.0.0.1
    port = $lmtp
  }
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
E
dovecot -c "$R/dc/dovecot.conf" </dev/null >"$R/dc/start" 2>&1 9>&- || die "dovecot: $(cat "$R/dc/start")"

# --- Postfix ---
cat >"$R/pf/conf/main.cf" <<E
compatibility_level = 3.6
queue_directory = $R/pf/spool
data_directory = $R/pf/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $R/pf/log
maillog_file_prefixes = $R
myhostname = mail.test.local
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:5.1.1 no local users
virtual_mailbox_domains = test.local, final.test
virtual_mailbox_base = $R/mail
virtual_mailbox_maps = static:final.test/Maildir/
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_transport = lmtp:unix:$R/dc/run/lmtp
transport_maps = texthash:$R/pf/conf/transport
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = may
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{ {reject.test=550 5.1.1 no such user here} {later.test=450 4.2.0 mailbox busy, try again later} }
# What the transport table calls an error bounces later, as an unknown user behind a relay would.
smtpd_reject_unlisted_recipient = no
smtpd_client_event_limit_exceptions = 127.0.0.0/8
smtpd_error_sleep_time = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = $R/tls/server.crt
smtpd_tls_key_file = $R/tls/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = $R/dc/run/auth-client
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
line_length_limit = 16384
message_size_limit = 209715200
mailbox_size_limit = 0
virtual_mailbox_limit = 0
delay_warning_time = 1s
confirm_delay_cleared = no
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 2s
maximal_queue_lifetime = 1h
bounce_queue_lifetime = 1h
E
# Postfix substitutes nothing in this table, so every port has its line: routes need neither a reload nor a server.
{
  echo "fail.test error:5.1.1 no such user"
  echo "final.test virtual:"
  echo "slow.test smtp:[127.0.0.1]:1"
  seq 1024 65535 | awk '{ printf "p%d.gw.test smtp:[127.0.0.1]:%d\n", $1, $1 }'
} >"$R/pf/conf/transport"
cat >"$R/pf/conf/master.cf" <<E
127.0.0.1:$smtp inet n - n - - smtpd
127.0.0.1:$submission inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$smtps inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$bare inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o smtpd_sasl_auth_enable=no
  -o smtpd_discard_ehlo_keywords=dsn,etrn,starttls,chunking,enhancedstatuscodes
127.0.0.1:$small inet n - n - - smtpd
  -o message_size_limit=100000
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
E
postfix -c "$R/pf/conf" start </dev/null >"$R/pf/start" 2>&1 9>&- || {
  kill "$(cat "$R/dc/run/master.pid")"
  die "postfix: $(cat "$R/pf/start")"
}

{
  printf '{"dir":"%s","host":"127.0.0.1","name":"mail.test.local","ca":"%s"' "$R" "$R/tls/ca.crt"
  for n in "${names[@]}"; do printf ',"%s":%d' "$n" "${!n}"; done
  printf '}\n'
} >"$R/lab.json"
