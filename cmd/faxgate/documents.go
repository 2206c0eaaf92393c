package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"faxgate/codec"
	"faxgate/codec/pdf"
)

// worker is the command line of the process that renders PDF pages: this program again.
func worker() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil // PDF documents are then refused, with words
	}
	return []string{exe, "pdf-worker"}
}

// rendering says how PDF documents are rendered for the commands that need no gateway.
func rendering() pdf.WorkerOptions {
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "faxgate")
	}
	return pdf.WorkerOptions{Command: worker(), CacheDir: cache}
}

// newOpener opens documents for the commands that need no gateway.
func newOpener() *codec.Opener { return codec.NewOpener(codec.OpenerOptions{PDF: rendering()}) }

// file is an open file with its size, as the codec wants it.
type file struct {
	*os.File
	size int64
}

func openFile(name string) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &file{f, info.Size()}, nil
}

// bundle is several documents one after the other.
type bundle struct {
	opener *codec.Opener
	files  []*file
	docs   []codec.Document
	total  int
}

// openBundle opens every file, or says which one cannot be used.
func openBundle(ctx context.Context, names []string) (*bundle, error) {
	b := &bundle{opener: newOpener()}
	for _, name := range names {
		if err := b.add(ctx, name); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bundle) add(ctx context.Context, name string) error {
	f, err := openFile(name)
	if err != nil {
		return err
	}
	b.files = append(b.files, f)
	doc, err := b.opener.Open(ctx, f, f.size)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.docs = append(b.docs, doc)
	b.total += doc.Count()
	return nil
}

// Pages walks over all pages, numbered through. An error names the file it is from.
func (b *bundle) Pages(ctx context.Context) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		done := 0
		for i, doc := range b.docs {
			for p, err := range doc.Pages(ctx) {
				p.Index += done
				p.Total = b.total
				if err != nil {
					err = fmt.Errorf("%s: %w", b.files[i].Name(), err)
				}
				if !yield(p, err) {
					return
				}
			}
			done += doc.Count()
		}
	}
}

// Close closes everything that was opened.
func (b *bundle) Close() {
	for _, d := range b.docs {
		_ = d.Close()
	}
	for _, f := range b.files {
		f.Close()
	}
	_ = b.opener.Close()
}
