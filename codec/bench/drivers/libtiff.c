/* libtiff, called as its users call it: a page is one strip, written with
   TIFFWriteEncodedStrip and flushed to memory, or read with
   TIFFReadEncodedStrip from memory. It has the best of it: files are opened,
   tags set and buffers made before the clock starts, a file to read is mapped,
   so that nothing is copied before it is decoded, and the memory is warm. */

#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

struct file {
	struct bytes data;
	size_t at;
};

static tmsize_t file_read(thandle_t h, void *to, tmsize_t n)
{
	struct file *f = h;
	if (f->at >= f->data.len)
		return 0;
	if ((size_t)n > f->data.len - f->at)
		n = (tmsize_t)(f->data.len - f->at);
	memcpy(to, f->data.at + f->at, (size_t)n);
	f->at += (size_t)n;
	return n;
}

static tmsize_t file_write(thandle_t h, void *from, tmsize_t n)
{
	struct file *f = h;
	size_t end = f->at + (size_t)n;
	if (end > f->data.room)
		reserve(&f->data, 2 * end);
	memcpy(f->data.at + f->at, from, (size_t)n);
	f->at = end;
	if (end > f->data.len)
		f->data.len = end;
	return n;
}

static toff_t file_seek(thandle_t h, toff_t to, int whence)
{
	struct file *f = h;
	if (whence == SEEK_CUR)
		to += f->at;
	if (whence == SEEK_END)
		to += f->data.len;
	return f->at = to;
}

static int file_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t file_size(thandle_t h) { return ((struct file *)h)->data.len; }

static int file_map(thandle_t h, void **base, toff_t *size)
{
	*base = ((struct file *)h)->data.at;
	*size = ((struct file *)h)->data.len;
	return 1;
}

static void file_unmap(thandle_t h, void *base, toff_t size)
{
	(void)h;
	(void)base;
	(void)size;
}

static TIFF *open_memory(struct file *f, const char *mode)
{
	TIFF *t = TIFFClientOpen("memory", mode, f, file_read, file_write, file_seek, file_close, file_size, file_map, file_unmap);
	if (t == NULL)
		die("TIFFClientOpen");
	return t;
}

static void set_tags(TIFF *t, struct page *p, int coding)
{
	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->width);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->height);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, p->height);
	/* The resolution makes K of MR four. */
	TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0);
	TIFFSetField(t, TIFFTAG_YRESOLUTION, 196.0);
	TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
	TIFFSetField(t, TIFFTAG_COMPRESSION, coding == MMR ? COMPRESSION_CCITTFAX4 : COMPRESSION_CCITTFAX3);
	if (coding != MMR)
		TIFFSetField(t, TIFFTAG_GROUP3OPTIONS, coding == MR ? GROUP3OPT_2DENCODING : 0);
}

static struct file out;
static struct bytes buffer; /* libtiff's own, kept warm */

int64_t run_encode(struct page *p, int coding)
{
	int64_t start, took;
	tmsize_t wrote;
	size_t before;
	TIFF *t;
	if (coding == JBIG)
		return -1;
	out.data.len = out.at = 0;
	reserve(&out.data, made.room);
	reserve(&buffer, made.room);
	t = open_memory(&out, "wm");
	set_tags(t, p, coding);
	TIFFWriteBufferSetup(t, buffer.at, (tmsize_t)buffer.room);
	before = out.data.len;
	start = now();
	wrote = TIFFWriteEncodedStrip(t, 0, p->rows.at, (tmsize_t)p->rows.len);
	if (wrote < 0 || !TIFFFlushData(t))
		return -1;
	took = now() - start;
	made.len = 0;
	append(&made, out.data.at + before, out.data.len - before);
	TIFFCleanup(t); /* without writing a directory */
	return took;
}

static struct file in[SLOTS][CODINGS];
static TIFF *opened[SLOTS][CODINGS];

/* source is the page's coded data as an open file. */
static TIFF *source(struct page *p, int coding)
{
	size_t n = (size_t)(p - pages);
	struct file *f = &in[n][coding];
	TIFF *t;
	if (opened[n][coding] != NULL)
		return opened[n][coding];
	t = open_memory(f, "wm");
	set_tags(t, p, coding);
	if (TIFFWriteRawStrip(t, 0, p->coded[coding].at, (tmsize_t)p->coded[coding].len) < 0)
		die("TIFFWriteRawStrip");
	TIFFClose(t);
	f->at = 0;
	return opened[n][coding] = open_memory(f, "r");
}

int64_t run_decode(struct page *p, int coding)
{
	int64_t start;
	tmsize_t got;
	TIFF *t;
	if (coding == JBIG)
		return -1;
	t = source(p, coding);
	made.len = p->rows.len;
	start = now();
	got = TIFFReadEncodedStrip(t, 0, made.at, (tmsize_t)made.len);
	start = now() - start;
	return (size_t)got == made.len ? start : -1;
}

const char *version(void)
{
	static char name[64]; /* of "LIBTIFF, Version 4.5.0" and more lines */
	const char *at = strstr(TIFFGetVersion(), "Version ");
	snprintf(name, sizeof name, "libtiff %.*s", at == NULL ? 0 : (int)strcspn(at + 8, "\n"), at == NULL ? "" : at + 8);
	return name;
}
