package config

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span written as in "90s", "3m", "24h" or "7d".
type Duration time.Duration

// D is the span as the standard library knows it.
func (d Duration) D() time.Duration { return time.Duration(d) }

// UnmarshalText reads "90s", "3m", "24h" or "7d".
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no time span: write 90s, 3m, 24h or 7d", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no time span: write 90s, 3m, 24h or 7d", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the span in its largest whole unit.
func (d Duration) MarshalText() ([]byte, error) {
	v := time.Duration(d)
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if v > u.unit && v%u.unit == 0 || v == u.unit && u.name != "d" {
			return fmt.Appendf(nil, "%d%s", v/u.unit, u.name), nil
		}
	}
	return []byte(v.String()), nil
}

// Size is a number of bytes written as in "2MB", "500kB" or "1GB" (powers of 1024, as office machines count).
type Size int64

// UnmarshalText reads "2MB", "500kB", "1GB" or a plain number of bytes.
func (s *Size) UnmarshalText(text []byte) error {
	t := strings.ToUpper(strings.TrimSpace(string(text)))
	factor := int64(1)
	for unit, f := range map[string]int64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30} {
		if rest, ok := strings.CutSuffix(t, unit); ok {
			t, factor = strings.TrimSpace(rest), f
		}
	}
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q is no size: write 500kB, 2MB or 1GB", text)
	}
	*s = Size(n * factor)
	return nil
}

// MarshalText writes the size in its largest whole unit.
func (s Size) MarshalText() ([]byte, error) {
	for _, u := range []struct {
		unit Size
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "kB"}} {
		if s >= u.unit && s%u.unit == 0 {
			return fmt.Appendf(nil, "%d%s", s/u.unit, u.name), nil
		}
	}
	return strconv.AppendInt(nil, int64(s), 10), nil
}

// Secret reads a secret from its file: the first line, without the line end. An empty name is an empty secret.
func Secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the password file: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
