/* jbigkit's T.85 coder, jbg85: rows in, bytes to memory, and back. The
   parameters are those that codec/jbig has by itself: stripes of 128 rows,
   typical prediction, a template pixel that moves by up to 127. */

#include "driver.h"

#include <jbig85.h>

static void keep(unsigned char *from, size_t n, void *user)
{
	(void)user;
	append(&made, from, n);
}

int64_t run_encode(struct page *p, int coding)
{
	struct jbg85_enc_state s;
	static unsigned char above[16384];
	unsigned char *row = p->rows.at, *rows[2] = {above, above};
	int64_t start;
	int y;
	if (coding != JBIG)
		return -1;
	made.len = 0;
	start = now();
	jbg85_enc_init(&s, (unsigned long)p->width, (unsigned long)p->height, keep, NULL);
	jbg85_enc_options(&s, JBG_TPBON, 128, 127);
	for (y = 0; y < p->height; y++, row += p->stride) {
		jbg85_enc_lineout(&s, row, rows[0], rows[1]);
		rows[1] = rows[0];
		rows[0] = row;
	}
	return now() - start;
}

static int keep_row(const struct jbg85_dec_state *s, unsigned char *from, size_t n, unsigned long y, void *user)
{
	(void)s;
	(void)y;
	(void)user;
	append(&made, from, n);
	return 0;
}

int64_t run_decode(struct page *p, int coding)
{
	struct jbg85_dec_state s;
	static unsigned char lines[3 * 16384];
	size_t used;
	int64_t start;
	int said;
	if (coding != JBIG)
		return -1;
	made.len = 0;
	start = now();
	jbg85_dec_init(&s, lines, 3 * p->stride, keep_row, NULL);
	said = jbg85_dec_in(&s, p->coded[JBIG].at, p->coded[JBIG].len, &used);
	start = now() - start;
	if (said != JBG_EOK || made.len != p->rows.len)
		return -1;
	return start;
}

const char *version(void) { return "jbigkit " JBG85_VERSION; }
