/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a test build only (make module-faults): read in before every source file, it puts a gate in front of
 * the allocating functions. The sources themselves know nothing of it.
 */
#ifndef IP_VS_FAULTS_H
#define IP_VS_FAULTS_H

/* As all sources of the module have it: the headers below must not define another one. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include "faults/gate.h"

static inline void *ip_vs_faulty_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kmem_cache_alloc(cache, gfp);
}
#undef kmem_cache_alloc
#define kmem_cache_alloc ip_vs_faulty_cache_alloc

static inline void *ip_vs_faulty_kmalloc(size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kmalloc(size, gfp);
}
#undef kmalloc
#define kmalloc ip_vs_faulty_kmalloc

static inline void *ip_vs_faulty_kzalloc(size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kzalloc(size, gfp);
}
#undef kzalloc
#define kzalloc ip_vs_faulty_kzalloc

static inline void *ip_vs_faulty_kvzalloc(size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kvzalloc(size, gfp);
}
#undef kvzalloc
#define kvzalloc ip_vs_faulty_kvzalloc

static inline void *ip_vs_faulty_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kcalloc(n, size, gfp);
}
#undef kcalloc
#define kcalloc ip_vs_faulty_kcalloc

static inline void *ip_vs_faulty_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kvcalloc(n, size, gfp);
}
#undef kvcalloc
#define kvcalloc ip_vs_faulty_kvcalloc

static inline void *ip_vs_faulty_kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kvmalloc_array(n, size, gfp);
}
#undef kvmalloc_array
#define kvmalloc_array ip_vs_faulty_kvmalloc_array

static inline void __percpu *ip_vs_faulty_percpu(size_t size, size_t align)
{
	return ip_vs_fault() ? NULL : __alloc_percpu(size, align);
}
#undef alloc_percpu
#define alloc_percpu(type) ((type __percpu *)ip_vs_faulty_percpu(sizeof(type), __alignof__(type)))

static inline void __percpu *ip_vs_faulty_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : __alloc_percpu_gfp(size, align, gfp);
}
#undef alloc_percpu_gfp
#define alloc_percpu_gfp(type, gfp)                                                                \
	((type __percpu *)ip_vs_faulty_percpu_gfp(sizeof(type), __alignof__(type), gfp))

static inline void *ip_vs_faulty_kvmalloc(size_t size, gfp_t gfp)
{
	return ip_vs_fault() ? NULL : kvmalloc(size, gfp);
}
#undef kvmalloc
#define kvmalloc ip_vs_faulty_kvmalloc

/* The array allocates inside. */
#define xa_alloc_cyclic(xa, id, entry, limit, next, gfp)                                           \
	(ip_vs_fault() ? -ENOMEM : (xa_alloc_cyclic)(xa, id, entry, limit, next, gfp))
#define nlmsg_new(size, gfp) (ip_vs_fault() ? NULL : (nlmsg_new)(size, gfp))

#endif
