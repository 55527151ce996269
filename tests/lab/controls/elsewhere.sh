# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: intree
# fails: elsewhere runs with these modules, on this kernel, with this ipvsadm (faults, 6.12, ours)
# Asked for by name, and not for these modules.
ok "nothing"
