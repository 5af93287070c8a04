// Package catalog knows what names stand for: databases, temporary views, the files behind paths. It holds unresolved
// queries and tables; package analysis gives them meaning.
package catalog

import (
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// The names of Spark's defaults.
const (
	SessionCatalog  = "spark_catalog"
	DefaultDatabase = "default"
	GlobalTemp      = "global_temp"
)

// View is a temporary view: a query under a name.
type View struct {
	Name    string
	Columns []string // new names for the query's columns; nil keeps them
	// Comments are per column, "" for none; nil if no column has one.
	Comments []string
	Query    ast.Query
	Text     string // the SQL of the query, "" if it came from a DataFrame
	Comment  string
	Global   bool
}

// Catalog is the catalog of one session. It is safe for concurrent use.
type Catalog struct {
	mu       sync.RWMutex
	views    map[string]*View // temporary views by lower-case name
	global   map[string]*View
	database string
	version  atomic.Int64
}

// New returns an empty catalog.
func New() *Catalog {
	return &Catalog{views: map[string]*View{}, global: map[string]*View{}, database: DefaultDatabase}
}

// Version changes whenever a name may mean something else than before.
func (c *Catalog) Version() int64 { return c.version.Load() }

// CurrentDatabase is the database that USE chose.
func (c *Catalog) CurrentDatabase() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.database
}

// Databases lists the databases, sorted.
func (c *Catalog) Databases() []string { return []string{DefaultDatabase} }

// Use makes a database the current one.
func (c *Catalog) Use(name string) error {
	if !slices.ContainsFunc(c.Databases(), func(d string) bool { return strings.EqualFold(d, name) }) {
		return diag.New("SCHEMA_NOT_FOUND", "schemaName", "`"+name+"`")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.database = strings.ToLower(name)
	c.version.Add(1)
	return nil
}

// space returns the map that a view's name belongs to, and the key in it; ok is false for a name that no temporary view
// can have.
func (c *Catalog) space(name []string) (views map[string]*View, key string, ok bool) {
	switch {
	case len(name) == 1:
		return c.views, strings.ToLower(name[0]), true
	case len(name) == 2 && strings.EqualFold(name[0], GlobalTemp):
		return c.global, strings.ToLower(name[1]), true
	}
	return nil, "", false
}

// View returns the view of that name.
func (c *Catalog) View(name []string) (*View, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	views, key, ok := c.space(name)
	if !ok {
		return nil, false
	}
	v, ok := views[key]
	return v, ok
}

// CreateView adds a view; an existing one is replaced if replace is set, and is an error if not.
func (c *Catalog) CreateView(v *View, replace bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	views := c.views
	if v.Global {
		views = c.global
	}
	key := strings.ToLower(v.Name)
	if _, there := views[key]; there && !replace {
		return diag.New("TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "relationName", "`"+v.Name+"`")
	}
	views[key] = v
	c.version.Add(1)
	return nil
}

// DropView removes a view and reports whether it was there.
func (c *Catalog) DropView(name []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	views, key, ok := c.space(name)
	if !ok {
		return false
	}
	if _, ok = views[key]; ok {
		delete(views, key)
		c.version.Add(1)
	}
	return ok
}

// Views lists the session's views (or the global ones) whose names match a SHOW pattern, sorted by name.
func (c *Catalog) Views(pattern string, global bool) []*View {
	c.mu.RLock()
	defer c.mu.RUnlock()
	views := c.views
	if global {
		views = c.global
	}
	var out []*View
	for key, v := range views {
		if Matches(pattern, key) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *View) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Names lists every name that a query could use, for suggestions and completion.
func (c *Catalog) Names() []string {
	var names []string
	for _, v := range c.Views("", false) {
		names = append(names, v.Name)
	}
	for _, v := range c.Views("", true) {
		names = append(names, GlobalTemp+"."+v.Name)
	}
	return names
}

// Matches reports whether a name matches the pattern of SHOW … LIKE: * for any text, | between alternatives, case
// ignored. An empty pattern matches everything.
func Matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	for _, p := range strings.Split(strings.ToLower(pattern), "|") {
		glob := strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`).Replace(strings.TrimSpace(p))
		if ok, _ := path.Match(glob, strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}
