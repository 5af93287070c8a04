package program

import (
	"github.com/kilnql/kiln/expr"
)

// fuseArithmetic, fuseCase and the rest: placeholders replaced below.
func (b *Builder) fuseArithmetic(n *valueNode, e *expr.Arithmetic, sel selID) (operand, bool) {
	return operand{}, false
}
func (b *Builder) fuseCase(n *valueNode, e *expr.Case, sel selID) (operand, bool) {
	return operand{}, false
}
func (b *Builder) fuseRanges(c []valueID, sel selID) ([]valueID, selID) { return c, sel }
func (b *Builder) sumProducts(spec AggregateSpec, list []*accumulation) map[*accumulation]bool {
	return map[*accumulation]bool{}
}
func (p *Program) fuseProbes() {}
