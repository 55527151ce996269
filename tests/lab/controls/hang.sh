# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2
# fails: hang ran to its end (status 137; 137 = out of time)
# A case that does not come to its end.
ok "it begins"
sleep 1000
