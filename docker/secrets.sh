#!/bin/sh
# Makes the passwords of the servers at the first start, each in a volume that only those who need it mount.
set -eu
umask 022

password() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Written whole or not at all: a start that was killed half way begins again.
keep() {
    if [ ! -s "$1" ]; then
        cat > "$1.new"
        mv "$1.new" "$1"
        echo "made $1"
    fi
}

cd /run/parley
password | keep mysql/root-password
password | keep mysql/password
password | keep rabbitmq/password
password | keep redis/password
keep rabbitmq/rabbitmq.conf <<CONFIGURATION
default_user = parley
default_pass = $(cat rabbitmq/password)
loopback_users = none
log.console = true
log.console.level = warning
CONFIGURATION
keep redis/redis.conf <<CONFIGURATION
requirepass $(cat redis/password)
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
CONFIGURATION
