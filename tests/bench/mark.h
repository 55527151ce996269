/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the two programs built from mark.S are in memory: before what is counted, and behind it. */
#define MARK_BEGIN 0x70000000
#define MARK_END 0x71000000
