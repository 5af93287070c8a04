package memory

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Pool keeps blocks of memory for reuse, by size. Blocks in use count for the reservation of who took them; free blocks
// count for the pool's own, are kept only up to a bound, and are given up when memory is short.
// It is safe for concurrent use.
type Pool struct {
	account *Query
	held    *Reservation
	bound   int64
	mu      sync.Mutex
	free    [blockClasses][]*Block
}

const (
	minBlockBits = 12 // 4 KiB
	blockClasses = 19 // up to 1 GiB
)

// Block is a piece of memory that several owners may share; the last to release it returns it to its pool.
type Block struct {
	// Bytes has the length asked for.
	Bytes  []byte
	whole  []byte
	pool   *Pool
	class  int
	owner  *Reservation
	owners atomic.Int32
}

// NewPool makes a pool that keeps at most bound free bytes.
func (m *Manager) NewPool(name string, bound int64) *Pool {
	p := &Pool{account: &Query{manager: m, name: "the session"}, bound: bound}
	p.held = p.account.Reserve(name, p)
	return p
}

// Get returns a block of n bytes with one owner, counted for r (nil: not counted). Contents are unspecified. It fails
// with OUT_OF_MEMORY.
func (p *Pool) Get(n int, r *Reservation) (*Block, error) {
	class := max(bits.Len(uint(max(n, 1)-1))-minBlockBits, 0)
	if class >= blockClasses {
		class = -1
	}
	size := n
	if class >= 0 {
		size = 1 << (class + minBlockBits)
	}
	if r != nil {
		if err := r.Grow(int64(size)); err != nil {
			return nil, err
		}
	}
	b := p.take(class)
	if b == nil {
		b = &Block{whole: Aligned(size), pool: p, class: class}
	}
	b.Bytes, b.owner = b.whole[:n], r
	b.owners.Store(1)
	return b, nil
}

func (p *Pool) take(class int) *Block {
	if class < 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.free[class]
	if len(list) == 0 {
		return nil
	}
	b := list[len(list)-1]
	list[len(list)-1] = nil
	p.free[class] = list[:len(list)-1]
	p.held.Shrink(int64(len(b.whole)))
	return b
}

// Retain adds an owner.
func (b *Block) Retain() { b.owners.Add(1) }

// Release removes an owner; after the last the memory is reused.
func (b *Block) Release() {
	n := b.owners.Add(-1)
	if n > 0 {
		return
	}
	if n < 0 {
		panic("memory: block released too often")
	}
	if b.owner != nil {
		b.owner.Shrink(int64(len(b.whole)))
		b.owner = nil
	}
	b.pool.put(b)
}

func (p *Pool) put(b *Block) {
	n := int64(len(b.whole))
	if b.class < 0 || p.held.Size()+n > p.bound || !p.held.takeBelow(n, p.account.manager.limit) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[b.class] = append(p.free[b.class], b)
}

// Spill gives up free blocks; it implements Spiller.
func (p *Pool) Spill(need int64) (freed int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for class := blockClasses - 1; class >= 0 && freed < need; class-- {
		for _, b := range p.free[class] {
			freed += int64(len(b.whole))
		}
		p.free[class] = nil
	}
	p.held.Shrink(freed)
	return freed, nil
}

// Close drops the free blocks. Blocks in use stay valid.
func (p *Pool) Close() {
	_, _ = p.Spill(1 << 62)
	p.held.Close()
}
