/*
 * A plugin of QEMU's user mode: how many instructions a program executed, as a decimal number and a line feed on stderr when it ends.
 * What is declared here is QEMU's plugin interface, version 1 (its docs/devel/tcg-plugins), whose header Debian's packages leave out.
 */
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_info_t;
enum { PLUGIN_ADD = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t amount);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id id, void *data), void *data);

extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **parameters);

int qemu_plugin_version = 1;

static uint64_t executed;

/* A block of instructions is translated once, and counted whenever it is entered. */
static void translated(plugin_id id, struct qemu_plugin_tb *block) {
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(block, PLUGIN_ADD, &executed, qemu_plugin_tb_n_insns(block));
}

static void ended(plugin_id id, void *data) {
	(void)id;
	(void)data;
	fprintf(stderr, "%" PRIu64 "\n", executed);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **parameters) {
	(void)info;
	(void)count;
	(void)parameters;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
