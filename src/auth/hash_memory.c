/* hash_memory.c - the memory that argon2id works in, kept by a thread from one hash to the next. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hash_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/poison.h"
#include "base/secret.h"

/*
 * libsodium maps the memory of each hash and unmaps it after. The system then clears 4,864 pages and gives them
 * out one by one: a third of a hash's time. libsodium takes no memory from its caller; but it asks for it by the
 * names mmap and munmap, and a program's own functions of these names come before the C library's (System V ABI,
 * "Symbol Resolution"). These two pass everything on but the one mapping that they are for.
 * docs/decisions/computing-threads.md has the figures.
 */
#if defined(__linux__) && defined(__LP64__) && !defined(UNDER_SANITIZER)

enum { HUGE_PAGE = 2 * 1024 * 1024 };

static _Thread_local struct {
	bool  keeps;
	bool  in_use;
	char *base; /* of HASH_MEMORY bytes, or NULL */
} kept;

static void *
system_map(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, addr, n, prot, flags, fd, offset); // NOLINT(performance-no-int-to-ptr)
}

static int
system_unmap(void *addr, size_t n)
{
	return (int)syscall(SYS_munmap, addr, n);
}

/* Begins where a huge page can. NULL: no memory. */
static char *
map_kept(void)
{
	size_t room = HASH_MEMORY + HUGE_PAGE, before;
	char *p = system_map(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p % HUGE_PAGE;
	if (before > 0)
		system_unmap(p, before);
	if (before < HUGE_PAGE)
		system_unmap(p + before + HASH_MEMORY, HUGE_PAGE - before);
	(void)madvise(p + before, HASH_MEMORY, MADV_HUGEPAGE);
	return p + before;
}

static bool
is_for_hash(const void *addr, size_t n, int prot, int flags, int fd)
{
	return kept.keeps && !kept.in_use && addr == NULL && n == HASH_MEMORY && fd == -1 &&
	       prot == (PROT_READ | PROT_WRITE) && flags & MAP_ANONYMOUS && flags & MAP_PRIVATE;
}

/* With 64-bit offsets <sys/mman.h> calls mmap by another name, so the name is given here. */
__attribute__((visibility("default"))) void *map_for_libsodium(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
    __asm__("mmap");

void *
map_for_libsodium(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	if (!is_for_hash(addr, n, prot, flags, fd))
		return system_map(addr, n, prot, flags, fd, offset);
	if (kept.base == NULL)
		kept.base = map_kept();
	if (kept.base == NULL)
		return system_map(addr, n, prot, flags, fd, offset);
	kept.in_use = true;
	return kept.base;
}

/* What is in it would let a guess be tried without the work of a hash: it does not wait for the next one to overwrite it. */
__attribute__((visibility("default"))) int
munmap(void *addr, size_t n)
{
	if (!kept.in_use || addr != kept.base)
		return system_unmap(addr, n);
	secret_wipe(addr, n);
	kept.in_use = false;
	return 0;
}

void
hash_memory_keep(void)
{
	kept.keeps = true;
}

void
hash_memory_let_go(void)
{
	if (kept.base == NULL || kept.in_use)
		return;
	system_unmap(kept.base, HASH_MEMORY);
	kept.base = NULL;
}

#else

void
hash_memory_keep(void)
{
}

void
hash_memory_let_go(void)
{
}

#endif
