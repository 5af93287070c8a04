// The program of TestHostFlags: a host with flags of its own, some with glog's names.
package main

import (
	"flag"
	"fmt"

	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/sql/testdata/hostflags/early"
)

func main() {
	before := flag.CommandLine
	v := flag.Bool("v", false, "be verbose")
	dir := flag.String("log_dir", "", "where this program logs")
	flag.Parse()
	if _, err := sql.ParseStatement("select 1"); err != nil || before != flag.CommandLine {
		panic(err)
	}
	var names []string
	flag.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	fmt.Printf("v=%v early=%d log_dir=%s flags=%v\n", *v, *early.Early, *dir, names)
}
