package shell

import (
	"strings"
	"testing"
)

func TestUnknownHintIsAWarning(t *testing.T) {
	r := run(t, "", "-o", "csv", "--no-header", "-c", "SELECT /*+ BROADCAS(t) */ id FROM range(1) t")
	if r.status != statusOK || r.out != "0\n" || !strings.HasPrefix(r.errors, "warning: the unknown hint BROADCAS is ignored; did you mean BROADCAST?\n") ||
		!strings.HasSuffix(r.errors, "           ^^^^^^^^^^^\n") {
		t.Errorf("%+v", r)
	}
}
