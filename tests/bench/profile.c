// SPDX-License-Identifier: GPL-2.0-or-later
// A QEMU plugin that counts how often each block of guest code runs, and writes at exit, to the file that its
// argument out=FILE names, a line for each: address, instructions in it, how many of them are atomic, times it ran. The
// guest switches counting on and off by running the programs built from mark.S, whose addresses nothing else has.
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

// What is used of QEMU's plugin interface; Debian 12 has no package with its header.
typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*cb)(unsigned int cpu, void *data),
					  enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

// The same code is translated again now and then: one block then has several entries, and the reader adds them up.
struct block {
	struct block *next;
	uint64_t address, instructions, atomic, runs;
};

static struct block *blocks;
static bool counting;
static char *out;

static void block_runs(unsigned int cpu, void *data)
{
	struct block *block = data;

	block->runs += counting;
}

/* Whoever begins twice has begun: a block of code may be entered again. */
static void begin_runs(unsigned int cpu, void *data)
{
	counting = true;
}

static void end_runs(unsigned int cpu, void *data)
{
	counting = false;
}

// Atomic operations of x86: instructions with the prefix for that, and exchanges with memory, which need none.
static bool is_atomic(const struct qemu_plugin_insn *insn)
{
	const unsigned char *byte = qemu_plugin_insn_data(insn);
	const unsigned char *end = byte + qemu_plugin_insn_size(insn);

	for (; byte < end; byte++) {
		switch (*byte) {
		case 0xf0:
			return true;
		// segments, sizes, repetitions, REX
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf2: case 0xf3:
		case 0x40 ... 0x4f:
			continue;
		case 0x86: case 0x87:
			return byte + 1 < end && byte[1] < 0xc0;
		default:
			return false;
		}
	}
	return false;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block;

	if (qemu_plugin_tb_vaddr(tb) == MARK_BEGIN || qemu_plugin_tb_vaddr(tb) == MARK_END) {
		qemu_plugin_register_vcpu_tb_exec_cb(tb, qemu_plugin_tb_vaddr(tb) == MARK_BEGIN ? begin_runs : end_runs,
						     QEMU_PLUGIN_CB_NO_REGS, NULL);
		return;
	}
	block = malloc(sizeof(*block));
	if (!block)
		abort();
	*block = (struct block){ blocks, qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb), 0, 0 };
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		block->atomic += is_atomic(qemu_plugin_tb_get_insn(tb, i));
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	FILE *file = fopen(out, "w");

	if (!file) {
		perror(out);
		return;
	}
	for (const struct block *block = blocks; block; block = block->next)
		if (block->runs)
			fprintf(file, "%016" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", block->address,
				block->instructions, block->atomic, block->runs);
	fclose(file);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return out ? 0 : -1;
}
