//go:build !unix

package hotfolder

import "os"

const openFlags = os.O_RDONLY

// syncDir does nothing here: folders cannot be synchronised.
func syncDir(*os.Root, string) error { return nil }
