package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// Blobs keeps bytes under the hash of their content.
type Blobs interface {
	// Put keeps everything that r gives and returns once it is durable. The same content twice is kept once.
	Put(ctx context.Context, r io.Reader) (Hash, int64, error)
	// Open gives a kept blob, which the caller closes; an unknown hash is an error that wraps fs.ErrNotExist.
	Open(ctx context.Context, h Hash) (Blob, error)
}

// Blob is an open blob. Read and ReadAt may be mixed; ReadAt does not move Read.
type Blob interface {
	io.Reader
	io.ReaderAt
	io.Closer
	Size() int64
}

// Sweeper is what a [Blobs] also implements when its blobs can be collected, see [Spool.Collect].
type Sweeper interface {
	// List walks over all blobs, in no order.
	List(ctx context.Context) iter.Seq2[BlobInfo, error]
	// Remove removes the blob unless it was Put again at or after before, also when that Put happens at the same time; false: it was, and stays.
	Remove(ctx context.Context, h Hash, before time.Time) (bool, error)
}

// BlobInfo describes a kept blob.
type BlobInfo struct {
	Hash  Hash
	Size  int64
	PutAt time.Time // the last Put of it
}

// HashSize is the length of a [Hash] in characters.
const HashSize = 64

// ParseHash checks that s is a SHA-256 in lower-case hex, so that it may safely become part of a file name.
func ParseHash(s string) (Hash, error) {
	if len(s) != HashSize {
		return "", fmt.Errorf("blob hash has %d characters, not %d", len(s), HashSize)
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", errors.New("blob hash is not lower-case hex")
		}
	}
	return Hash(s), nil
}

// SumHash is the Hash of a SHA-256 sum.
func SumHash(sum [32]byte) Hash { return Hash(hex.EncodeToString(sum[:])) }
