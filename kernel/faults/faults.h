/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a test build only (make module-faults): read in before every source file, it puts a gate in front of all
 * that can fail for want of memory, allocations and registrations. The sources themselves know nothing of it.
 */
#ifndef IP_VS_FAULTS_H
#define IP_VS_FAULTS_H

/* As all sources of the module have it: the headers below must not define another one. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file_net.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include <net/gso.h>
#include <net/ip6_tunnel.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include "faults/gate.h"

/*
 * Where the kernel has a macro, an inline function keeps what it stands for; all of them before the first gate, for
 * the kernel's macros use each other. IP_VS_FAULT() is to be expanded in the source that calls, so each name is a
 * macro in the end.
 */
static inline void *ip_vs_real_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp);
}

static inline struct kmem_cache *ip_vs_real_cache_create(const char *name, unsigned int size, unsigned int align,
							 slab_flags_t flags)
{
	return kmem_cache_create(name, size, align, flags, NULL);
}

static inline void *ip_vs_real_kmalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

static inline void *ip_vs_real_kzalloc(size_t size, gfp_t gfp)
{
	return kzalloc(size, gfp);
}

static inline void *ip_vs_real_kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp);
}

static inline void *ip_vs_real_kvzalloc(size_t size, gfp_t gfp)
{
	return kvzalloc(size, gfp);
}

static inline void *ip_vs_real_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kcalloc(n, size, gfp);
}

static inline void *ip_vs_real_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvcalloc(n, size, gfp);
}

static inline void *ip_vs_real_kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp);
}

static inline void __percpu *ip_vs_real_percpu(size_t size, size_t align, gfp_t gfp)
{
	return __alloc_percpu_gfp(size, align, gfp);
}

static inline bool ip_vs_real_cpumask(cpumask_var_t *mask, gfp_t gfp)
{
	return alloc_cpumask_var(mask, gfp);
}

static inline struct workqueue_struct *ip_vs_real_workqueue(const char *name, unsigned int flags, int max_active)
{
	return alloc_workqueue("%s", flags, max_active, name);
}

#undef kmem_cache_alloc
#define kmem_cache_alloc(cache, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_cache_alloc(cache, gfp))
#undef kmem_cache_create
#define kmem_cache_create(name, size, align, flags, ctor)                                          \
	(IP_VS_FAULT() ? NULL : ip_vs_real_cache_create(name, size, align, flags))
#undef kmalloc
#define kmalloc(size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kmalloc(size, gfp))
#undef kzalloc
#define kzalloc(size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kzalloc(size, gfp))
#undef kvmalloc
#define kvmalloc(size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kvmalloc(size, gfp))
#undef kvzalloc
#define kvzalloc(size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kvzalloc(size, gfp))
#undef kcalloc
#define kcalloc(n, size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kcalloc(n, size, gfp))
#undef kvcalloc
#define kvcalloc(n, size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kvcalloc(n, size, gfp))
#undef kvmalloc_array
#define kvmalloc_array(n, size, gfp) (IP_VS_FAULT() ? NULL : ip_vs_real_kvmalloc_array(n, size, gfp))
#undef alloc_percpu_gfp
#define alloc_percpu_gfp(type, gfp)                                                                \
	(IP_VS_FAULT() ? NULL : (type __percpu *)ip_vs_real_percpu(sizeof(type), __alignof__(type), gfp))
#undef alloc_percpu
#define alloc_percpu(type) alloc_percpu_gfp(type, GFP_KERNEL)
#undef alloc_cpumask_var
#define alloc_cpumask_var(mask, gfp) (!IP_VS_FAULT() && ip_vs_real_cpumask(mask, gfp))
#undef zalloc_cpumask_var
#define zalloc_cpumask_var(mask, gfp) (!IP_VS_FAULT() && ip_vs_real_cpumask(mask, (gfp) | __GFP_ZERO))
#undef alloc_workqueue
#define alloc_workqueue(name, flags, max_active)                                                   \
	(IP_VS_FAULT() ? NULL : ip_vs_real_workqueue(name, flags, max_active))
#undef kthread_create
#define kthread_create(function, data, ...)                                                        \
	(IP_VS_FAULT() ? ERR_PTR(-ENOMEM) : kthread_create_on_node(function, data, NUMA_NO_NODE, __VA_ARGS__))
#undef proc_create_net
#define proc_create_net(name, mode, parent, ops, size)                                             \
	(IP_VS_FAULT() ? NULL : proc_create_net_data(name, mode, parent, ops, size, NULL))

/* Functions. The array allocates inside. */
#define kasprintf(...) (IP_VS_FAULT() ? NULL : (kasprintf)(__VA_ARGS__))
#define nlmsg_new(...) (IP_VS_FAULT() ? NULL : (nlmsg_new)(__VA_ARGS__))
#define xa_alloc_cyclic(...) (IP_VS_FAULT() ? -ENOMEM : (xa_alloc_cyclic)(__VA_ARGS__))
#define proc_create(...) (IP_VS_FAULT() ? NULL : (proc_create)(__VA_ARGS__))
#define proc_create_net_single(...) (IP_VS_FAULT() ? NULL : (proc_create_net_single)(__VA_ARGS__))
#define register_net_sysctl_sz(...) (IP_VS_FAULT() ? NULL : (register_net_sysctl_sz)(__VA_ARGS__))
#define register_pernet_subsys(...) (IP_VS_FAULT() ? -ENOMEM : (register_pernet_subsys)(__VA_ARGS__))
#define register_netdevice_notifier(...) (IP_VS_FAULT() ? -ENOMEM : (register_netdevice_notifier)(__VA_ARGS__))
#define register_inetaddr_notifier(...) (IP_VS_FAULT() ? -ENOMEM : (register_inetaddr_notifier)(__VA_ARGS__))
#define sock_create_kern(...) (IP_VS_FAULT() ? -ENOMEM : (sock_create_kern)(__VA_ARGS__))
#define kernel_bind(...) (IP_VS_FAULT() ? -ENOMEM : (kernel_bind)(__VA_ARGS__))
#define kernel_connect(...) (IP_VS_FAULT() ? -ENOMEM : (kernel_connect)(__VA_ARGS__))
#define genl_register_family(...) (IP_VS_FAULT() ? -ENOMEM : (genl_register_family)(__VA_ARGS__))
#define nf_register_sockopt(...) (IP_VS_FAULT() ? -EINTR : (nf_register_sockopt)(__VA_ARGS__))
#define nf_ct_netns_get(...) (IP_VS_FAULT() ? -ENOMEM : (nf_ct_netns_get)(__VA_ARGS__))
#define nf_register_net_hook(...) (IP_VS_FAULT() ? -ENOMEM : (nf_register_net_hook)(__VA_ARGS__))
#define nf_register_net_hooks(...) (IP_VS_FAULT() ? -ENOMEM : (nf_register_net_hooks)(__VA_ARGS__))

/* Packets whose bytes cannot be written, reached or made room before. */
#define skb_ensure_writable(...) (IP_VS_FAULT() ? -ENOMEM : (skb_ensure_writable)(__VA_ARGS__))
#define skb_linearize(...) (IP_VS_FAULT() ? -ENOMEM : (skb_linearize)(__VA_ARGS__))
#define skb_cow_head(...) (IP_VS_FAULT() ? -ENOMEM : (skb_cow_head)(__VA_ARGS__))
#define pskb_expand_head(...) (IP_VS_FAULT() ? -ENOMEM : (pskb_expand_head)(__VA_ARGS__))
#define pskb_may_pull(...) (!IP_VS_FAULT() && (pskb_may_pull)(__VA_ARGS__))
#define iptunnel_handle_offloads(...) (IP_VS_FAULT() ? -ENOMEM : (iptunnel_handle_offloads)(__VA_ARGS__))
#define skb_gso_segment(...) (IP_VS_FAULT() ? ERR_PTR(-ENOMEM) : (skb_gso_segment)(__VA_ARGS__))

#endif
