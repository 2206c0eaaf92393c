/* What every driver is: a process that keeps pages and their coded data, and on
   request runs one operation for a while and answers with the nanoseconds of
   its fastest run. Requests are lines on stdin, some with bytes after them;
   answers are lines on stdout, some with bytes after them:

     page SLOT WIDTH HEIGHT        and the rows               ok
     data SLOT CODING LENGTH       and the coded bytes        ok
     encode SLOT CODING BUDGET                                NANOSECONDS BYTES
     decode SLOT CODING BUDGET                                NANOSECONDS BYTES
     recode SLOT FROM TO BUDGET                               NANOSECONDS BYTES
     result                                                   LENGTH, and what the last operation made
     version                                                  the library's VERSION

   Times are those of the thread's own computing, where the system knows them.
   A budget is in nanoseconds: an operation is run again until it is used up,
   at least once. What goes wrong is answered by "error WORDS". */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MH = 1, MR, MMR, JBIG, CODINGS };
enum { SLOTS = 64 };

struct bytes {
	unsigned char *at;
	size_t len, room;
};

struct page {
	int width, height;
	size_t stride;
	struct bytes rows;
	struct bytes coded[CODINGS];
};

extern struct page pages[SLOTS];
extern struct bytes made; /* by the last operation */

int64_t now(void);
void reserve(struct bytes *b, size_t room);
void append(struct bytes *b, const void *from, size_t n);
void die(const char *words);

/* What a driver does: one run, its time returned, -1 where it cannot. A run
   leaves its result in made. */
int64_t run_encode(struct page *p, int coding);
int64_t run_decode(struct page *p, int coding);

/* version is the library's name and version. */
const char *version(void);
