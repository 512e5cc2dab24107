#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double
seconds_of(int who)
{
    struct rusage r;

    if (getrusage(who, &r) != 0) {
        return 0;
    }
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/* Ticks of a living process: members 14 and 15 of its stat, after the name in brackets. */
static double
seconds_of_process(unsigned pid)
{
    unsigned long user = 0, system = 0;
    char path[64], text[1024] = "";
    const char *after;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    after = fgets(text, sizeof(text), file) == NULL ? NULL : strrchr(text, ')');
    fclose(file);
    if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                                &user, &system) != 2) {
        return 0;
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t
rss_kb_of(unsigned pid)
{
    unsigned long long pages = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%u/statm", pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%*u %llu", &pages) != 1) {
        pages = 0;
    }
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void
add_children(struct usage *u)
{
    char path[64];
    unsigned pid;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%u/children", (unsigned)getpid());
    file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    while (fscanf(file, "%u", &pid) == 1) {
        u->cpu_s += seconds_of_process(pid);
        u->rss_kb += rss_kb_of(pid);
    }
    fclose(file);
}

/* "Udp: InDatagrams NoPorts InErrors OutDatagrams ...": words, then numbers. */
static uint64_t
datagrams_sent(void)
{
    FILE *file = fopen("/proc/self/net/snmp", "re");
    unsigned long long sent = 0;
    char line[1024];

    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Udp: %*u %*u %*u %llu", &sent) == 1) {
            break;
        }
    }
    fclose(file);
    return sent;
}

struct usage
usage_now(void)
{
    struct usage u = { .cpu_s = seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN),
                       .rss_kb = rss_kb_of((unsigned)getpid()),
                       .datagrams = datagrams_sent() };
    struct timespec t;

    add_children(&u);
    clock_gettime(CLOCK_MONOTONIC, &t);
    u.ns = (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
    return u;
}
