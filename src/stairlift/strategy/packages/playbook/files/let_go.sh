#!/bin/sh
# What was there before hold_off.sh.
set -e
ours=/usr/sbin/policy-rc.d theirs=/usr/sbin/policy-rc.d.operator
if [ -e $theirs ]; then
  mv $theirs $ours
elif grep -qs STAIRLIFT_INSTALLING $ours; then
  rm $ours
fi
