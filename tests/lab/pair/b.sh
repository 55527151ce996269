# SPDX-License-Identifier: GPL-2.0-or-later
# The second director: does what the first one says.
set_up
{
  echo '. /lab/lib.sh'
  sed '/^# END/q' /lab/scripts/script.sh
  echo 'eval "$(cat)"'
} >/tmp/told
background shell at d socat -t 300 TCP-LISTEN:7000,fork,reuseaddr EXEC:'dash /tmp/told'
wait_until 900 test -e /tmp/finished
