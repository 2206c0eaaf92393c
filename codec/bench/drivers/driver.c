#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct page pages[SLOTS];
struct bytes made;

int64_t now(void)
{
	struct timespec t;
#ifdef CLOCK_THREAD_CPUTIME_ID
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
#else
	clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void die(const char *words)
{
	printf("error %s\n", words);
	fflush(stdout);
	exit(1);
}

void reserve(struct bytes *b, size_t room)
{
	if (b->room >= room)
		return;
	b->at = realloc(b->at, room);
	if (b->at == NULL)
		die("out of memory");
	memset(b->at + b->room, 0, room - b->room); /* so that the memory is there before the clock runs */
	b->room = room;
}

void append(struct bytes *b, const void *from, size_t n)
{
	if (b->len + n > b->room)
		reserve(b, 2 * (b->len + n));
	memcpy(b->at + b->len, from, n);
	b->len += n;
}

static void take(struct bytes *b, size_t n)
{
	reserve(b, n);
	b->len = n;
	if (fread(b->at, 1, n, stdin) != n)
		die("input ends within data");
}

static struct page *slot(int n)
{
	if (n < 0 || n >= SLOTS)
		die("no such slot");
	return &pages[n];
}

static int known(int coding)
{
	if (coding < MH || coding >= CODINGS)
		die("no such coding");
	return coding;
}

/* best answers with the fastest of the runs that the budget has room for. */
static void best(struct page *p, int64_t (*run)(struct page *, int), int coding, int64_t budget)
{
	int64_t least = -1, start = now();
	do {
		int64_t t = run(p, coding);
		if (t < 0) {
			printf("error cannot\n");
			return;
		}
		if (least < 0 || t < least)
			least = t;
	} while (now() - start < budget);
	printf("%lld %zu\n", (long long)least, made.len);
}

static struct page *recoded;
static int recode_to;

static int64_t run_recode(struct page *p, int from)
{
	int64_t t = run_decode(p, from), u;
	if (t < 0)
		return -1;
	u = run_encode(recoded, recode_to);
	return u < 0 ? -1 : t + u;
}

static void obey(const char *line)
{
	int n, a, b;
	long long budget;
	size_t len;
	if (sscanf(line, "page %d %d %d", &n, &a, &b) == 3) {
		struct page *p = slot(n);
		p->width = a;
		p->height = b;
		p->stride = (size_t)(a + 7) / 8;
		take(&p->rows, p->stride * (size_t)b);
		/* No coding of ours makes more of a page. */
		reserve(&made, p->stride * (size_t)b * 4 + 65536);
		printf("ok\n");
	} else if (sscanf(line, "data %d %d %zu", &n, &a, &len) == 3) {
		take(&slot(n)->coded[known(a)], len);
		printf("ok\n");
	} else if (sscanf(line, "encode %d %d %lld", &n, &a, &budget) == 3) {
		best(slot(n), run_encode, known(a), budget);
	} else if (sscanf(line, "decode %d %d %lld", &n, &a, &budget) == 3) {
		best(slot(n), run_decode, known(a), budget);
	} else if (sscanf(line, "recode %d %d %d %lld", &n, &a, &b, &budget) == 4) {
		recoded = slot(n);
		recode_to = known(b);
		best(recoded, run_recode, known(a), budget);
	} else if (strcmp(line, "result\n") == 0) {
		printf("%zu\n", made.len);
		fwrite(made.at, 1, made.len, stdout);
	} else if (strcmp(line, "version\n") == 0) {
		printf("%s\n", version());
	} else {
		die("no such request");
	}
}

int main(void)
{
	char line[256];
	while (fgets(line, sizeof line, stdin) != NULL) {
		obey(line);
		fflush(stdout);
	}
	return 0;
}
