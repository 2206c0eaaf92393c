/* spandsp, whose coder Debian's library shows only through t4_tx and t4_rx. A
   page is sent from a row read handler or received by a row write handler;
   the time is from start_page to the last chunk. Initialisation, which opens a
   TIFF file, is not counted, nor is turning the bits of each byte round: on
   the wire of a telephone call the first bit is the lowest. */

#include "driver.h"

#include <string.h>
#include <tiffio.h>
#include <spandsp.h>
#include <spandsp/version.h>

enum { CHUNK = 65536 };

/* scratch lies in the folder that the driver is run in. */
static const char scratch[] = "scratch.tif";

static int encoding(int coding)
{
	switch (coding) {
	case MH:
		return T4_COMPRESSION_ITU_T4_1D;
	case MR:
		return T4_COMPRESSION_ITU_T4_2D;
	}
	return T4_COMPRESSION_ITU_T6;
}

/* white_file is a page of the width, which t4_tx_init wants to see. */
static void white_file(int width)
{
	unsigned char row[16384] = {0};
	TIFF *t;
	t = TIFFOpen(scratch, "w");
	if (t == NULL)
		die("TIFFOpen");
	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, 1);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
	TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0);
	TIFFSetField(t, TIFFTAG_YRESOLUTION, 196.0);
	TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
	if (TIFFWriteScanline(t, row, 0, 0) < 0)
		die("TIFFWriteScanline");
	TIFFClose(t);
}

static void turn(unsigned char *at, size_t n)
{
	for (; n > 0; n--, at++) {
		unsigned b = *at, turned = 0;
		int i;
		for (i = 0; i < 8; i++, b >>= 1)
			turned = turned << 1 | (b & 1);
		*at = (unsigned char)turned;
	}
}

struct reader {
	struct page *page;
	int row;
};

static int give_row(void *user, uint8_t *to, size_t n)
{
	struct reader *r = user;
	struct page *p = r->page;
	if (r->row >= p->height || n < p->stride)
		return 0;
	memcpy(to, p->rows.at + p->stride * (size_t)r->row++, p->stride);
	return (int)p->stride;
}

int64_t run_encode(struct page *p, int coding)
{
	static int width;
	struct reader r = {p, 0};
	t4_tx_state_t *s;
	int64_t start;
	int n;
	if (coding == JBIG)
		return -1;
	if (width != p->width)
		white_file(width = p->width);
	s = t4_tx_init(NULL, scratch, -1, -1);
	if (s == NULL)
		die("t4_tx_init");
	t4_tx_set_row_read_handler(s, give_row, &r);
	t4_tx_set_tx_encoding(s, encoding(coding));
	made.len = 0;
	start = now();
	if (t4_tx_start_page(s) != 0)
		return -1;
	do {
		n = t4_tx_get_chunk(s, made.at + made.len, CHUNK);
		made.len += (size_t)n;
	} while (n == CHUNK);
	start = now() - start;
	t4_tx_free(s);
	turn(made.at, made.len);
	return start;
}

static int keep_row(void *user, const uint8_t *row, size_t n)
{
	struct page *p = user;
	if (n > 0 && made.len + p->stride <= p->rows.len) {
		memcpy(made.at + made.len, row, p->stride);
		made.len += p->stride;
	}
	return (int)n;
}

/* wire is the page's coded data as a telephone call brings it. */
static const struct bytes *wire(struct page *p, int coding)
{
	static struct bytes turned[SLOTS][CODINGS];
	struct bytes *b = &turned[p - pages][coding];
	if (b->len == 0) {
		append(b, p->coded[coding].at, p->coded[coding].len);
		turn(b->at, b->len);
	}
	return b;
}

int64_t run_decode(struct page *p, int coding)
{
	const struct bytes *data;
	t4_rx_state_t *s;
	int64_t start;
	size_t at, n;
	if (coding == JBIG)
		return -1;
	data = wire(p, coding);
	s = t4_rx_init(NULL, "received.tif", T4_COMPRESSION_ITU_T6);
	if (s == NULL)
		die("t4_rx_init");
	t4_rx_set_rx_encoding(s, encoding(coding));
	t4_rx_set_image_width(s, p->width);
	t4_rx_set_row_write_handler(s, keep_row, p);
	made.len = 0;
	start = now();
	t4_rx_start_page(s);
	for (at = 0; at < data->len; at += n) {
		n = data->len - at;
		if (n > CHUNK)
			n = CHUNK;
		if (t4_rx_put_chunk(s, data->at + at, (int)n))
			break;
	}
	t4_rx_end_page(s);
	start = now() - start;
	t4_rx_free(s);
	return start;
}

const char *version(void) { return "spandsp of " SPANDSP_RELEASE_DATETIME_STRING; }
