package pages

import (
	"bytes"
	"fmt"
)

// ReadPBM reads a page in netpbm's packed format (P4).
func ReadPBM(name string, data []byte) (Page, error) {
	p := Page{Name: name}
	if _, err := fmt.Sscanf(string(data[:min(len(data), 40)]), "P4\n%d %d\n", &p.Width, &p.Height); err != nil {
		return Page{}, fmt.Errorf("read %s as PBM: %w", name, err)
	}
	head := fmt.Appendf(nil, "P4\n%d %d\n", p.Width, p.Height)
	if p.Width < 1 || p.Height < 1 || !bytes.HasPrefix(data, head) || len(data)-len(head) != p.Stride()*p.Height {
		return Page{}, fmt.Errorf("read %s as PBM: %d bytes for %v", name, len(data), p.Size)
	}
	p.Bits = data[len(head):]
	return p, nil
}
