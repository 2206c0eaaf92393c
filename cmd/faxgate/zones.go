package main

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // for where no zone files are installed: in the container, on Windows
)

// useZone makes tz, the value of the environment variable TZ, the zone that times are shown in. The time package has read TZ before, but without the zones that are built in here:
// packages that ask for the local time while they are initialised come first.
func useZone(tz string) error {
	name := strings.TrimPrefix(tz, ":")
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil && !strings.HasPrefix(name, "/") { // a path has been read by the time package itself
		return fmt.Errorf("TZ=%s: %w; times are shown in UTC (write it as in Europe/Berlin)", tz, err)
	}
	if err == nil {
		time.Local = zone
	}
	return nil
}
