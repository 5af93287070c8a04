package shell

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/kilnql/kiln/diag"
)

// warnings prints what the session warns of, such as hints that it does not know, where errors go.
type warnings struct{ stderr io.Writer }

// Enabled leaves out what is no warning.
func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle prints the text.
func (w warnings) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintln(w.stderr, "warning: "+diag.Printable(r.Message))
	return err
}

// WithAttrs returns w: warnings are texts without attributes.
func (w warnings) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup returns w.
func (w warnings) WithGroup(string) slog.Handler { return w }
