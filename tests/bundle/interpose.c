/* Counts what a process does to the files of one folder, and stops or fails it before the n-th operation. Preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
enum { KILL, INTERRUPT, FAIL_ONCE, FULL }; /* FULL: from the n-th on, all that needs room */

static char watched[PATH_MAX];
static int mode, error_number;
static long at;
static struct { long seen; char kind[16]; } *told; /* shared with the parent, who outlives a kill */

__attribute__((constructor)) static void share(void) {
  told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
void arm(const char *folder, int how, int number, long n) {
  snprintf(watched, sizeof watched, "%s", folder);
  mode = how, error_number = number, at = n, told->seen = 0;
}
void disarm(void) { watched[0] = 0; }
long count(void) { return told->seen; }
const char *kind(void) { return told->kind; } /* of the n-th */

static int inside(int folder, const char *path) {
  char whole[PATH_MAX * 2], link[64];
  if (!watched[0]) return 0;
  if (path && path[0] == '/') snprintf(whole, sizeof whole, "%s", path);
  else {
    if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t n = readlink(link, whole, PATH_MAX - 1);
    if (n < 0) return 0;
    snprintf(whole + n, sizeof whole - n, "/%s", path ? path : "");
  }
  return strncmp(whole, watched, strlen(watched)) == 0;
}

/* 1: the operation is to fail. */
static int step(const char *name, int needs_room) {
  long seen = ++told->seen;
  if (seen == at) snprintf(told->kind, sizeof told->kind, "%s", name);
  if (seen == at && mode == KILL) kill(getpid(), SIGKILL);
  if (seen == at && mode == INTERRUPT) raise(SIGINT);
  if ((seen == at && mode == FAIL_ONCE) || (seen >= at && mode == FULL && needs_room)) {
    errno = error_number;
    return 1;
  }
  return 0;
}

#define OPENS(name, where) \
  mode_t bits = 0; \
  if (flags & O_CREAT) { \
    va_list list; \
    va_start(list, flags); \
    bits = va_arg(list, mode_t); \
    va_end(list); \
  } \
  if ((flags & (O_CREAT | O_TRUNC)) && inside(where, path) && step("open", (flags & O_CREAT) && faccessat(where, path, F_OK, 0))) return -1; \
  REAL(name);
int open(const char *path, int flags, ...) { OPENS(open, AT_FDCWD) return real(path, flags, bits); }
int open64(const char *path, int flags, ...) { OPENS(open64, AT_FDCWD) return real(path, flags, bits); }
int openat(int folder, const char *path, int flags, ...) { OPENS(openat, folder) return real(folder, path, flags, bits); }
int openat64(int folder, const char *path, int flags, ...) { OPENS(openat64, folder) return real(folder, path, flags, bits); }

ssize_t write(int file, const void *data, size_t length) {
  REAL(write);
  if (!inside(file, NULL)) return real(file, data, length);
  if (step("write", 1)) return -1;
  if (length > 1 && mode == KILL) { /* a second operation: half of it is written */
    if (told->seen + 1 == at && real(file, data, length / 2) < 0) return -1;
    step("half a write", 1);
  }
  return real(file, data, length);
}

#define WRITES(name, offset) \
  ssize_t name(int file, const void *data, size_t length, offset at_byte) { \
    REAL(name); \
    if (!inside(file, NULL)) return real(file, data, length, at_byte); \
    if (step("write", 1)) return -1; \
    if (length > 1 && mode == KILL) { \
      if (told->seen + 1 == at && real(file, data, length / 2, at_byte) < 0) return -1; \
      step("half a write", 1); \
    } \
    return real(file, data, length, at_byte); \
  }
WRITES(pwrite, off_t) /* SQLite */
WRITES(pwrite64, off64_t)

#define SIMPLE(kind, room, within, name, parameters, arguments) \
  int name parameters { \
    REAL(name); \
    if ((within) && step(kind, room)) return -1; \
    return real arguments; \
  }
SIMPLE("rename", 0, inside(AT_FDCWD, to), rename, (const char *from, const char *to), (from, to))
SIMPLE("rename", 0, inside(b, to), renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
SIMPLE("unlink", 0, inside(AT_FDCWD, path), unlink, (const char *path), (path))
SIMPLE(flags & AT_REMOVEDIR ? "rmdir" : "unlink", 0, inside(folder, path), unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
SIMPLE("rmdir", 0, inside(AT_FDCWD, path), rmdir, (const char *path), (path))
SIMPLE("mkdir", 1, inside(AT_FDCWD, path), mkdir, (const char *path, mode_t bits), (path, bits))
SIMPLE("mkdir", 1, inside(folder, path), mkdirat, (int folder, const char *path, mode_t bits), (folder, path, bits))
SIMPLE("fsync", 0, inside(file, NULL), fsync, (int file), (file))
SIMPLE("fsync", 0, inside(file, NULL), fdatasync, (int file), (file))
SIMPLE("truncate", 0, inside(file, NULL), ftruncate, (int file, off_t length), (file, length))
SIMPLE("truncate", 0, inside(file, NULL), ftruncate64, (int file, off64_t length), (file, length))
SIMPLE("chmod", 0, inside(file, NULL), fchmod, (int file, mode_t bits), (file, bits))
