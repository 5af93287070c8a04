// Package early registers a flag before kiln's sql package is initialised.
package early

import "flag"

// Early is the flag.
var Early = flag.Int("early", 1, "registered early")
