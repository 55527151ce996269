# SPDX-License-Identifier: GPL-2.0-or-later
# fails: blind has seen all that it looked at
# Nothing arrives, and nothing could: the listener has ended.
topology 1
listen_on c c0
kill "$bg_pid"
wait "$bg_pid"
slow=0
has_not "nothing has arrived" "$(arrived c c0)" 10.1.0.100
