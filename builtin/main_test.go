package builtin_test

import (
	"testing"

	"github.com/kilnql/kiln/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
