/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the program built from mark.S is in memory. */
#define MARK 0x70000000
