package optimizer

import (
	"regexp"
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// inlineCommonPlans puts the definition of a common plan in the place of its use where sharing gains nothing: where there is
// one use, or where the definition only reads and filters a table, which each use then does with its own predicates and
// columns. The guard: a definition that draws random numbers must be computed once:
//
//	WITH r AS (SELECT rand() AS x FROM t) SELECT * FROM r AS a JOIN r AS b ON a.x = b.x
func inlineCommonPlans(n logical.Node, c *Context) (logical.Node, bool) {
	uses := map[logical.Node]int{}
	countUses(n, uses)
	if len(uses) == 0 {
		return n, false
	}
	i := &inliner{c: c, uses: uses, done: map[logical.Node]logical.Node{}}
	m := i.tree(n)
	return m, m != n
}

// countUses counts the uses of each definition, those within a definition once.
func countUses(n logical.Node, uses map[logical.Node]int) {
	if use, ok := n.(*logical.CommonPlan); ok {
		uses[use.Definition]++
		if uses[use.Definition] > 1 {
			return
		}
	}
	for _, child := range n.Children() {
		countUses(child, uses)
	}
}

type inliner struct {
	c    *Context
	uses map[logical.Node]int
	done map[logical.Node]logical.Node
}

func (i *inliner) tree(n logical.Node) logical.Node {
	use, ok := n.(*logical.CommonPlan)
	if !ok {
		return mapChildren(n, i.tree)
	}
	definition, done := i.done[use.Definition]
	if !done {
		definition = i.tree(use.Definition)
		i.done[use.Definition] = definition
	}
	switch {
	case i.uses[use.Definition] == 1:
		return renamingProject(definition, use.Output)
	case cheap(definition):
		return inlineUse(use.WithChildren([]logical.Node{definition}).(*logical.CommonPlan), i.c)
	}
	return replaced(use, definition)
}

// renamingProject gives the columns of n the IDs of output.
func renamingProject(n logical.Node, output []logical.Column) logical.Node {
	items := make([]logical.Named, len(output))
	for i, c := range n.Columns() {
		items[i] = logical.Named{ID: output[i].ID, Name: output[i].Name, Expr: c.Ref(), Metadata: output[i].Metadata}
	}
	return &logical.Project{Input: n, Items: items}
}

// cheap reports whether computing n again costs no more than reading a table again.
func cheap(n logical.Node) bool {
	for _, e := range n.Expressions() {
		if !expr.Deterministic(e) {
			return false
		}
	}
	switch n := n.(type) {
	case *logical.Scan, *logical.Values:
		return true
	case *logical.Filter, *logical.Project:
		return cheap(n.Children()[0])
	}
	return false
}

// shareCommonPlans computes a subplan that occurs twice once. Only joins and aggregates that give far fewer rows than they
// read are worth keeping. Plans are compared modulo the numbering of columns; random ones are different each time.
func shareCommonPlans(n logical.Node, c *Context) (logical.Node, bool) {
	s := &sharer{c: c, seen: map[string][]logical.Node{}, shared: map[logical.Node]int32{}, definitions: map[int32]logical.Node{}}
	s.collect(n)
	if len(s.shared) == 0 {
		return n, false
	}
	return s.replace(n), true
}

type sharer struct {
	c *Context
	// seen are the candidates by their text without IDs.
	seen map[string][]logical.Node
	// shared gives the number of the common plan that a node becomes a use of.
	shared      map[logical.Node]int32
	definitions map[int32]logical.Node
}

var idInText = regexp.MustCompile(`#\d+`)

// collect finds nodes that occur twice, the largest first.
func (s *sharer) collect(n logical.Node) {
	if s.candidate(n) {
		text := idInText.ReplaceAllString(logical.Format(n), "")
		for _, other := range s.seen[text] {
			if other != n && logical.Same(n, other) {
				key, ok := s.shared[other]
				if !ok {
					key = s.c.nextCommonKey()
					s.shared[other] = key
				}
				s.shared[n] = key
				return
			}
		}
		s.seen[text] = append(s.seen[text], n)
	}
	if _, ok := n.(*logical.CommonPlan); ok {
		return
	}
	for _, child := range n.Children() {
		s.collect(child)
	}
}

func (s *sharer) candidate(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
	case *logical.Join:
		if !n.Type.HasRightColumns() && n.Type != logical.LeftSemi && n.Type != logical.LeftAnti {
			return false
		}
	default:
		return false
	}
	read := 0.0
	random := false
	logical.Walk(n, func(m logical.Node) bool {
		if len(m.Children()) == 0 {
			read += s.c.estimator.Rows(m)
		}
		random = random || slices.ContainsFunc(m.Expressions(), func(e expr.Expr) bool { return !expr.Deterministic(e) })
		return true
	})
	const worthKeeping = 0.3
	return !random && s.c.estimator.Rows(n) < worthKeeping*read
}

func (s *sharer) replace(n logical.Node) logical.Node {
	key, ok := s.shared[n]
	if !ok {
		return mapChildren(n, s.replace)
	}
	definition := s.definitions[key]
	if definition == nil {
		definition, _ = logical.FreshCopy(n, s.c.IDs)
		s.definitions[key] = definition
	}
	return &logical.CommonPlan{Key: key, Definition: definition, Output: n.Columns()}
}
